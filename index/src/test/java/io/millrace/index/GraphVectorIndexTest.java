package io.millrace.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class GraphVectorIndexTest extends VectorIndexContract {

  private static final VectorIndexSettings SETTINGS =
      VectorIndexSettings.USUAL.withGraphFrom(1_000).withFewAllowed(300);

  @TempDir private Path folder;

  @Override
  VectorIndex newIndex() {
    return GraphVectorIndex.inMemory(SETTINGS, Runnable::run);
  }

  @Override
  double recall() {
    return .95;
  }

  private GraphVectorIndex open() {
    return GraphVectorIndex.inFolder(folder, SETTINGS, Runnable::run);
  }

  @Test
  void a_folder_reopens_with_the_vectors_of_its_last_fold() {
    float[][] vectors = vectors(11, 3_000);
    try (GraphVectorIndex index = open()) {
      filled(index, vectors);
      index.fold();
      index.put(1, vectors[0]);
    }

    try (GraphVectorIndex again = open()) {
      assertEquals("a graph of 3000 vectors", again.reopened());
      assertEquals(3_000, again.size());
      filled(again, vectors);
      assertEquals(0, again.changed());
      again.put(3, vectors[8]);
      again.fold();
      assertEquals(3_000, again.folded());
    }
    try (GraphVectorIndex third = open()) {
      assertEquals(3_000, third.size());
      org.junit.jupiter.api.Assertions.assertArrayEquals(vectors[8], third.vector(3));
    }
  }

  @Test
  void a_torn_folder_is_emptied_and_built_again() throws IOException {
    float[][] vectors = vectors(12, 2_000);
    try (GraphVectorIndex index = open()) {
      filled(index, vectors);
      index.fold();
    }
    List<Path> files = new ArrayList<>();
    try (Stream<Path> all = Files.walk(folder)) {
      all.filter(Files::isRegularFile)
          .filter(file -> !file.getFileName().toString().equals("write.lock"))
          .forEach(files::add);
    }
    assertTrue(files.size() > 5);
    List<byte[]> whole = new ArrayList<>();
    for (Path file : files) {
      whole.add(Files.readAllBytes(file));
    }
    for (int f = 0; f < files.size(); f++) {
      for (boolean cut : new boolean[] {true, false}) {
        for (int i = 0; i < files.size(); i++) {
          Files.createDirectories(files.get(i).getParent());
          Files.write(files.get(i), whole.get(i));
        }
        byte[] bytes = whole.get(f).clone();
        if (cut) {
          bytes = java.util.Arrays.copyOf(bytes, bytes.length - 1);
        } else {
          bytes[bytes.length / 2] ^= 1;
        }
        Files.write(files.get(f), bytes);

        try (GraphVectorIndex index = open()) {
          assertEquals(0, index.size(), files.get(f) + " " + index.reopened());
          assertTrue(index.reopened().startsWith("no whole graph: "), index.reopened());
        }
      }
    }
    try (GraphVectorIndex index = open()) {
      assertEquals("nothing", index.reopened());
      filled(index, vectors);
      index.fold();
      assertEquals(2_000, index.folded());
    }
  }

  @Test
  void what_is_written_while_the_graph_is_folded_is_not_lost() {
    List<Runnable> waiting = new ArrayList<>();
    float[][] vectors = vectors(13, 3_000);
    try (GraphVectorIndex index = GraphVectorIndex.inMemory(SETTINGS, waiting::add)) {
      filled(index, vectors);
      assertEquals(1, waiting.size());
      index.put(3, vectors[9]);
      index.remove(6);
      index.put(1, vectors[10]);

      waiting.removeFirst().run();

      assertTrue(index.folded() >= 1_024);
      assertEquals(3_000, index.size());
      org.junit.jupiter.api.Assertions.assertArrayEquals(vectors[9], index.vector(3));
      org.junit.jupiter.api.Assertions.assertNull(index.vector(6));
      org.junit.jupiter.api.Assertions.assertArrayEquals(vectors[10], index.vector(1));
    }
  }

  @Test
  void the_delta_does_not_grow_with_an_item_that_keeps_moving() {
    float[][] vectors = vectors(14, 500);
    try (GraphVectorIndex index =
        GraphVectorIndex.inMemory(SETTINGS.withGraphFrom(1_000_000), Runnable::run)) {
      for (int n = 0; n < 20_000; n++) {
        index.put(7, vectors[n % 500]);
      }

      assertEquals(1, index.size());
      assertTrue(index.changed() < 4_000, "rows " + index.changed());
    }
  }
}
