package io.millrace.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.persistence.Write.Change;
import io.millrace.persistence.Write.Edit;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a check of a journal finds. */
final class JournalCheckTest {
  @TempDir Path dir;

  private static void filled(RocksStore store) {
    for (int i = 1; i <= 30; i++) {
      Stores.await(Stores.append(store, "user-1", "a", i, "a" + i));
      Stores.await(Stores.append(store, "user-2", "b", i, "b" + i));
    }
  }

  private static void delete(RocksStore store, byte[] key, boolean place) {
    Families families = store.families();
    CompletableFuture<Void> done = new CompletableFuture<>();
    store
        .writer()
        .submit(
            Change.of(
                List.of(Edit.delete(place ? families.journal : families.streams, key)),
                failure -> Outcomes.tell(done, failure)));
    Stores.await(done);
  }

  @Test
  void a_whole_journal_has_no_problem_and_is_counted() {
    try (RocksStore store = Stores.open(dir)) {
      filled(store);

      JournalCheck.Report report = JournalCheck.verify(store);

      assertEquals(new JournalCheck.Report(2, 60, 0, List.of()), report);
      assertTrue(JournalCheck.sizes(store).get("streams").bytes() > 0);
    }
  }

  @Test
  void a_gap_and_an_event_that_is_not_there_are_found() {
    try (RocksStore store = Stores.open(dir)) {
      filled(store);
      long offset = store.streams().of("b", 7, 1).getFirst().cursor().position();
      delete(store, Keys.entity(Keys.utf8("a"), 5), true);
      delete(store, Keys.stream(Keys.utf8("user-2"), offset), false);

      JournalCheck.Report report = JournalCheck.verify(store);

      assertEquals(
          List.of("a goes from event 4 to 6", "event 7 of b is not in user-2"), report.told());
      assertEquals(2, report.problems());
    }
  }

  @Test
  void a_flipped_byte_in_a_table_is_found() throws Exception {
    try (RocksStore store = Stores.open(dir)) {
      filled(store);
      store.families().rewrite(List.of());
    }
    try (Stream<Path> files = Files.list(dir.resolve("journal"))) {
      Path table =
          files
              .filter(file -> file.toString().endsWith(".sst"))
              .max(java.util.Comparator.comparingLong(file -> file.toFile().length()))
              .orElseThrow();
      byte[] bytes = Files.readAllBytes(table);
      bytes[20] ^= 1;
      Files.write(table, bytes);
    }
    try (RocksStore store = RocksStore.openReadOnly(dir)) {
      JournalCheck.Report report = JournalCheck.verify(store);

      assertEquals(1, report.problems());
      assertTrue(report.told().getFirst().contains("checksum mismatch"), report.told().toString());
    }
  }
}
