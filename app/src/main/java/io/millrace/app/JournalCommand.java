package io.millrace.app;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.millrace.edge.ProtoJson;
import io.millrace.persistence.Cursor;
import io.millrace.persistence.Envelope;
import io.millrace.persistence.EventStream;
import io.millrace.persistence.JournalCheck;
import io.millrace.persistence.RocksStore;
import io.millrace.persistence.StoreFailed;
import io.millrace.persistence.StoreUnusable;
import io.millrace.persistence.StoredEvent;
import io.millrace.proto.journal.v1.StoredEvidenceBatch;
import io.millrace.proto.journal.v1.StoredEvidencePart;
import io.millrace.proto.journal.v1.StoredGenerationEvent;
import io.millrace.proto.journal.v1.StoredItemEvent;
import io.millrace.proto.journal.v1.StoredOrdinalBlock;
import io.millrace.proto.journal.v1.StoredUserEvent;
import io.millrace.serialization.StoredBytes.Manifests;
import io.millrace.serialization.UserCipher;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
    name = "journal",
    description = "Looks into the journal of a data folder that no node holds: stat, verify, dump.",
    mixinStandardHelpOptions = true)
final class JournalCommand implements Callable<Integer> {
  private static final int READ = 256;

  @Spec private @Nullable CommandSpec spec;

  /** Which folder, and how it is told. */
  static final class Look {
    @Option(
        names = "--data",
        paramLabel = "DIR",
        description = "The data folder (default: ~/.millrace/data).")
    private @Nullable Path data;

    @Option(names = "--json", description = "Print one JSON object on one line.")
    private boolean json;

    private int at(java.util.function.ToIntFunction<RocksStore> look) {
      Path folder = data == null ? Folders.data("data") : data;
      if (!Files.isDirectory(folder)) {
        throw new CommandFailed(
            CommandFailed.UNREACHABLE, "data folder " + folder + " does not exist");
      }
      try (RocksStore store = RocksStore.openReadOnly(folder)) {
        return look.applyAsInt(store);
      } catch (StoreUnusable unusable) {
        throw new CommandFailed(CommandFailed.UNREACHABLE, String.valueOf(unusable.getMessage()));
      }
    }
  }

  @Override
  public Integer call() {
    CommandSpec known = spec;
    if (known == null) {
      return CommandFailed.USAGE;
    }
    throw new ParameterException(known.commandLine(), "expected stat, verify or dump");
  }

  // stat

  private static final class Kind {
    long events;
    long bytes;
  }

  @Command(
      name = "stat",
      description = "Counts events by stream and kind, and says how large everything is.",
      mixinStandardHelpOptions = true)
  Integer stat(@picocli.CommandLine.Mixin Look look) {
    return look.at(store -> {
      JsonArray streams = new JsonArray();
      for (String stream : store.streams().streams()) {
        Map<String, Kind> kinds = new TreeMap<>();
        read(
            store.streams(),
            stream,
            event -> {
              Kind kind = kinds.computeIfAbsent(kind(store, event), none -> new Kind());
              kind.events++;
              kind.bytes += event.payload().length;
            });
        JsonObject one = new JsonObject();
        one.addProperty("stream", stream);
        one.addProperty("lastOffset", store.streams().head(stream).position());
        JsonObject counts = new JsonObject();
        kinds.forEach((name, kind) -> {
          JsonObject count = new JsonObject();
          count.addProperty("events", kind.events);
          count.addProperty("bytes", kind.bytes);
          counts.add(name, count);
        });
        one.add("kinds", counts);
        streams.add(one);
      }
      JsonObject all = new JsonObject();
      all.add("streams", streams);
      JsonObject families = new JsonObject();
      JournalCheck.sizes(store)
          .forEach((name, size) -> {
            JsonObject one = new JsonObject();
            one.addProperty("bytes", size.bytes());
            one.addProperty("rows", size.rows());
            families.add(name, one);
          });
      all.add("families", families);
      all.addProperty("forgottenKeys", store.keys().destroyedIds().size());
      if (look.json) {
        System.out.println(all);
      } else {
        print(all);
      }
      return 0;
    });
  }

  private static void print(JsonObject all) {
    all.getAsJsonArray("streams")
        .forEach(element -> {
          JsonObject stream = element.getAsJsonObject();
          stream
              .getAsJsonObject("kinds")
              .asMap()
              .forEach((kind, count) ->
                  System.out.printf(
                      Locale.ROOT,
                      "%-12s %-22s %,12d events %,15d bytes%n",
                      stream.get("stream").getAsString(),
                      kind,
                      count.getAsJsonObject().get("events").getAsLong(),
                      count.getAsJsonObject().get("bytes").getAsLong()));
        });
    all.getAsJsonObject("families")
        .asMap()
        .forEach((name, size) ->
            System.out.printf(
                Locale.ROOT,
                "%-12s on disk %,29d rows   %,15d bytes%n",
                name,
                size.getAsJsonObject().get("rows").getAsLong(),
                size.getAsJsonObject().get("bytes").getAsLong()));
    System.out.printf("%s forgotten keys%n", all.get("forgottenKeys"));
  }

  // verify

