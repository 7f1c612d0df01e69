package io.millrace.bench;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.DynamicMessage;
import io.grpc.health.v1.HealthCheckRequest;
import io.millrace.proto.v1.GetFeedRequest;
import io.millrace.proto.v1.GetUserRequest;
import io.millrace.proto.v1.Interaction;
import io.millrace.proto.v1.Item;
import io.millrace.proto.v1.ItemStatistics;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * Messages of every method of the contract: mostly such as an honest client sends, with an absurd
 * value here and there. Immutable; safe from any thread.
 */
final class FuzzMessages {

  /** Few enough that what is made of valid ones does not grow with the number of requests. */
  private static final int USERS = 200;

  private static final int ITEMS = 500;
  private static final int DEEPEST = 6;

  private static final double[] DOUBLES = {
    Double.NaN,
    Double.POSITIVE_INFINITY,
    Double.NEGATIVE_INFINITY,
    -0.0,
    Double.MIN_VALUE,
    -Double.MAX_VALUE,
    1e300,
    -1
  };
  private static final long[] LONGS = {
    -1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 32, 0xffff_ffffL, Integer.MIN_VALUE, 101, 1_001
  };
  private static final String[] STRINGS = {
    "",
    " ",
    "\0",
    "a\nb",
    "\u202e\u2028",
    "../../etc/passwd",
    "a/b?c#d%e",
    "\ud83d\ude00",
    "'\";--",
    "<script>"
  };

  private final List<MethodDescriptor> methods =
      Stream.of(
              GetFeedRequest.getDescriptor(),
              Interaction.getDescriptor(),
              ItemStatistics.getDescriptor(),
              GetUserRequest.getDescriptor(),
              HealthCheckRequest.getDescriptor())
          .map(Descriptor::getFile)
          .map(FileDescriptor::getServices)
          .flatMap(List::stream)
          .flatMap(service -> service.getMethods().stream())
          // A watch has no end.
          .filter(method -> !method.getName().equals("Watch"))
          .toList();

  /** Any method of the contract. */
  MethodDescriptor method(SplittableRandom random) {
    return methods.get(random.nextInt(methods.size()));
  }

  /** A method of Millrace's own services. */
  MethodDescriptor ownMethod(SplittableRandom random) {
    while (true) {
      MethodDescriptor method = method(random);
      if (method.getService().getFullName().startsWith("millrace.")) {
        return method;
      }
    }
  }

  /**
   * A message.
   *
   * @param absurd probability that a field holds what no client would send
   */
  DynamicMessage message(Descriptor type, double absurd, SplittableRandom random) {
    return message(type, absurd, random, 0);
  }

  static String user(SplittableRandom random) {
    return "fuzz-user-" + random.nextInt(USERS);
  }

  static String item(SplittableRandom random) {
    return "fuzz-item-" + random.nextInt(ITEMS);
  }

  private DynamicMessage message(
      Descriptor type, double absurd, SplittableRandom random, int depth) {
    DynamicMessage.Builder message = DynamicMessage.newBuilder(type);
    for (FieldDescriptor field : type.getFields()) {
      boolean named = field.getName().endsWith("_id") || field.getName().equals("events");
      if (!named && field.getNumber() != 1 && random.nextInt(3) != 0) {
        continue;
      }
      if (!field.isRepeated()) {
        message.setField(field, value(field, absurd, random, depth));
        continue;
      }
      int most = type.equals(Item.getDescriptor()) ? 3 : 5;
      int count = 1 + random.nextInt(most);
      if (random.nextDouble() < absurd / 4) {
        count = 1_100;
      }
      // Long lists of large messages would only measure this generator.
      count = depth > 0 ? Math.min(count, 5) : count;
      for (int i = 0; i < count; i++) {
        message.addRepeatedField(field, value(field, absurd, random, depth));
      }
    }
    return message.buildPartial();
  }

  private Object value(FieldDescriptor field, double absurd, SplittableRandom random, int depth) {
    boolean odd = random.nextDouble() < absurd;
    return switch (field.getJavaType()) {
      case STRING -> odd ? oddString(random) : string(field.getName(), random);
      case INT -> odd ? (int) LONGS[random.nextInt(LONGS.length)] : random.nextInt(1, 20);
      case LONG -> odd ? LONGS[random.nextInt(LONGS.length)] : number(field.getName(), random);
      case DOUBLE -> odd ? DOUBLES[random.nextInt(DOUBLES.length)] : random.nextDouble();
      case FLOAT -> odd ? (float) DOUBLES[random.nextInt(DOUBLES.length)] : random.nextFloat();
      case BOOLEAN -> random.nextBoolean();
      case BYTE_STRING -> ByteString.copyFromUtf8(oddString(random));
      case ENUM -> {
        var values = field.getEnumType().getValues();
        yield odd
            ? field.getEnumType().findValueByNumberCreatingIfUnknown(random.nextInt())
            : values.get(random.nextInt(values.size()));
      }
      case MESSAGE ->
          depth >= DEEPEST
              ? DynamicMessage.getDefaultInstance(field.getMessageType())
              : message(field.getMessageType(), absurd, random, depth + 1);
    };
  }

  private static long number(String field, SplittableRandom random) {
    return field.startsWith("time") || field.startsWith("created")
        ? 1_700_000_000_000L + random.nextInt(1_000_000)
        : random.nextInt(1, 10_000);
  }

  private static String string(String field, SplittableRandom random) {
    return switch (field) {
      case "user_id", "target_user_id", "source_user_id" -> user(random);
      case "item_id", "candidates", "exclude", "include", "blocked_items" -> item(random);
      case "surface" -> "home";
      case "token", "service" -> "";
      case "custom_kind" -> "waved";
      case "language", "locale" -> "en";
      default -> field + "-" + random.nextInt(1_000_000_000);
    };
  }

  private static String oddString(SplittableRandom random) {
    return switch (random.nextInt(8)) {
      case 0 -> "x".repeat(random.nextInt(3_000));
      case 1 -> "\u00e9".repeat(random.nextInt(600));
      default -> STRINGS[random.nextInt(STRINGS.length)];
    };
  }
}
