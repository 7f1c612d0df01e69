package io.millrace.app;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one node is started with.
 *
 * @param bind null: as configured
 * @param port null: as configured
 * @param configFile null: none
 * @param settings by path, before those of the file
 */
record NodeOptions(
    Path data,
    @Nullable String bind,
    @Nullable Integer port,
    @Nullable Path configFile,
    Map<String, Object> settings) {

  NodeOptions(Path data, @Nullable String bind, @Nullable Integer port, @Nullable Path configFile) {
    this(data, bind, port, configFile, Map.of());
  }

  /**
   * System properties, the command line, the file, {@code local.conf}, the defaults: in this order.
   */
  Config config() {
    Map<String, Object> given = new HashMap<>(settings);
    given.put("millrace.persistence.dir", data.toAbsolutePath().toString());
    if (bind != null) {
      given.put("millrace.edge.bind", bind);
    }
    if (port != null) {
      given.put("millrace.edge.port", port);
    }
    try {
      Config file = ConfigFactory.empty();
      if (configFile != null) {
        if (!Files.isReadable(configFile)) {
          throw new CommandFailed(
              CommandFailed.UNREACHABLE, "config file " + configFile + " cannot be read");
        }
        file = ConfigFactory.parseFile(configFile.toFile());
      }
      return ConfigFactory.defaultOverrides()
          .withFallback(ConfigFactory.parseMap(given, "command line"))
          .withFallback(file)
          .withFallback(ConfigFactory.parseResources("local.conf"))
          .withFallback(ConfigFactory.defaultReferenceUnresolved())
          .resolve();
    } catch (ConfigException wrong) {
      throw new CommandFailed(CommandFailed.USAGE, "configuration is wrong: " + wrong.getMessage());
    }
  }
}
