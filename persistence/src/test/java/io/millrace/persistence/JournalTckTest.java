package io.millrace.persistence;

import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.pekko.persistence.CapabilityFlag;
import org.apache.pekko.persistence.japi.journal.JavaJournalSpec;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Pekko's own suite for journals. */
final class JournalTckTest {
  @TempDir Path dir;

  @TestFactory
  Stream<DynamicTest> passes_pekkos_journal_suite() {
    return ScalaSuite.tests(new Spec(dir.resolve("store")), 16);
  }

  static final class Spec extends JavaJournalSpec {
    private static final long serialVersionUID = 1L;

    Spec(Path dir) {
      super(
          TestSystems.config(
              dir,
              Map.of(
                  "pekko.actor.allow-java-serialization", "on",
                  "pekko.actor.warn-about-java-serializer-usage", "off")));
    }

    @Override
    public CapabilityFlag supportsRejectingNonSerializableObjects() {
      return CapabilityFlag.on();
    }
  }
}
