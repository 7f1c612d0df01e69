package io.millrace.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.millrace.app.MainTest.Outcome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands for what is stored, from a running node to a restored folder. */
@Tag("server")
final class StoredDataTest {
  @TempDir Path temp;

  private static JsonObject json(Outcome outcome) {
    assertEquals("", outcome.err());
    assertEquals(1, outcome.out().lines().count(), outcome.out());
    return JsonParser.parseString(outcome.out()).getAsJsonObject();
  }

  private static List<JsonObject> lines(Outcome outcome) {
    assertEquals(0, outcome.code(), outcome.err());
    return outcome
        .out()
        .lines()
        .map(line -> JsonParser.parseString(line).getAsJsonObject())
        .toList();
  }

  @Test
  void
      a_merge_an_export_a_backup_and_a_forgetting_are_seen_in_the_journal_and_in_its_restored_copy()
          throws Exception {
    String data = temp.resolve("data").toString();
    String backup = temp.resolve("backup").toString();
    String restored = temp.resolve("restored").toString();
    try (RunningNode node =
        RunningNode.start(new NodeOptions(Path.of(data), null, 0, null), true)) {
      node.awaitReady();
      String server = node.url();
      for (String user : List.of("visitor", "anna", "bert")) {
        for (String item : List.of("tea", "cake")) {
          assertEquals(0, MainTest.run("record", user, item, "like", "--server", server).code());
        }
      }

      assertEquals(
          4,
          json(MainTest.run("merge", "visitor", "anna", "--server", server, "--json"))
              .get("userSeq")
              .getAsLong());
      MainTest.assertOneLine(
          1,
          "visitor has become anna",
          MainTest.run("merge", "visitor", "bert", "--server", server));
      List<JsonObject> export = lines(MainTest.run("export", "visitor", "--server", server));
      assertEquals("end", export.getLast().get("type").getAsString());
      // two likes and three steps of the visitor and of anna
      assertEquals(7, export.getLast().get("events").getAsInt());
      assertEquals(2, export.getLast().getAsJsonArray("keyIds").size());
      Path file = temp.resolve("export.jsonl");
      assertEquals(
          0,
          MainTest.run("export", "visitor", "--server", server, "--out", file.toString()).code());
      assertEquals(export.size(), Files.readAllLines(file).size());

      assertTrue(
          json(MainTest.run("backup", backup, "--server", server, "--json")).get("files").getAsInt()
              > 3);
      MainTest.assertOneLine(2, "is not empty", MainTest.run("backup", backup, "--server", server));
      assertEquals("forgotten\n", MainTest.run("forget", "visitor", "--server", server).out());
      assertEquals(3, lines(MainTest.run("export", "anna", "--server", server)).size());
      MainTest.assertOneLine(
          3, "already open in this process", MainTest.run("journal", "stat", "--data", data));
    }

    JsonObject verified = json(MainTest.run("journal", "verify", "--data", data, "--json"));
    assertEquals(0, verified.get("problems").getAsInt(), verified.toString());
    assertEquals(9, verified.get("userEvents").getAsInt());
    assertEquals(7, verified.get("forgotten").getAsInt());
    Outcome restore = MainTest.run("restore", backup, "--data", restored);
    assertEquals(0, restore.code(), restore.err());
    MainTest.assertOneLine(3, "is not empty", MainTest.run("restore", backup, "--data", restored));
    verified = json(MainTest.run("journal", "verify", "--data", restored, "--json"));
    assertEquals(0, verified.get("problems").getAsInt(), verified.toString());
    assertEquals(7, verified.get("forgotten").getAsInt());

    JsonObject stat = json(MainTest.run("journal", "stat", "--data", data, "--json"));
    assertEquals(2, stat.get("forgottenKeys").getAsInt());
    assertTrue(stat.toString().contains("user.interactions_recorded"));
    assertTrue(stat.toString().contains("user.unreadable"));
    assertTrue(
        stat.getAsJsonObject("families").getAsJsonObject("streams").get("bytes").getAsLong() > 0);

    Outcome dump = MainTest.run("journal", "dump", "--data", data);
    assertFalse(dump.out().contains("bert") || dump.out().contains("tea"));
    Set<String> kinds =
        lines(dump).stream()
            .map(line -> line.get("kind").getAsString())
            .collect(Collectors.toSet());
    assertTrue(kinds.contains("user"), kinds.toString());
    Outcome plain = MainTest.run("journal", "dump", "--data", data, "--decrypt");
    assertTrue(plain.out().contains("\"itemId\":\"tea\""), plain.out());
    assertEquals(lines(dump).size(), lines(plain).size());

    assertEquals(
        0, MainTest.run("backup", temp.resolve("again").toString(), "--data", data).code());
    Files.delete(temp.resolve("again/journal/CURRENT"));
    MainTest.assertOneLine(
        3,
        "lacks file journal/CURRENT",
        MainTest.run(
            "restore",
            temp.resolve("again").toString(),
            "--data",
            temp.resolve("none").toString()));
    assertFalse(Files.exists(temp.resolve("none")));
  }
}
