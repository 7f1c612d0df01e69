package io.millrace.item;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.millrace.index.ItemFacts;
import io.millrace.persistence.EventRemoval;
import io.millrace.persistence.EventStream;
import io.millrace.persistence.RocksStoreExtension;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;

/** One actor system on a real store in a folder of the test, with every message serialised. */
public final class TestNode implements AutoCloseable {
  private final ActorTestKit kit;

  private TestNode(ActorTestKit kit) {
    this.kit = kit;
  }

  /** A node in no cluster. */
  public static TestNode on(Path folder) {
    return new TestNode(ActorTestKit.create(config(folder)));
  }

  /** A node that may join a cluster, of itself alone if it is told to. */
  public static TestNode clustered(Path folder, String more) {
    return new TestNode(
        ActorTestKit.create(
            "millrace",
            ConfigFactory.parseString(more)
                .withFallback(
                    ConfigFactory.parseString(
                        """
                        pekko.actor.provider = cluster
                        pekko.remote.artery.canonical { hostname = "127.0.0.1", port = 0 }
                        pekko.cluster.jmx.multi-mbeans-in-same-jvm = on
                        pekko.cluster.sharding.number-of-shards = 4
                        pekko.coordinated-shutdown.exit-jvm = off
                        """))
                .withFallback(config(folder))));
  }

  private static Config config(Path folder) {
    return ConfigFactory.parseMap(Map.of("millrace.persistence.dir", folder.toString()))
        .withFallback(
            ConfigFactory.parseString(
                """
                pekko.actor.serialize-messages = on
                pekko.loglevel = WARNING
                pekko.persistence.journal.plugin = "millrace.persistence.journal"
                pekko.persistence.snapshot-store.plugin = "millrace.persistence.snapshot-store"
                millrace.persistence.sync = off
                millrace.persistence.block-cache = 4 MiB
                millrace.persistence.write-buffer = 4 MiB
                """))
        .withFallback(ConfigFactory.load());
  }

  public ActorTestKit kit() {
    return kit;
  }

  public EventStream streams() {
    return RocksStoreExtension.of(kit.system()).streams();
  }

  public EventRemoval removal() {
    return RocksStoreExtension.of(kit.system());
  }

  public Config settings() {
    return kit.system().settings().config();
  }

  /** Ends the system and its store, as a restart of the process would. */
  @Override
  public void close() {
    kit.shutdownTestKit();
  }

  /** An item with a title, one category and a creator. */
  public static ItemFacts item(String itemId) {
    return item(itemId, -1);
  }

  /** An item with so many pieces left, -1 when they are not counted. */
  public static ItemFacts item(String itemId, long stock) {
    return new ItemFacts(
        itemId,
        "Title of " + itemId,
        List.of("drama"),
        List.of("tag"),
        "creator",
        1_000,
        "en",
        Double.NaN,
        stock,
        0,
        ItemFacts.Safety.SAFE,
        "",
        60_000,
        Map.of("release_year", "1999"),
        List.of(),
        ItemFacts.Vector.NONE);
  }
}
