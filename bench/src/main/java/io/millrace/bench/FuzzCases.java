package io.millrace.bench;

import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.DynamicMessage;
import io.millrace.edge.ProtoJson;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Makes the cases of one seed: gRPC, gRPC-Web, JSON, REST paths, and connections that speak no
 * protocol at all. Immutable; safe from any thread.
 */
final class FuzzCases {

  private static final long GOLDEN = 0x9e37_79b9_7f4a_7c15L;

  /** Their work, or what they leave behind, is out of proportion to a request; one in ten stays. */
  private static final Set<String> DEAR = Set.of("Forget", "Merge", "Export", "Put", "Retire");

  private static final String[] TIMEOUTS = {
    "1S", "200m", "0m", "99999999H", "1n", "-1S", "1s", "", "123456789S", "5 S", "\u00b5"
  };
  private static final String[] GRPC_TYPES = {
    "application/grpc",
    "application/grpc+proto",
    "application/grpc+json",
    "application/grpc;x=y",
    "application/grpcx"
  };
  private static final String[] HTTP_TYPES = {
    "application/json", "application/x-ndjson", "text/plain", "application/json; charset=utf-16",
    "application/problem+json", "multipart/form-data; boundary=x", "*/*", "nonsense"
  };
  private static final String[] METHODS = {
    "GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS", "TRACE", "BREW", "get"
  };
  private static final String[] SEGMENTS = {
    "v1",
    "users",
    "items",
    "events",
    "feed",
    "merge",
    "map",
    "export",
    "preferences",
    "similar",
    "starters",
    "stats",
    "livez",
    "readyz",
    "metrics",
    "internal",
    "generations",
    "drain",
    "millrace.v1.FeedService",
    "millrace.v1.EventService",
    "GetFeed",
    "Record",
    "Stream",
    "webjars",
    "app.js",
    "index.html",
    "..",
    ".",
    "",
    "%2e%2e",
    "%00",
    "%ff",
    "%c3%28",
    "a%2Fb",
    "~",
    "a;b=c",
    "a+b",
    "*",
    "'"
  };
  private static final String[] PARAMETERS = {
    "size",
    "surface",
    "requestId",
    "feedSession",
    "preview",
    "explain",
    "exclude",
    "candidates",
    "category",
    "minPrice",
    "maxPrice",
    "maxAgeRating",
    "maxDurationMs",
    "createdWithinMs",
    "popular",
    "include",
    "reason",
    "x"
  };
  private static final String[] VALUES = {
    "5",
    "0",
    "-1",
    "101",
    "99999999999999999999",
    "NaN",
    "1e999",
    "true",
    "maybe",
    "",
    "home",
    "%ff",
    "%",
    "a,b,,c",
    "%F0%9F%98%80",
    "a%00b",
    "+",
    "a%26b",
    "4294967295",
    "4294967296"
  };
  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private final long seed;
  private final FuzzMessages messages = new FuzzMessages();

  FuzzCases(long seed) {
    this.seed = seed;
  }

  FuzzCase make(long number) {
    SplittableRandom random = new SplittableRandom(seed ^ (number * GOLDEN));
    int dice = random.nextInt(1_000);
    if (dice < 520) {
      return grpc(number, random);
    } else if (dice < 600) {
      return grpcFrames(number, random);
    } else if (dice < 680) {
      return grpcWeb(number, random);
    } else if (dice < 840) {
      return json(number, random);
    } else if (dice < 970) {
      return paths(number, random);
    } else if (dice < 985) {
      return brokenHttp(number, random);
    } else {
      return brokenH2(number, random);
    }
  }

  private MethodDescriptor method(SplittableRandom random) {
    MethodDescriptor method = messages.ownMethod(random);
    return DEAR.contains(method.getName()) && random.nextInt(10) != 0 ? method(random) : method;
  }

  /** A well framed call whose message is mutated, or absurd, or (one in eight) honest. */
  private FuzzCase grpc(long number, SplittableRandom random) {
    MethodDescriptor method = random.nextInt(50) == 0 ? messages.method(random) : method(random);
    byte[] body = frame(0, message(method, random));
    if (method.isClientStreaming()) {
      for (int more = random.nextInt(4); more > 0; more--) {
        body = FuzzMutations.concat(body, frame(0, message(method, random)));
      }
    }
    String path = "/" + method.getService().getFullName() + "/" + method.getName();
    return body.length > H2Wire.MOST_BODY
        ? exchange(
            number, "grpc-web large", "POST", path, "application/grpc-web+proto", body, random)
        : new FuzzCase.Call(
            number, "grpc " + name(method), path, headers("application/grpc", random), body);
  }

  private byte[] message(MethodDescriptor method, SplittableRandom random) {
    int way = random.nextInt(8);
    DynamicMessage message = messages.message(method.getInputType(), way < 3 ? .15 : 0, random);
    byte[] bytes = message.toByteArray();
    if (way == 3) {
      // Groups within groups, as deep as the message is long: unknown fields are parsed, too.
      byte[] deep = new byte[1 + random.nextInt(20_000)];
      java.util.Arrays.fill(deep, (byte) 0x1b);
      return deep;
    }
    return way < 3 || way == 7 ? bytes : FuzzMutations.mutate(bytes, random);
  }