  @Command(
      name = "verify",
      description = {
        "Reads everything: checksums, numbers without a gap, events that no key opens.",
        "Events of forgotten users are counted and are no problem."
      },
      mixinStandardHelpOptions = true)
  Integer verify(@picocli.CommandLine.Mixin Look look) {
    return look.at(store -> {
      JournalCheck.Report report = JournalCheck.verify(store);
      JsonArray problems = new JsonArray();
      report.told().forEach(problems::add);
      long[] counts = new long[3]; // of users' events: all, forgotten, broken
      if (report.problems() == 0) {
        Set<Long> destroyed = store.keys().destroyedIds();
        for (String stream : store.streams().streams()) {
          read(store.streams(), stream, event -> count(store, event, destroyed, counts, problems));
        }
      }
      long found = report.problems() + counts[2];
      JsonObject all = new JsonObject();
      all.addProperty("persistenceIds", report.persistenceIds());
      all.addProperty("events", report.events());
      all.addProperty("userEvents", counts[0]);
      all.addProperty("forgotten", counts[1]);
      all.addProperty("problems", found);
      if (look.json) {
        all.add("told", problems);
        System.out.println(all);
      } else {
        System.out.printf(
            Locale.ROOT,
            "persistence-ids=%d events=%d user-events=%d forgotten=%d problems=%d%n",
            report.persistenceIds(),
            report.events(),
            counts[0],
            counts[1],
            found);
        problems.forEach(problem -> System.err.println("millrace: " + problem.getAsString()));
      }
      return found == 0 ? 0 : CommandFailed.RESULT;
    });
  }

  private static void count(
      RocksStore store, StoredEvent event, Set<Long> destroyed, long[] counts, JsonArray problems) {
    if (!event.serializerManifest().equals(Manifests.USER_EVENT)) {
      return;
    }
    counts[0]++;
    String wrong;
    try {
      long key = Envelope.keyId(event.payload());
      if (destroyed.contains(key)) {
        counts[1]++;
        return;
      }
      if (UserCipher.of(store.keys()).open(event.payload()).isPresent()) {
        return;
      }
      wrong = "its key %016x is missing".formatted(key);
    } catch (StoreFailed broken) {
      wrong = String.valueOf(broken.getMessage());
    }
    if (++counts[2] <= 100) {
      problems.add(
          "event %d of %s cannot be opened: %s"
              .formatted(event.sequence(), event.persistenceId(), wrong));
    }
  }

  // dump

  @Command(
      name = "dump",
      description = "Prints every event as a JSON object on a line.",
      mixinStandardHelpOptions = true)
  Integer dump(
      @picocli.CommandLine.Mixin Look look,
      @Option(names = "--stream", paramLabel = "NAME", description = "Of one stream alone.")
          @Nullable String only,
      @Option(names = "--decrypt", description = "Users' events in plain, where a key is left.")
          boolean decrypt) {
    return look.at(store -> {
      for (String stream : store.streams().streams()) {
        if (only == null || only.equals(stream)) {
          read(
              store.streams(),
              stream,
              event -> System.out.println(line(store, stream, event, decrypt)));
        }
      }
      return 0;
    });
  }

  private static JsonObject line(
      RocksStore store, String stream, StoredEvent event, boolean decrypt) {
    JsonObject line = new JsonObject();
    line.addProperty("stream", stream);
    line.addProperty("offset", event.cursor().position());
    line.addProperty("persistenceId", event.persistenceId());
    line.addProperty("sequence", event.sequence());
    line.addProperty("writtenAt", event.writtenAt().toString());
    boolean user = event.serializerManifest().equals(Manifests.USER_EVENT);
    line.addProperty("kind", user && !decrypt ? "user" : kind(store, event));
    line.addProperty("bytes", event.payload().length);
    message(store, event)
        .filter(message -> decrypt || !user)
        .ifPresent(message -> line.add("event", JsonParser.parseString(ProtoJson.write(message))));
    return line;
  }

  // events

  private static void read(EventStream journal, String stream, Consumer<StoredEvent> each) {
    Cursor cursor = Cursor.START;
    EventStream.Batch batch;
    do {
      batch = journal.tail(stream, cursor, READ);
      batch.events().forEach(each);
      cursor = batch.next();
    } while (!batch.atHead());
  }

  private static String kind(RocksStore store, StoredEvent event) {
    return switch (event.serializerManifest()) {
      case Manifests.USER_EVENT ->
          message(store, event)
              .map(message ->
                  "user."
                      + ((StoredUserEvent) message).getEventCase().name().toLowerCase(Locale.ROOT))
              .orElse("user.unreadable");
      case Manifests.ITEM_EVENT -> "item";
      case Manifests.EVIDENCE_BATCH -> "evidence";
      case Manifests.EVIDENCE_PART -> "evidence.checkpoint";
      case Manifests.ORDINAL_BLOCK -> "ordinals";
      case Manifests.GENERATION_EVENT -> "generation";
      default -> event.serializerManifest().isEmpty() ? "unnamed" : event.serializerManifest();
    };
  }

  private static Optional<Message> message(RocksStore store, StoredEvent event) {
    byte[] bytes = event.payload();
    try {
      return switch (event.serializerManifest()) {
        case Manifests.USER_EVENT -> {
          Optional<byte[]> plain = UserCipher.of(store.keys()).open(bytes);
          yield plain.isEmpty()
              ? Optional.empty()
              : Optional.of(StoredUserEvent.parseFrom(plain.get()));
        }
        case Manifests.ITEM_EVENT -> Optional.of(StoredItemEvent.parseFrom(bytes));
        case Manifests.EVIDENCE_BATCH -> Optional.of(StoredEvidenceBatch.parseFrom(bytes));
        case Manifests.EVIDENCE_PART -> Optional.of(StoredEvidencePart.parseFrom(bytes));
        case Manifests.ORDINAL_BLOCK -> Optional.of(StoredOrdinalBlock.parseFrom(bytes));
        case Manifests.GENERATION_EVENT -> Optional.of(StoredGenerationEvent.parseFrom(bytes));
        default -> Optional.empty();
      };
    } catch (InvalidProtocolBufferException | StoreFailed unreadable) {
      return Optional.empty();
    }
  }
}
