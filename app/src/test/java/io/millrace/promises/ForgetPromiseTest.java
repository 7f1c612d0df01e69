package io.millrace.promises;

import static io.millrace.promises.WholeNode.AMPLE;
import static io.millrace.promises.WholeNode.await;
import static io.millrace.promises.WholeNode.item;
import static io.millrace.promises.WholeNode.items;
import static io.millrace.promises.WholeNode.question;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.feed.Feeds.Answer;
import io.millrace.persistence.Cursor;
import io.millrace.persistence.Envelope;
import io.millrace.persistence.RocksStore;
import io.millrace.persistence.StoredEvent;
import io.millrace.proto.v1.Kind;
import io.millrace.user.UserActor;
import io.millrace.user.UserStreams;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.DBOptions;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/**
 * P9 on a whole node: a forgotten user is in no file, plain or readable with a key that is left.
 */
@Tag("server")
final class ForgetPromiseTest {
  private static final String FORGOTTEN = "anna.forgotten@example.org";
  private static final String KEPT = "bert.kept@example.org";
  private static final String QUERY = "a-query-nobody-else-makes";
  private static final String REQUEST = "request-of-" + FORGOTTEN;

  @TempDir Path temp;

  @Test
  void a_forgotten_user_is_in_no_file_and_begins_anew() throws Exception {
    Path folder = temp.resolve("data");
    List<StoredEvent> before;
    try (WholeNode node = WholeNode.start(folder)) {
      node.putItems(120);
      for (String user : List.of(FORGOTTEN, KEPT)) {
        for (int i = 0; i < 110; i++) { // more than between two snapshots
          node.recorded(node.event(user + "/" + i, user, item(i % 40), Kind.LIKE));
        }
        node.recorded(
            node.event(user + "/search", user, "", Kind.SEARCH).toBuilder()
                .clearItemId()
                .setQuery(QUERY)
                .build());
        assertEquals(5, node.answer(question(user, 5, "request-of-" + user)).slots().size());
      }
      node.drain();
      before = stored(node, FORGOTTEN);
      assertTrue(before.size() > 100);

      CompletionStage<UserActor.Reply> forgotten = node.node().forgetUser(FORGOTTEN, AMPLE);
      List<CompletionStage<UserActor.Reply>> behind = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        behind.add(node.node().askUser(FORGOTTEN, UserActor.Describe::new, AMPLE));
      }
      assertInstanceOf(UserActor.Forgotten.class, await(forgotten));
      behind.forEach(answer -> assertInstanceOf(UserActor.Described.class, await(answer)));

      assertEquals(0, seq(node, FORGOTTEN));
      assertEquals(112, seq(node, KEPT));
      for (StoredEvent event : before) {
        assertTrue(node.node().store().keys().find(Envelope.keyId(event.payload())).isEmpty());
      }
      node.node().store().keys().rotate(1);
    }

    // No file holds the name, the query or the request, whole or within the rows of the journal.
    assertEquals(List.of(), holding(folder, FORGOTTEN));
    assertEquals(List.of(), holding(folder, REQUEST));
    assertEquals(List.of(), holding(folder, QUERY));

    try (WholeNode node = WholeNode.start(folder)) {
      node.drain();
      assertEquals(0, seq(node, FORGOTTEN));
      assertEquals(112, seq(node, KEPT));
      Answer feed = node.answer(question(FORGOTTEN, 100, REQUEST));
      assertFalse(feed.replayed());
      assertTrue(items(feed).contains(item(1)), "what was seen before is remembered");
      node.recorded(node.event(FORGOTTEN + "/1", FORGOTTEN, item(1), Kind.LIKE));

      List<StoredEvent> after = stored(node, FORGOTTEN);
      assertEquals(before.size() + 2, after.size());
      long key = Envelope.keyId(after.getLast().payload());
      assertNotEquals(Envelope.keyId(before.getFirst().payload()), key);
      assertEquals(2, seq(node, FORGOTTEN));
    }
    try (RocksStore store = RocksStore.openReadOnly(folder)) {
      assertEquals(1, store.keys().destroyedIds().size());
    }
  }

  private static long seq(WholeNode node, String user) {
    return assertInstanceOf(
            UserActor.Described.class,
            await(node.node().askUser(user, UserActor.Describe::new, AMPLE)))
        .profile()
        .userSeq();
  }

  private static List<StoredEvent> stored(WholeNode node, String user) {
    RocksStore store = node.node().store();
    String id = UserStreams.persistenceId("default", store.keys().hmac(user));
    return store.streams().tail(UserStreams.stream(id), Cursor.START, 10_000).events().stream()
        .filter(event -> event.persistenceId().equals(id))
        .toList();
  }

  /** The files that hold a text as their bytes, and the families of which a row does. */
  private static List<String> holding(Path folder, String text) throws Exception {
    List<String> found = new ArrayList<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (holds(Files.readAllBytes(file), text)) {
          found.add(file.toString());
        }
      }
    }
    rows(folder.resolve("journal"), text, found);
    return found;
  }

  private static void rows(Path journal, String text, List<String> found)
      throws RocksDBException, IOException {
    List<ColumnFamilyDescriptor> families = new ArrayList<>();
    try (Options options = new Options()) {
      for (byte[] name : RocksDB.listColumnFamilies(options, journal.toString())) {
        families.add(new ColumnFamilyDescriptor(name));
      }
    }
    List<ColumnFamilyHandle> handles = new ArrayList<>();
    int read = 0;
    try (DBOptions options = new DBOptions();
        RocksDB db = RocksDB.openReadOnly(options, journal.toString(), families, handles)) {
      for (ColumnFamilyHandle family : handles) {
        try (RocksIterator rows = db.newIterator(family)) {
          for (rows.seekToFirst(); rows.isValid(); rows.next(), read++) {
            if (holds(rows.key(), text) || holds(rows.value(), text)) {
              found.add("family " + new String(family.getName(), StandardCharsets.UTF_8));
            }
          }
        }
      }
      handles.forEach(ColumnFamilyHandle::close);
    }
    assertTrue(read > 400, "only " + read + " rows were looked at");
  }

  private static boolean holds(byte[] bytes, String text) {
    return new String(bytes, StandardCharsets.ISO_8859_1).contains(text);
  }
}