  /** Frames that say what is not so; odd types, timeouts, methods and metadata. */
  private FuzzCase grpcFrames(long number, SplittableRandom random) {
    MethodDescriptor method = method(random);
    byte[] message = messages.message(method.getInputType(), 0, random).toByteArray();
    byte[] body =
        switch (random.nextInt(6)) {
          case 0 -> frame(random.nextInt(256), message);
          case 1 -> FuzzMutations.concat(frame(0, message), frame(0, message));
          case 2 -> new byte[0];
          case 3 -> message;
          case 4 ->
              FuzzMutations.concat(
                  ByteBuffer.allocate(5).put((byte) 0).putInt(random.nextInt()).array(), message);
          default -> FuzzMutations.mutate(frame(0, message), random);
        };
    String path =
        switch (random.nextInt(5)) {
          case 0 -> "/" + method.getService().getFullName() + "/Nothing";
          case 1 -> "/millrace.v2.Nothing/" + method.getName();
          case 2 -> "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
          default -> "/" + method.getService().getFullName() + "/" + method.getName();
        };
    List<Map.Entry<String, String>> headers =
        new ArrayList<>(headers(GRPC_TYPES[random.nextInt(GRPC_TYPES.length)], random));
    if (random.nextBoolean()) {
      headers.add(Map.entry("grpc-timeout", TIMEOUTS[random.nextInt(TIMEOUTS.length - 1)]));
    }
    if (random.nextInt(4) == 0) {
      headers.add(Map.entry("grpc-encoding", random.nextBoolean() ? "gzip" : "rot13"));
    }
    return new FuzzCase.Call(number, "grpc frames", path, headers, body);
  }

  private static List<Map.Entry<String, String>> headers(String type, SplittableRandom random) {
    List<Map.Entry<String, String>> headers = new ArrayList<>();
    headers.add(Map.entry("content-type", type));
    headers.add(Map.entry("te", "trailers"));
    if (random.nextInt(16) == 0) {
      headers.add(Map.entry("x-" + random.nextInt(100), "v".repeat(random.nextInt(4_000))));
    }
    return headers;
  }

  private FuzzCase grpcWeb(long number, SplittableRandom random) {
    MethodDescriptor method = method(random);
    byte[] body = frame(0, message(method, random));
    boolean text = random.nextBoolean();
    if (text) {
      body = Base64.getEncoder().encode(body);
    }
    if (random.nextInt(4) == 0) {
      body = FuzzMutations.mutate(body, random);
    }
    return exchange(
        number,
        "grpc-web " + name(method),
        "POST",
        "/" + method.getService().getFullName() + "/" + method.getName(),
        text ? "application/grpc-web-text+proto" : "application/grpc-web+proto",
        body,
        random);
  }

  private FuzzCase json(long number, SplittableRandom random) {
    MethodDescriptor method = method(random);
    boolean odd = random.nextInt(3) == 0;
    byte[] body =
        ProtoJson.write(messages.message(method.getInputType(), odd ? .15 : 0, random))
            .getBytes(StandardCharsets.UTF_8);
    if (random.nextInt(16) == 0) {
      String open = random.nextBoolean() ? "[" : "{\"a\":";
      body = open.repeat(random.nextInt(20_000)).getBytes(StandardCharsets.US_ASCII);
    } else if (!odd) {
      body = FuzzMutations.mutate(body, random);
    }
    String path =
        switch (random.nextInt(6)) {
          case 0 -> "/v1/events";
          case 1 -> "/v1/items/" + FuzzMessages.item(random);
          case 2 -> "/v1/users/" + FuzzMessages.user(random) + "/preferences";
          default -> "/" + method.getService().getFullName() + "/" + method.getName();
        };
    return exchange(
        number,
        "json " + name(method),
        path.endsWith("preferences") || path.startsWith("/v1/items") ? "PUT" : "POST",
        path,
        random.nextInt(8) == 0 ? HTTP_TYPES[random.nextInt(HTTP_TYPES.length)] : "application/json",
        body,
        random);
  }

  /** REST paths, right and wrong, with queries, methods and types. */
  private FuzzCase paths(long number, SplittableRandom random) {
    StringBuilder path = new StringBuilder();
    String method = METHODS[random.nextInt(METHODS.length)];
    switch (random.nextInt(4)) {
      case 0 -> path.append("/v1/users/").append(FuzzMessages.user(random)).append("/feed");
      case 1 ->
          path.append("/v1/")
              .append(random.nextBoolean() ? "users/" : "items/")
              .append(
                  random.nextBoolean()
                      ? FuzzMessages.item(random)
                      : SEGMENTS[random.nextInt(SEGMENTS.length)])
              .append('/')
              .append(SEGMENTS[random.nextInt(SEGMENTS.length)]);
      default -> {
        for (int left = 1 + random.nextInt(5); left > 0; left--) {
          path.append('/').append(SEGMENTS[random.nextInt(SEGMENTS.length)]);
        }
      }
    }
    if (path.toString().startsWith("/internal/generations/train")) {
      path.append("ed");
    }
    for (int left = random.nextInt(4); left > 0; left--) {
      path.append(path.indexOf("?") < 0 ? '?' : '&')
          .append(PARAMETERS[random.nextInt(PARAMETERS.length)])
          .append('=')
          .append(VALUES[random.nextInt(VALUES.length)]);
    }
    if (method.equals("DELETE") && random.nextInt(10) != 0) {
      method = "GET";
    }
    return exchange(
        number,
        "path " + method,
        random.nextInt(3) == 0 ? method : "GET",
        path.toString(),
        HTTP_TYPES[random.nextInt(HTTP_TYPES.length)],
        random.nextInt(3) == 0 ? "{}".getBytes(StandardCharsets.US_ASCII) : new byte[0],
        random);
  }

