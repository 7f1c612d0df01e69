package io.millrace.serialization;

import com.esotericsoftware.kryo.kryo5.Kryo;
import com.esotericsoftware.kryo.kryo5.Serializer;
import com.esotericsoftware.kryo.kryo5.io.Input;
import com.esotericsoftware.kryo.kryo5.io.Output;
import com.esotericsoftware.kryo.kryo5.serializers.DefaultSerializers.EnumSerializer;
import com.esotericsoftware.kryo.kryo5.serializers.RecordSerializer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;

/**
 * The frozen numbers of every class that may cross nodes. A number is given once; a class that
 * changes shape is a new class with a new number, and the old one is read for one more release.
 *
 * <p>0 to 9 are Kryo's own (primitives and String), 10 to 99 are below, then a hundred for each
 * package, in a file of its own.
 */
public final class WireTable {

  private final Kryo kryo;
  private int from;
  private int below;

  private WireTable(Kryo kryo) {
    this.kryo = kryo;
  }

  static void fill(Kryo kryo, ActorRefResolver resolver) {
    WireTable table = new WireTable(kryo);
    table.range(10, 100);
    table.general(resolver);
    table.range(100, 200);
    UserMessages.register(table);
    table.range(200, 300);
    ItemMessages.register(table);
    table.range(300, 400);
    EvidenceMessages.register(table);
    table.range(400, 500);
    RetrievalMessages.register(table);
    table.range(500, 600);
    FeedMessages.register(table);
    table.range(600, 700);
    LearningMessages.register(table);
  }

  private void general(ActorRefResolver resolver) {
    with(10, ActorRef.class, new ActorRefs(resolver));
    with(11, List.class, new Lists());
    with(12, Set.class, new Sets());
    with(13, Map.class, new Maps());
    array(14, byte[].class);
    array(15, int[].class);
    array(16, long[].class);
    array(17, float[].class);
    array(18, double[].class);
    array(19, String[].class);
    array(20, float[][].class);
    array(21, boolean[].class);
  }

  /** A record goes by its components, in the order of their names. */
  void record(int id, Class<? extends Record> type) {
    with(id, type, new RecordSerializer<>(type));
  }

  /** An enum goes by its ordinal: constants are added at the end alone. */
  <E extends Enum<E>> void constants(int id, Class<E> type) {
    with(id, type, new EnumSerializer(type));
  }

  private void array(int id, Class<?> type) {
    with(id, type, kryo.getDefaultSerializer(type));
  }

  void with(int id, Class<?> type, Serializer<?> serializer) {
    if (id < from || id >= below) {
      throw new IllegalArgumentException(
          "wire number %d of %s, expected %d to %d".formatted(id, type.getName(), from, below - 1));
    }
    if (kryo.getRegistration(id) != null) {
      throw new IllegalArgumentException(
          "wire number %d is given to %s and to %s"
              .formatted(id, kryo.getRegistration(id).getType().getName(), type.getName()));
    }
    kryo.register(type, serializer, id);
  }

  private void range(int first, int end) {
    this.from = first;
    this.below = end;
  }

  /** References as the addresses that any node can resolve. */
  private static final class ActorRefs extends Serializer<ActorRef<?>> {
    private final ActorRefResolver resolver;

    ActorRefs(ActorRefResolver resolver) {
      super(false, true);
      this.resolver = resolver;
    }

    @Override
    public void write(Kryo kryo, Output output, ActorRef<?> ref) {
      output.writeString(resolver.toSerializationFormat(ref));
    }

    @Override
    public ActorRef<?> read(Kryo kryo, Input input, Class<? extends ActorRef<?>> type) {
      return resolver.resolveActorRef(input.readString());
    }
  }

  private static void writeAll(Kryo kryo, Output output, Collection<?> elements) {
    output.writeVarInt(elements.size(), true);
    for (Object element : elements) {
      kryo.writeClassAndObject(output, element);
    }
  }

  /** Size, then each element with its class; null elements are allowed. */
  private static final class Lists extends Serializer<List<?>> {
    Lists() {
      super(false, true);
    }

    @Override
    public void write(Kryo kryo, Output output, List<?> list) {
      writeAll(kryo, output, list);
    }

    @Override
    public List<?> read(Kryo kryo, Input input, Class<? extends List<?>> type) {
      int size = input.readVarInt(true);
      if (size == 0) {
        return List.of();
      }
      // Bounded: a broken size must not ask for more memory than the bytes could fill.
      List<Object> list = new ArrayList<>(Math.min(size, 1 << 16));
      for (int i = 0; i < size; i++) {
        list.add(kryo.readClassAndObject(input));
      }
      return Collections.unmodifiableList(list);
    }
  }

  private static final class Sets extends Serializer<Set<?>> {
    Sets() {
      super(false, true);
    }

    @Override
    public void write(Kryo kryo, Output output, Set<?> set) {
      writeAll(kryo, output, set);
    }

    @Override
    public Set<?> read(Kryo kryo, Input input, Class<? extends Set<?>> type) {
      int size = input.readVarInt(true);
      Set<Object> set = new LinkedHashSet<>();
      for (int i = 0; i < size; i++) {
        set.add(kryo.readClassAndObject(input));
      }
      return Collections.unmodifiableSet(set);
    }
  }

  private static final class Maps extends Serializer<Map<?, ?>> {
    Maps() {
      super(false, true);
    }

    @Override
    public void write(Kryo kryo, Output output, Map<?, ?> map) {
      output.writeVarInt(map.size(), true);
      map.forEach((key, value) -> {
        kryo.writeClassAndObject(output, key);
        kryo.writeClassAndObject(output, value);
      });
    }

    @Override
    public Map<?, ?> read(Kryo kryo, Input input, Class<? extends Map<?, ?>> type) {
      int size = input.readVarInt(true);
      Map<Object, Object> map = new LinkedHashMap<>();
      for (int i = 0; i < size; i++) {
        Object key = kryo.readClassAndObject(input);
        map.put(key, kryo.readClassAndObject(input));
      }
      return Collections.unmodifiableMap(map);
    }
  }
}
