package io.millrace.persistence;

import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.pekko.persistence.japi.snapshot.JavaSnapshotStoreSpec;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Pekko's own suite for snapshot stores. */
final class SnapshotTckTest {
  @TempDir Path dir;

  @TestFactory
  Stream<DynamicTest> passes_pekkos_snapshot_suite() {
    return ScalaSuite.tests(new Spec(dir.resolve("store")), 12);
  }

  static final class Spec extends JavaSnapshotStoreSpec {
    private static final long serialVersionUID = 1L;

    Spec(Path dir) {
      super(
          TestSystems.config(
              dir,
              Map.of(
                  "pekko.actor.allow-java-serialization", "on",
                  "pekko.actor.warn-about-java-serializer-usage", "off")));
    }
  }
}