  private static FuzzCase exchange(
      long number,
      String name,
      String method,
      String target,
      String type,
      byte[] body,
      SplittableRandom random) {
    StringBuilder head = new StringBuilder(200);
    head.append(method).append(' ').append(target).append(" HTTP/1.1\r\nhost: fuzz\r\n");
    head.append("content-type: ").append(type).append("\r\n");
    if (random.nextInt(16) == 0) {
      head.append("x-").append(random.nextInt(50)).append(": ");
      head.append("v".repeat(random.nextInt(4_000))).append("\r\n");
    }
    if (random.nextInt(16) == 0) {
      head.append("grpc-timeout: ").append(TIMEOUTS[random.nextInt(8)]).append("\r\n");
    }
    byte[] framed = body;
    if (body.length > 0 && random.nextInt(8) == 0) {
      head.append("transfer-encoding: chunked\r\n\r\n");
      framed =
          FuzzMutations.concat(
              (Integer.toHexString(body.length) + "\r\n").getBytes(StandardCharsets.US_ASCII),
              body,
              "\r\n0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    } else {
      head.append("content-length: ").append(body.length).append("\r\n\r\n");
    }
    return new FuzzCase.Exchange(
        number,
        name,
        method.equals("HEAD"),
        FuzzMutations.concat(head.toString().getBytes(StandardCharsets.UTF_8), framed));
  }

  /** A request that was whole once. */
  private FuzzCase brokenHttp(long number, SplittableRandom random) {
    FuzzCase whole = random.nextBoolean() ? json(number, random) : paths(number, random);
    byte[] bytes =
        switch (random.nextInt(4)) {
          case 0 -> random(1 + random.nextInt(2_000), random);
          case 1 -> java.util.Arrays.copyOf(whole.bytes(), random.nextInt(whole.bytes().length));
          default -> FuzzMutations.mutate(whole.bytes(), random);
        };
    return new FuzzCase.Garbage(number, "broken HTTP/1.1", bytes);
  }

  /** A preface and frames of which some are none. */
  private FuzzCase brokenH2(long number, SplittableRandom random) {
    byte[] bytes = PREFACE;
    if (random.nextInt(8) == 0) {
      bytes = FuzzMutations.mutate(PREFACE, random);
    }
    if (random.nextInt(4) != 0) {
      bytes = FuzzMutations.concat(bytes, h2Frame(4, 0, 0, new byte[0]));
    }
    for (int left = random.nextInt(6); left > 0; left--) {
      MethodDescriptor method = method(random);
      byte[] frame =
          switch (random.nextInt(4)) {
            case 0 ->
                h2Frame(
                    random.nextInt(12),
                    random.nextInt(256),
                    random.nextInt(8),
                    random(random.nextInt(64), random));
            case 1 -> {
              byte[] head =
                  HeaderBlock.of(
                      "POST",
                      "/" + method.getService().getFullName() + "/" + method.getName(),
                      headers("application/grpc", random));
              yield FuzzMutations.concat(
                  h2Frame(1, random.nextInt(8), 1 + 2 * left, head),
                  h2Frame(9, random.nextInt(8), 1 + 2 * left, head));
            }
            case 2 ->
                h2Frame(
                    new int[] {3, 4, 6, 8, 2}[random.nextInt(5)],
                    random.nextInt(2),
                    random.nextInt(4),
                    random(new int[] {4, 6, 8, 4, 5}[random.nextInt(5)], random));
            default -> random(random.nextInt(100), random);
          };
      bytes = FuzzMutations.concat(bytes, frame);
    }
    return new FuzzCase.Garbage(number, "broken h2", bytes);
  }

  private static String name(MethodDescriptor method) {
    return method.getService().getName() + "/" + method.getName();
  }

  private static byte[] frame(int flag, byte[] message) {
    return ByteBuffer.allocate(5 + message.length)
        .put((byte) flag)
        .putInt(message.length)
        .put(message)
        .array();
  }

  private static byte[] h2Frame(int type, int flags, int stream, byte[] payload) {
    return ByteBuffer.allocate(9 + payload.length)
        .put((byte) (payload.length >> 16))
        .putShort((short) payload.length)
        .put((byte) type)
        .put((byte) flags)
        .putInt(stream)
        .put(payload)
        .array();
  }

  private static byte[] random(int length, SplittableRandom random) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }
}
