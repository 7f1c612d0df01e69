package io.millrace.promises;

import static io.millrace.promises.WholeNode.await;
import static io.millrace.promises.WholeNode.items;
import static io.millrace.promises.WholeNode.question;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.millrace.feed.Feeds.Answer;
import io.millrace.index.ExactItemIndex;
import io.millrace.proto.v1.EventResult;
import io.millrace.proto.v1.Kind;
import io.millrace.user.PromiseAuditor;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the other suites end with can fail: a broken promise in a real journal is found. */
@Tag("server")
final class AuditorPromiseTest {
  private static final int SIZE = 5;

  @TempDir Path folder;

  @Test
  void a_node_that_repeats_what_was_viewed_is_found_out_by_its_journal() throws Exception {
    // Broken on purpose: what was viewed may come again at once, against what is promised.
    Map<String, ?> repeating = Map.of("millrace.surfaces.home.repeat-viewed-after-days", 0);
    try (WholeNode node =
        WholeNode.start(folder, repeating, InstantSource.system(), ExactItemIndex::new)) {
      node.putItems(SIZE);
      Answer first = node.answer(question("anna", SIZE, "first"));
      EventResult viewed =
          await(
                  node.record(
                      List.of(
                          node
                              .event(
                                  "seen",
                                  "anna",
                                  first.slots().getLast().facts().itemId(),
                                  Kind.IMPRESSION)
                              .toBuilder()
                              .setToken(first.slots().getLast().token())
                              .build())))
              .getFirst();
      assertEquals(EventResult.Status.RECORDED, viewed.getStatus(), viewed.getDetail());
      node.assertPromisesKept(); // by its own settings

      Answer second = node.answer(question("anna", SIZE, "second"));

      assertFalse(items(second).isEmpty(), second.degraded().toString());
      PromiseAuditor.Report own = node.assertPromisesKept();
      assertEquals(1, own.users());
      assertEquals(3, own.events());
    }

    Process audit =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--sun-misc-unsafe-memory-access=allow",
                "--enable-native-access=ALL-UNNAMED",
                "--add-modules",
                "jdk.incubator.vector",
                "-cp",
                System.getProperty("java.class.path"),
                "io.millrace.app.Main",
                "audit-promises",
                "--data",
                folder.toString(),
                "--json")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String said = new String(audit.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertEquals(1, audit.waitFor(), said);
    JsonObject report = JsonParser.parseString(said).getAsJsonObject();
    assertEquals(3, report.get("events").getAsInt());
    JsonArray violations = report.getAsJsonArray("violations");
    assertTrue(violations.size() > 0, said);
    violations.forEach(
        one -> assertEquals("P4", one.getAsJsonObject().get("promise").getAsString()));
  }
}
