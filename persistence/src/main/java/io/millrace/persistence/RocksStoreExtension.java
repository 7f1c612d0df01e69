package io.millrace.persistence;

import org.apache.pekko.actor.AbstractExtensionId;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.Extension;

/**
 * The store of an actor system, opened at first use from {@code millrace.persistence} and closed
 * when the system has ended. The journal, the snapshot store and the actors share it.
 */
public final class RocksStoreExtension implements Extension {
  /** The extension's key, for Pekko. */
  public static final Id ID = new Id();

  private final RocksStore store;

  private RocksStoreExtension(ExtendedActorSystem system) {
    store = RocksStore.open(StoreSettings.of(system.settings().config()));
    system.registerOnTermination(store::close);
  }

  /** The store of an actor system, typed or classic; throws {@link StoreUnusable}. */
  public static RocksStore of(ClassicActorSystemProvider system) {
    return ID.get(system).store;
  }

  /** How Pekko makes and finds it. */
  public static final class Id extends AbstractExtensionId<RocksStoreExtension> {
    private Id() {}

    @Override
    public RocksStoreExtension createExtension(ExtendedActorSystem system) {
      return new RocksStoreExtension(system);
    }
  }
}
