package io.millrace.promises;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.typesafe.config.ConfigFactory;
import io.millrace.persistence.Cursor;
import io.millrace.persistence.EventStream;
import io.millrace.persistence.EventStream.Batch;
import io.millrace.persistence.RocksStore;
import io.millrace.persistence.StoredEvent;
import io.millrace.serialization.StoredUsers;
import io.millrace.serialization.UserCipher;
import io.millrace.user.PromiseAuditor;
import io.millrace.user.UserEvent.Entry;
import io.millrace.user.UserEvent.InteractionsRecorded;
import io.millrace.user.UserSettings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a journal holds of users' interactions. */
final class Journalled {
  private Journalled() {}

  /** By event id, the number of each event that holds it. */
  static Map<String, List<Long>> interactions(RocksStore store) {
    StoredUsers reader = new StoredUsers(UserCipher.of(store.keys()));
    EventStream journal = store.streams();
    Map<String, List<Long>> found = new HashMap<>();
    for (String stream : journal.streams()) {
      if (stream.startsWith("user-")) {
        Cursor cursor = Cursor.START;
        Batch batch;
        do {
          batch = journal.tail(stream, cursor, 1_000);
          for (StoredEvent stored : batch.events()) {
            if (reader.event(stored).orElseThrow() instanceof InteractionsRecorded recorded) {
              for (Entry entry : recorded.entries()) {
                found
                    .computeIfAbsent(entry.interaction().eventId(), id -> new ArrayList<>())
                    .add(recorded.userSeq());
              }
            }
          }
          cursor = batch.next();
        } while (!batch.atHead());
      }
    }
    return found;
  }

  /** Fails when the journal shows that a promise was broken, or cannot be read. */
  static void assertKeepsThePromises(RocksStore store) {
    PromiseAuditor.Report report =
        PromiseAuditor.audit(
            store.streams(),
            new StoredUsers(UserCipher.of(store.keys())),
            UserSettings.from(ConfigFactory.load()));
    assertEquals(List.of(), report.violations());
    assertEquals(0, report.unreadable());
  }

  /** The ids of all of a node's interactions; fails when one is there twice. */
  static Set<String> once(WholeNode node) {
    Map<String, List<Long>> found = interactions(node.node().store());
    found.forEach((id, numbers) -> assertEquals(1, numbers.size(), id + " " + numbers));
    return found.keySet();
  }
}
