package io.millrace.app;

import com.typesafe.config.Config;
import io.millrace.edge.Backend;
import java.nio.file.Path;
import java.util.concurrent.CompletionStage;

/** A started node as the commands see it. */
interface NodeHandle {

  /** Starts all parts of a node on a data folder. */
  static NodeHandle start(Config config, Path data) {
    return missing(config, data);
  }

  Backend backend();

  CompletionStage<Void> stop();

  private static NodeHandle missing(Config config, Path data) {
    throw new IllegalStateException(
        "no node can be started on " + data + " with " + config.root().size() + " settings");
  }
}
