package io.millrace.persistence;

import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The store of an actor system. */
final class RocksStoreExtensionTest {
  @TempDir Path dir;

  @Test
  void a_system_has_one_store_and_lets_it_go_when_it_ends() {
    Path folder = dir.resolve("store");
    ActorTestKit first = ActorTestKit.create("first", TestSystems.config(folder));
    RocksStore store = RocksStoreExtension.of(first.system());
    assertSame(store, RocksStoreExtension.of(first.system().classicSystem()));
    ActorTestKit second = ActorTestKit.create("second", TestSystems.config(folder));

    StoreUnusable refusal =
        assertThrows(StoreUnusable.class, () -> RocksStoreExtension.of(second.system()));

    assertTrue(refusal.getMessage().endsWith("is already open in this process"));
    second.shutdownTestKit();
    first.shutdownTestKit();
    Stores.open(folder).close();
  }
}
