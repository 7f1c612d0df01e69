package io.millrace.serialization;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.esotericsoftware.kryo.kryo5.Kryo;
import com.esotericsoftware.kryo.kryo5.Registration;
import com.typesafe.config.ConfigFactory;
import io.millrace.index.ItemFacts;
import io.millrace.index.RetrievalQuery;
import io.millrace.index.Source;
import io.millrace.item.ItemCard;
import io.millrace.retrieval.IndexSearchActor;
import io.millrace.user.Interaction;
import io.millrace.user.InteractionKind;
import io.millrace.user.Profile;
import io.millrace.user.UserActor;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class WireSerializerTest {
  private static final ActorTestKit KIT =
      ActorTestKit.create(
          "wire",
          ConfigFactory.parseString("pekko.actor.allow-java-serialization = off")
              .withFallback(ConfigFactory.load()));

  private static final Set<Class<?>> KINDS =
      Set.of(List.class, Set.class, Map.class, ActorRef.class);

  private final Serialization serialization =
      SerializationExtension.get(Adapter.toClassic(KIT.system()));

  @AfterAll
  static void stop() {
    KIT.shutdownTestKit();
  }

  private Object again(Object message) {
    return read(serialization.serialize(message).get());
  }

  private Object read(byte[] bytes) {
    return serialization.deserialize(bytes, WireSerializer.IDENTIFIER, "1").get();
  }

  private String hex(Object message) {
    return HexFormat.of().formatHex(serialization.serialize(message).get());
  }

  private static Interaction interaction() {
    return new Interaction(
        "event-1",
        "item-1",
        new ItemCard("item-1", 7, 42L, List.of("drama"), "maker", 90_000, 1_000),
        InteractionKind.VIEW,
        1_700_000_000_000L,
        "home",
        "",
        "request-1",
        3,
        true,
        false,
        Double.NaN,
        1,
        "",
        new Interaction.View(1_000, 2_000, .5f, 10, 0, 1, 2, 1),
        Interaction.Details.NONE);
  }

  private static UserActor.Replayed replayed() {
    return new UserActor.Replayed(
        7, List.of(new UserActor.Slot(3, 4, 1f)), new UserActor.Versions(1, 2, 3, 4));
  }

  @Test
  void a_command_with_a_reference_comes_back_as_it_was() {
    TestProbe<UserActor.Reply> probe = KIT.createTestProbe();
    UserActor.RecordInteractions command =
        new UserActor.RecordInteractions(List.of(interaction()), probe.getRef());

    assertEquals(command, again(command));
  }

  @Test
  void any_list_goes_by_one_type() {
    List<UserActor.Result> results = new ArrayList<>();
    results.add(new UserActor.Result("a", true, 3));
    for (List<UserActor.Result> list :
        List.of(
            results,
            List.copyOf(results),
            Collections.unmodifiableList(results),
            results.subList(0, 1),
            Arrays.asList(results.toArray(new UserActor.Result[0])),
            Collections.singletonList(results.getFirst()))) {
      assertEquals(new UserActor.Recorded(list, 9), again(new UserActor.Recorded(list, 9)));
    }
    List<@Nullable ItemFacts> holes = new ArrayList<>();
    holes.add(null);
    assertEquals(new IndexSearchActor.Dressed(holes), again(new IndexSearchActor.Dressed(holes)));
  }

  @Test
  void a_question_to_the_index_comes_back_as_it_was() {
    RetrievalQuery query =
        new RetrievalQuery(
            1,
            new int[] {3},
            new long[] {4},
            new int[] {5},
            List.of("maker"),
            RetrievalQuery.Filter.NONE,
            EnumSet.of(Source.ARRIVALS, Source.TRENDING),
            10,
            100);
    TestProbe<IndexSearchActor.Reply> probe = KIT.createTestProbe();

    IndexSearchActor.Retrieve read =
        (IndexSearchActor.Retrieve) again(new IndexSearchActor.Retrieve(query, probe.getRef()));

    assertEquals(Set.of(Source.ARRIVALS, Source.TRENDING), read.query().sources());
    assertArrayEquals(new int[] {5}, read.query().excluded());
    assertEquals(RetrievalQuery.Filter.NONE, read.query().filter());
  }

  @Test
  void the_bytes_of_messages_are_frozen() {
    assertEquals("8a010d017508060000803f0e0108020604", hex(replayed()));
    assertEquals("89010302d804", hex(new UserActor.Taken(new int[] {1, 300})));
    assertEquals(
        "8601010d000d000d00010101ffffffffffffffffffffffffffffffffffff0101010101010d000100010d"
            + "0000616e6ee10000",
        hex(new UserActor.ProfileIs(Profile.unknown("anna"))));
    assertEquals("84010d000a", hex(new UserActor.Recorded(List.of(), 5)));
  }

  @Test
  void bytes_of_another_table_are_refused() {
    WireSerializer serializer =
        new WireSerializer((ExtendedActorSystem) Adapter.toClassic(KIT.system()));

    assertThrows(IllegalArgumentException.class, () -> serializer.fromBinary(new byte[] {1}, "2"));
  }

  @Test
  void every_class_that_a_registered_record_holds_is_registered() {
    Kryo kryo = new Kryo();
    kryo.setRegistrationRequired(true);
    WireTable.fill(kryo, ActorRefResolver.get(KIT.system()));
    List<String> missing = new ArrayList<>();
    int records = 0;
    for (int id = 100; id < 700; id++) {
      Registration registration = kryo.getRegistration(id);
      if (registration != null && registration.getType().isRecord()) {
        records++;
        for (RecordComponent part : registration.getType().getRecordComponents()) {
          check(kryo, registration.getType(), part.getGenericType(), missing);
        }
      }
    }
    assertEquals(List.of(), missing);
    assertTrue(records > 40, records + " records");
  }

  private static void check(Kryo kryo, Class<?> owner, Type type, List<String> missing) {
    if (type instanceof ParameterizedType generic) {
      check(kryo, owner, generic.getRawType(), missing);
      if (generic.getRawType() != ActorRef.class) {
        for (Type argument : generic.getActualTypeArguments()) {
          check(kryo, owner, argument, missing);
        }
      }
    } else if (type instanceof Class<?> plain) {
      if (!plain.isPrimitive()
          && !KINDS.contains(plain)
          && !plain.isSealed()
          && kryo.getClassResolver().getRegistration(plain) == null) {
        missing.add(plain.getName() + " in " + owner.getName());
      }
    } else {
      missing.add(type + " in " + owner.getName());
    }
  }
}
