package io.millrace.app;

import com.typesafe.config.Config;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.edge.Backend;
import io.millrace.feed.Feeds;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Consumer;

/**
 * A started node as the commands see it: what it is asked, what it counts of itself, and how it is
 * stopped.
 */
record Started(Backend backend, Consumer<MeterRegistry> counting, Runnable stop) {

  /** Starts all parts of a node; {@code stages} is told how long each stage of each feed took. */
  static Started node(Config config, InstantSource clock, Consumer<List<Feeds.StageTime>> stages) {
    Node node = Node.start(config, clock, stages);
    return new Started(node, node::countIn, node::close);
  }
}
