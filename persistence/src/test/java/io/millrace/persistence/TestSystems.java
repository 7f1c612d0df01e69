package io.millrace.persistence;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.util.Map;

/** Configurations of actor systems on a store, for tests. */
final class TestSystems {
  private TestSystems() {}

  static Config config(Path dir) {
    return ConfigFactory.parseMap(
            Map.of(
                "millrace.persistence.dir", dir.toString(),
                "pekko.persistence.journal.plugin", "millrace.persistence.journal",
                "pekko.persistence.snapshot-store.plugin", "millrace.persistence.snapshot-store",
                "pekko.loggers", java.util.List.of("org.apache.pekko.event.slf4j.Slf4jLogger"),
                "pekko.loglevel", "WARNING",
                "pekko.coordinated-shutdown.exit-jvm", "off"))
        .withFallback(ConfigFactory.load());
  }

  static Config config(Path dir, Map<String, ?> more) {
    return ConfigFactory.parseMap(more).withFallback(config(dir));
  }
}
