package io.millrace.edge;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.protobuf.Message;
import io.millrace.proto.v1.EventResult;
import io.millrace.proto.v1.ForgetRequest;
import io.millrace.proto.v1.GetFeedRequest;
import io.millrace.proto.v1.GetItemRequest;
import io.millrace.proto.v1.GetMapRequest;
import io.millrace.proto.v1.GetUserRequest;
import io.millrace.proto.v1.Interaction;
import io.millrace.proto.v1.Item;
import io.millrace.proto.v1.MergeRequest;
import io.millrace.proto.v1.PutResult;
import io.millrace.proto.v1.RankRequest;
import io.millrace.proto.v1.RecordRequest;
import io.millrace.proto.v1.RetireRequest;
import io.millrace.proto.v1.SetPreferencesRequest;
import io.millrace.proto.v1.SimilarRequest;
import io.millrace.proto.v1.StartersRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;

/**
 * The methods of the contract as JSON over HTTP: {@code POST /millrace.v1.Service/Method}. A
 * streamed method takes one message, a list of them, or one a line, and answers a list.
 */
final class JsonMethods {

  /** Answers a body within a budget. */
  interface Method {
    CompletionStage<String> answer(String body, Budget budget);
  }

  private final Map<String, Method> methods;
  private final ActorSystem<?> system;

  JsonMethods(Endpoints e) {
    system = e.backend().system();
    methods =
        Map.ofEntries(
            unary("FeedService/GetFeed", GetFeedRequest.getDefaultInstance(), e.feeds()::getFeed),
            unary("FeedService/Similar", SimilarRequest.getDefaultInstance(), e.feeds()::similar),
            unary("FeedService/Rank", RankRequest.getDefaultInstance(), e.feeds()::rank),
            unary(
                "FeedService/Starters", StartersRequest.getDefaultInstance(), e.feeds()::starters),
            unary("EventService/Record", RecordRequest.getDefaultInstance(), e.events()::record),
            this.<Interaction, EventResult>streamed(
                "EventService/Stream",
                Interaction.getDefaultInstance(),
                e.events()::stream,
                e.events()::beyond),
            this.<Item, PutResult>streamed(
                "CatalogService/Put",
                Item.getDefaultInstance(),
                e.catalog()::putAll,
                (items, budget) -> null),
            unary("CatalogService/Get", GetItemRequest.getDefaultInstance(), e.catalog()::get),
            unary("CatalogService/Retire", RetireRequest.getDefaultInstance(), e.catalog()::retire),
            unary("UserService/Get", GetUserRequest.getDefaultInstance(), e.users()::get),
            unary("UserService/GetMap", GetMapRequest.getDefaultInstance(), e.users()::map),
            unary(
                "UserService/SetPreferences",
                SetPreferencesRequest.getDefaultInstance(),
                e.users()::setPreferences),
            unary("UserService/Merge", MergeRequest.getDefaultInstance(), e.users()::merge),
            unary("UserService/Forget", ForgetRequest.getDefaultInstance(), e.users()::forget));
  }

  /** Null when there is no such method. */
  @Nullable Method find(String service, String method) {
    return methods.get(service + "/" + method);
  }

  private static <Q extends Message, R extends Message> Map.Entry<String, Method> unary(
      String name, Q prototype, BiFunction<Q, Budget, CompletionStage<R>> run) {
    return Map.entry(
        "millrace.v1." + name,
        (body, budget) -> run.apply(read(body, prototype), budget).thenApply(ProtoJson::write));
  }

  private <Q extends Message, R extends Message> Map.Entry<String, Method> streamed(
      String name,
      Q prototype,
      Function<Source<Q, NotUsed>, Source<R, NotUsed>> run,
      BiFunction<Integer, Budget, @Nullable Refusal> beyond) {
    return Map.entry(
        "millrace.v1." + name,
        (body, budget) -> {
          List<Q> messages = new ArrayList<>();
          for (String one : split(body)) {
            messages.add(read(one, prototype));
          }
          Refusal refused = beyond.apply(messages.size(), budget);
          if (refused != null) {
            return CompletableFuture.failedStage(refused);
          }
          return run.apply(Source.from(messages))
              .runWith(Sink.seq(), system)
              .thenApply(results -> {
                StringBuilder out = new StringBuilder("[");
                for (R result : results) {
                  if (out.length() > 1) {
                    out.append(',');
                  }
                  ProtoJson.write(result, out);
                }
                return out.append(']').toString();
              });
        });
  }

  @SuppressWarnings("unchecked") // the builder of a Q builds a Q
  private static <Q extends Message> Q read(String json, Q prototype) {
    return (Q) ProtoJson.read(json.isBlank() ? "{}" : json, prototype.newBuilderForType()).build();
  }

  private static List<String> split(String body) {
    String text = body.strip();
    if (!text.startsWith("[")) {
      return text.lines().filter(line -> !line.isBlank()).toList();
    }
    try {
      JsonArray array = JsonParser.parseString(text).getAsJsonArray();
      List<String> parts = new ArrayList<>(array.size());
      for (JsonElement element : array) {
        parts.add(element.toString());
      }
      return parts;
    } catch (JsonParseException | IllegalStateException broken) {
      throw Refusal.invalid("body is not valid: " + broken.getMessage());
    }
  }
}
