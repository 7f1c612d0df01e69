package io.millrace.item;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.ClusterShardingSettings;
import org.apache.pekko.cluster.sharding.typed.HashCodeMessageExtractor;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.junit.jupiter.api.Test;

/** Real shards of one node; entities that say who they are. */
class ResidentsTest {
  private static final EntityTypeKey<Ask> KEY = EntityTypeKey.create(Ask.class, "resident");
  private static final int MOST = 10;
  private static final int ALL = 100;

  private final Set<String> inMemory = ConcurrentHashMap.newKeySet();

  private record Ask(ActorRef<String> from) {}

  @Test
  void beyond_the_most_who_was_asked_least_recently_leaves_memory() {
    Config config =
        ConfigFactory.parseString(
                """
                pekko.actor.provider = cluster
                pekko.remote.artery.canonical { hostname = 127.0.0.1, port = 0 }
                pekko.cluster.jmx.multi-mbeans-in-same-jvm = on
                pekko.coordinated-shutdown.exit-jvm = off
                pekko.loglevel = WARNING
                """)
            .withFallback(ConfigFactory.load());
    ActorTestKit kit = ActorTestKit.create("residents", config);
    try {
      Cluster cluster = Cluster.get(kit.system());
      cluster.manager().tell(Join.create(cluster.selfMember().address()));
      ClusterSharding sharding = ClusterSharding.get(kit.system());
      sharding.init(
          Entity.of(KEY, entity -> resident(entity.getEntityId()))
              .withMessageExtractor(new HashCodeMessageExtractor<>(1))
              .withSettings(
                  ClusterShardingSettings.create(kit.system())
                      .withPassivationStrategy(Residents.leave(Duration.ofHours(1), MOST))));
      TestProbe<String> probe = kit.createTestProbe();
      for (int i = 0; i < ALL; i++) {
        String id = Integer.toString(i);
        sharding.entityRefFor(KEY, id).tell(new Ask(probe.ref()));
        assertEquals(id, probe.receiveMessage());
        sharding.entityRefFor(KEY, "0").tell(new Ask(probe.ref()));
        assertEquals("0", probe.receiveMessage());
      }

      probe.awaitAssert(() -> {
        assertEquals(MOST, inMemory.size());
        return null;
      });
      assertTrue(inMemory.containsAll(Set.of("0", "99", "98", "91")), inMemory.toString());
    } finally {
      kit.shutdownTestKit();
    }
  }

  private Behavior<Ask> resident(String id) {
    return Behaviors.setup(_ -> {
      inMemory.add(id);
      return Behaviors.receive(Ask.class)
          .onAnyMessage(asked -> {
            asked.from().tell(id);
            return Behaviors.same();
          })
          .onSignal(
              PostStop.class,
              _ -> {
                inMemory.remove(id);
                return Behaviors.same();
              })
          .build();
    });
  }

  @Test
  void as_many_fit_as_their_share_of_the_heap_has_room_for() {
    long heap = Runtime.getRuntime().maxMemory();

    assertEquals((int) (heap / 4 / 5_000), Residents.most(share(".25"), "some", 5_000), 1);
    assertEquals(2 * 16, Residents.most(share("1e-12"), "some", 5_000));
  }

  @Test
  void a_share_that_is_none_is_told_with_what_it_should_be() {
    for (String share : new String[] {"0", "-.1", "1.01"}) {
      IllegalArgumentException wrong =
          assertThrows(
              IllegalArgumentException.class, () -> Residents.most(share(share), "some", 1));
      assertTrue(wrong.getMessage().contains("some.heap-share is "), wrong.getMessage());
    }
  }

  private static Config share(String share) {
    return ConfigFactory.parseString("some { shards = 2, heap-share = " + share + " }");
  }
}
