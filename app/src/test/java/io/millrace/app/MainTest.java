package io.millrace.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MainTest {
  @TempDir private Path folder;

  record Outcome(int code, String out, String err) {}

  @Test
  void every_command_of_the_contract_has_help() {
    for (String command :
        new String[] {
          "demo",
          "run",
          "test",
          "import",
          "feed",
          "record",
          "eval",
          "eval prequential",
          "eval leave-one-out",
          "eval ctr",
          "bench",
          "audit-promises",
          "merge",
          "export",
          "forget",
          "backup",
          "restore",
          "journal",
          "journal stat",
          "journal verify",
          "journal dump",
          "generation",
          "generation train",
          "generation list",
          "generation promote",
          "version"
        }) {
      Outcome help = run((command + " --help").split(" ", -1));
      assertEquals(0, help.code(), command + ": " + help.err());
      assertTrue(help.out().contains("Usage: millrace " + command), command + ": " + help.out());
    }
  }

  @Test
  void the_version_is_one_json_object_on_one_line() {
    Outcome version = run("version", "--json");

    assertEquals(0, version.code());
    assertEquals(1, version.out().lines().count());
    assertTrue(JsonParser.parseString(version.out()).getAsJsonObject().has("version"));
    assertEquals("", version.err());
  }

  @Test
  void wrong_usage_is_2_and_one_clear_line() {
    assertOneLine(2, "Unmatched argument", run("nonsense"));
    assertOneLine(2, "Missing required parameter", run("feed"));
    assertOneLine(2, "expected train, list, promote or rollback", run("generation"));
    assertOneLine(2, "expected stat, verify or dump", run("journal"));
    assertOneLine(2, "Missing required option: '--data", run("restore", folder.toString()));
    assertOneLine(2, "expected prequential", run("eval"));
    assertOneLine(2, "size is 0, expected 1 to 100", run("feed", "anna", "--size", "0"));
    assertOneLine(2, "expected HOST:PORT", run("feed", "anna", "--server", "nowhere"));
    assertOneLine(2, "kind is \"love\"", run("record", "anna", "item", "love"));
    assertOneLine(2, "time is \"noon\"", run("record", "anna", "item", "like", "--at", "noon"));
    assertOneLine(2, "format is \"zip\"", run("import", folder.toString(), "--format", "zip"));
    assertOneLine(2, "expected as-is or to-now", run("import", folder.toString(), "--times", "x"));
    assertOneLine(
        2, "warm-up is 2", run("eval", "prequential", folder.toString(), "--warm-up", "2"));
    assertOneLine(
        2, "state-delay", run("eval", "prequential", folder.toString(), "--state-delay", "soon"));
  }

  @Test
  void what_cannot_be_reached_is_3_and_one_clear_line() {
    assertOneLine(3, "no node answers", run("feed", "anna", "--server", "127.0.0.1:1"));
    assertOneLine(
        3, "no node answers", run("record", "anna", "item", "like", "--server", "127.0.0.1:1"));
    assertOneLine(3, "no node answers", run("generation", "list", "--server", "127.0.0.1:1"));
    assertOneLine(3, "no node answers", run("generation", "train", "--server", "127.0.0.1:1"));
    assertOneLine(3, "does not exist", run("import", folder.resolve("none").toString()));
    assertOneLine(3, "name its format", run("import", folder.toString()));
    assertOneLine(3, "does not exist", run("eval", "prequential", folder.resolve("x").toString()));
    assertOneLine(
        3, "does not exist", run("audit-promises", "--data", folder.resolve("x").toString()));
    for (String user : new String[] {"export", "forget"}) {
      assertOneLine(3, "no node answers", run(user, "anna", "--server", "127.0.0.1:1"));
    }
    String none = folder.resolve("x").toString();
    assertOneLine(3, "no node answers", run("backup", none, "--server", "127.0.0.1:1"));
    assertOneLine(3, "holds no data", run("backup", none, "--data", none));
    assertOneLine(3, "does not exist", run("journal", "stat", "--data", none));
    assertOneLine(3, "has no MANIFEST", run("restore", none, "--data", none));
    assertOneLine(3, "config file", run("run", "--config", folder.resolve("x").toString()));
  }

  @Test
  void times_and_durations_are_read_as_people_write_them() {
    assertEquals(1_500, RecordCommand.millis("1500"));
    assertEquals(0, RecordCommand.millis("1970-01-01T00:00:00Z"));
    assertEquals(90_000, EvalCommand.duration("lag", "90s").toMillis());
    assertEquals(86_400_000, EvalCommand.duration("lag", "1d").toMillis());
    assertEquals(5, EvalCommand.duration("lag", "5ms").toMillis());
  }

  static void assertOneLine(int code, String says, Outcome outcome) {
    assertEquals(code, outcome.code(), outcome.err());
    assertEquals(1, outcome.err().lines().count(), outcome.err());
    assertTrue(outcome.err().startsWith("millrace: "), outcome.err());
    assertTrue(outcome.err().contains(says), outcome.err());
    assertEquals("", outcome.out());
  }

  static synchronized Outcome run(String... args) {
    PrintStream out = System.out;
    PrintStream err = System.err;
    ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
    ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
    System.setOut(new PrintStream(outBytes, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(errBytes, true, StandardCharsets.UTF_8));
    try {
      int code = Main.run(args);
      return new Outcome(
          code,
          outBytes.toString(StandardCharsets.UTF_8),
          errBytes.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }
}
