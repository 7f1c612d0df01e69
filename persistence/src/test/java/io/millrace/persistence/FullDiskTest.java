package io.millrace.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real disks that are full or read-only; only where this process may mount some. */
final class FullDiskTest {
  private static final int MEGABYTE = 1 << 20;

  @TempDir Path temp;
  private Path disk;
  private boolean mounted;

  @BeforeEach
  void mount() throws Exception {
    disk = Files.createDirectory(temp.resolve("disk"));
    mounted = run("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", disk.toString());
    assumeTrue(mounted, "this process may not mount a disk");
  }

  /** Lazily: a process that another suite is just starting may still hold what this one closed. */
  @AfterEach
  void unmount() {
    if (mounted) {
      assertTrue(run("umount", "--lazy", disk.toString()), "could not unmount " + disk);
    }
  }

  private static boolean run(String... command) {
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.waitFor(20, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException noSuchCommand) {
      return false;
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void fill(int left) throws IOException {
    long free = Files.getFileStore(disk).getUsableSpace();
    Files.write(disk.resolve("filler"), new byte[(int) free - left]);
  }

  private static boolean acknowledged(CompletableFuture<Void> write) {
    try {
      Stores.await(write);
      return true;
    } catch (CompletionException refused) {
      return false;
    }
  }

  @Test
  void a_full_disk_refuses_writes_answers_reads_and_heals_when_there_is_space() throws Exception {
    // What a store can press together may never fill the disk.
    String text =
        new Random(1)
            .ints(20_000, ' ', '~')
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
    int written = 0;
    try (RocksStore store = Stores.open(disk.resolve("data"), Map.of("write-buffer", MEGABYTE))) {
      fill(MEGABYTE);
      while (written < 1_000
          && acknowledged(Stores.append(store, "user-1", "a", written + 1, written + text))) {
        written++;
      }
      assertTrue(written > 0 && written < 1_000, "wrote " + written);
      Stores.until(() -> !store.health().isHealthy());
      assertFalse(store.health().reason().isEmpty());
      assertEquals(written, store.streams().of("a", 1, 10_000).size());

      Files.delete(disk.resolve("filler"));

      Stores.until(store.health()::isHealthy);
      for (int more = 0; more < 20; more++) {
        Stores.await(Stores.append(store, "user-1", "a", ++written, "after"));
      }
    }
    try (RocksStore store = Stores.open(disk.resolve("data"))) {
      assertEquals(written, store.streams().of("a", 1, 10_000).size());
      assertEquals(0, JournalCheck.verify(store).problems());
    }
  }

  @Test
  void a_folder_on_a_disk_without_space_is_refused_in_one_line() throws Exception {
    fill(0);

    String refusal =
        assertThrows(StoreUnusable.class, () -> Stores.open(disk.resolve("data")).close())
            .getMessage();

    assertTrue(refusal.contains("without space: free some or choose another"), refusal);
    assertEquals(1, refusal.lines().count());
  }

  @Test
  void a_read_only_folder_is_refused_in_one_line_and_left_as_it_is() throws Exception {
    Path data = disk.resolve("data");
    Stores.open(data).close();
    assumeTrue(run("mount", "-o", "remount,ro", disk.toString()));
    String[] before = data.resolve("journal").toFile().list();

    String refusal =
        assertThrows(StoreUnusable.class, () -> Stores.open(data).close()).getMessage();

    assertEquals(
        "data folder %s is read-only, expected one that can be written: mount it so or choose another"
            .formatted(data),
        refusal);
    assertTrue(Arrays.equals(before, data.resolve("journal").toFile().list()));
  }
}
