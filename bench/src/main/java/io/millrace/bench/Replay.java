package io.millrace.bench;

import io.millrace.importing.DataSet;
import io.millrace.proto.v1.Interaction;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * The interactions of a data set once more, in their order, as likes of now: items as often as they
 * are, users as often as they come, and after one another what was taken after one another. Round
 * after round, each with the histories handed on to other users. Any thread.
 */
final class Replay implements Supplier<Interaction> {

  /** Users that a history is handed on by in each round: a prime, so that all come in turn. */
  private static final int STEP = 7_919;

  private final List<String> users;
  private final int[] userOf;
  private final String[] itemOf;
  private final AtomicLong next = new AtomicLong();

  /** Of events in the order of their time. */
  Replay(List<DataSet.Event> events, List<String> users) {
    this.users = users;
    Map<String, Integer> places = new HashMap<>();
    users.forEach(user -> places.put(user, places.size()));
    userOf = events.stream().mapToInt(event -> places.get(event.userId())).toArray();
    itemOf = events.stream().map(DataSet.Event::itemId).toArray(String[]::new);
  }

  @Override
  public Interaction get() {
    long n = next.getAndIncrement();
    int row = (int) (n % itemOf.length);
    long handedOn = userOf[row] + STEP * (n / itemOf.length);
    return Bed.like(users.get((int) (handedOn % users.size())), itemOf[row]);
  }
}
