package io.millrace.item;

import io.millrace.persistence.Cursor;
import io.millrace.persistence.EventStream;
import io.millrace.persistence.StoredEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.Consumer;

/**
 * The place of one reader in several streams. Owned by the thread of the actor that reads; commits
 * only raise flags, so that a stream without news costs nothing. What survives a restart is what
 * the actor makes of {@link #cursors}.
 */
public final class StreamFollower implements AutoCloseable {
  private final EventStream events;
  private final List<String> streams;
  private final int batch;
  private final Cursor[] cursors;
  private final AtomicIntegerArray news;
  private final AtomicBoolean woken = new AtomicBoolean();
  private final List<EventStream.Subscription> subscriptions = new ArrayList<>();

  /**
   * Starts before the first event of each stream.
   *
   * @param batch events read at once from one stream, at least 1
   * @param wakeUp called on the journal's thread when there is news, once until the next {@link
   *     #readSome}; must neither block nor throw
   */
  public StreamFollower(EventStream events, List<String> streams, int batch, Runnable wakeUp) {
    this.events = events;
    this.streams = List.copyOf(streams);
    this.batch = batch;
    this.cursors = new Cursor[streams.size()];
    this.news = new AtomicIntegerArray(streams.size());
    for (int i = 0; i < cursors.length; i++) {
      int stream = i;
      cursors[i] = Cursor.START;
      news.set(i, 1);
      subscriptions.add(
          events.onCommit(
              streams.get(i),
              () -> {
                news.set(stream, 1);
                if (woken.compareAndSet(false, true)) {
                  wakeUp.run();
                }
              }));
    }
  }

  /** Goes on from there. */
  public void seek(String stream, Cursor cursor) {
    int i = streams.indexOf(stream);
    if (i < 0) {
      throw new IllegalArgumentException("stream " + stream + ", expected one of " + streams);
    }
    cursors[i] = cursor;
    news.set(i, 1);
  }

  /**
   * Reads one batch of each stream with news.
   *
   * @param sink takes each event; what it throws leaves the place before that event
   * @return whether every stream was at its head when it was last read
   */
  public boolean readSome(Consumer<StoredEvent> sink) {
    woken.set(false);
    boolean atHead = true;
    for (int i = 0; i < cursors.length; i++) {
      if (news.getAndSet(i, 0) != 0) {
        atHead &= readBatch(i, sink);
      }
    }
    return atHead;
  }

  /**
   * Reads every stream with news to its head: all that was acknowledged before the call is taken,
   * because commits are announced before they are acknowledged.
   */
  public void readAll(Consumer<StoredEvent> sink) {
    boolean atHead = false;
    while (!atHead) {
      atHead = readSome(sink);
    }
  }

  /** Forgets what is known of news: the next {@link #readSome} looks at every stream. */
  public void expectNews() {
    for (int i = 0; i < cursors.length; i++) {
      news.set(i, 1);
    }
  }

  private boolean readBatch(int i, Consumer<StoredEvent> sink) {
    boolean done = false;
    try {
      EventStream.Batch read = events.tail(streams.get(i), cursors[i], batch);
      for (StoredEvent event : read.events()) {
        sink.accept(event);
        cursors[i] = event.cursor();
      }
      cursors[i] = read.next();
      done = read.atHead();
      return done;
    } finally {
      if (!done) {
        news.set(i, 1);
      }
    }
  }

  /** Up to where each stream has been taken. */
  public Map<String, Cursor> cursors() {
    Map<String, Cursor> all = new TreeMap<>();
    for (int i = 0; i < cursors.length; i++) {
      all.put(streams.get(i), cursors[i]);
    }
    return all;
  }

  @Override
  public void close() {
    subscriptions.forEach(EventStream.Subscription::close);
  }
}
