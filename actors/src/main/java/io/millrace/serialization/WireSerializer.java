package io.millrace.serialization;

import com.esotericsoftware.kryo.kryo5.Kryo;
import com.esotericsoftware.kryo.kryo5.Registration;
import com.esotericsoftware.kryo.kryo5.io.Input;
import com.esotericsoftware.kryo.kryo5.io.Output;
import com.esotericsoftware.kryo.kryo5.util.DefaultClassResolver;
import com.esotericsoftware.kryo.kryo5.util.Pool;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.serialization.SerializerWithStringManifest;
import org.jspecify.annotations.Nullable;

/**
 * Messages between nodes as Kryo writes them, with only the classes of {@link WireTable} allowed.
 *
 * <p>Every class of actor references, and every class of lists, sets and maps, goes by one
 * registered type each, so that what {@code List.of} or {@code Collections} happen to return is no
 * part of the format. Read lists, sets and maps are unmodifiable and keep their order. Safe from
 * any thread: each call borrows a Kryo of its own.
 */
public final class WireSerializer extends SerializerWithStringManifest {

  /** In every message: never to be changed. */
  public static final int IDENTIFIER = 84_201;

  /** The table's version: a new table that cannot read the old one's bytes gets the next. */
  private static final String MANIFEST = "1";

  /** Borrowed at once: more than threads of a busy node's dispatchers; beyond it they are made. */
  private static final int POOLED = 64;

  private final Pool<Codec> codecs;

  public WireSerializer(ExtendedActorSystem system) {
    ActorRefResolver resolver = ActorRefResolver.get(Adapter.toTyped(system));
    this.codecs =
        new Pool<>(true, false, POOLED) {
          @Override
          protected Codec create() {
            return new Codec(kryo(resolver), new Output(512, -1), new Input());
          }
        };
  }

  @Override
  public int identifier() {
    return IDENTIFIER;
  }

  @Override
  public String manifest(Object message) {
    return MANIFEST;
  }

  @Override
  public byte[] toBinary(Object message) {
    Codec codec = codecs.obtain();
    try {
      codec.output.reset();
      codec.kryo.writeClassAndObject(codec.output, message);
      return codec.output.toBytes();
    } finally {
      codecs.free(codec);
    }
  }

  @Override
  public Object fromBinary(byte[] bytes, String manifest) {
    if (!manifest.equals(MANIFEST)) {
      throw new IllegalArgumentException(
          "wire message of table " + manifest + ", expected " + MANIFEST);
    }
    Codec codec = codecs.obtain();
    try {
      codec.input.setBuffer(bytes);
      return codec.kryo.readClassAndObject(codec.input);
    } finally {
      codecs.free(codec);
    }
  }

  private static Kryo kryo(ActorRefResolver resolver) {
    Kryo kryo = new Kryo(new OneTypePerKind(), null);
    kryo.setReferences(false);
    kryo.setRegistrationRequired(true);
    WireTable.fill(kryo, resolver);
    return kryo;
  }

  private record Codec(Kryo kryo, Output output, Input input) {}

  /** Sends implementations of a few interfaces to the registration of the interface. */
  private static final class OneTypePerKind extends DefaultClassResolver {
    @Override
    @SuppressWarnings("rawtypes") // as Kryo declares it
    public @Nullable Registration getRegistration(Class type) {
      Registration exact = super.getRegistration(type);
      return exact != null ? exact : byKind(type);
    }

    private @Nullable Registration byKind(Class<?> type) {
      Class<?> kind =
          ActorRef.class.isAssignableFrom(type)
              ? ActorRef.class
              : List.class.isAssignableFrom(type)
                  ? List.class
                  : Set.class.isAssignableFrom(type)
                      ? Set.class
                      : Map.class.isAssignableFrom(type) ? Map.class : null;
      return kind == null ? null : super.getRegistration(kind);
    }
  }
}
