package io.millrace.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The launcher in a checkout of nothing, with a JDK and a Maven that only write down what they were
 * asked.
 */
class LauncherTest {
  private static final Path LAUNCHER = Path.of("..", "millrace").toAbsolutePath().normalize();
  private static final String JAVA = "#!/bin/sh\necho \"java $*\"\n";

  /** What a JVM does that is told to keep what it loaded. */
  private static final String RECORDING =
      """
      for each in "$@"; do
        case $each in -XX:AOTCacheOutput=*) echo kept > "${each#*=}" ;; esac
      done
      """;

  private static final String MAVEN =
      """
      #!/bin/sh
      echo "$JAVA_HOME $*" >> "$LOG"
      echo "$MAVEN_OPTS" > "$LOG.options"
      mkdir -p app/target/lib && : > app/target/lib/some.jar && : > app/target/millrace-app-1.jar
      [ ! -e sources-broken ] || { echo "[ERROR] does not compile"; exit 1; }
      """;

  @TempDir private Path folder;
  private Path checkout;
  private Path jdk;
  private Path log;

  private record Outcome(int code, String out, String err) {}

  @BeforeEach
  void make_a_checkout() throws IOException {
    assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "needs bash");
    checkout = Files.createDirectories(folder.resolve("a checkout"));
    for (String module :
        List.of(
            "proto", "index", "model", "persistence", "actors", "cluster-config", "app", ".mvn")) {
      Files.createDirectories(checkout.resolve(module));
    }
    Files.writeString(checkout.resolve("pom.xml"), "<project/>");
    script(checkout.resolve("millrace"), Files.readString(LAUNCHER));
    jdk = jdk("jdk-25", "25.0.1");
    log = folder.resolve("maven.log");
    script(folder.resolve("bin/mvn"), MAVEN);
  }

  @Test
  void it_builds_once_and_again_only_when_a_source_changed() throws Exception {
    Outcome first = run("version");
    Outcome second = run("version");
    Files.writeString(checkout.resolve("app/Changed.java"), "class Changed {}");
    Outcome third = run("version");

    assertEquals(0, first.code(), first.err());
    assertTrue(first.out().startsWith("java "), first.out());
    assertTrue(first.out().contains("io.millrace.app.Main version"), first.out());
    assertTrue(first.err().contains("building"), first.err());
    assertEquals("", second.err());
    assertEquals(0, third.code(), third.err());
    assertEquals(2, Files.readAllLines(log).size());
    assertTrue(Files.readString(log).startsWith(jdk.toString()), Files.readString(log));
  }

  @Test
  void two_at_once_make_one_build() throws Exception {
    script(folder.resolve("bin/mvn"), MAVEN.replace("mkdir", "sleep 1; mkdir"));

    Process one = start(Map.of(), "version");
    Process other = start(Map.of(), "version");

    assertTrue(one.waitFor(60, TimeUnit.SECONDS) && other.waitFor(60, TimeUnit.SECONDS));
    assertEquals(0, one.exitValue());
    assertEquals(0, other.exitValue());
    assertEquals(1, Files.readAllLines(log).size());
  }

  @Test
  void it_works_without_a_home_and_hands_options_on() throws Exception {
    Process process = start(Map.of("MILLRACE_JAVA_OPTS", "-Xmx3g -Dx=y"), "run", "--port", "0");

    Outcome outcome = outcome(process);
    assertEquals(0, outcome.code(), outcome.err());
    assertTrue(outcome.out().contains("-Xmx3g -Dx=y"), outcome.out());
    assertTrue(outcome.out().contains("--add-modules jdk.incubator.vector"), outcome.out());
    assertTrue(outcome.out().contains("io.millrace.app.Main run --port 0"), outcome.out());
  }

  @Test
  void a_node_runs_on_the_collector_that_was_asked_for_and_on_no_other() throws Exception {
    String usual = run("run").out();
    String other = outcome(start(Map.of("MILLRACE_COLLECTOR", "g1"), "run")).out();
    Outcome unknown = outcome(start(Map.of("MILLRACE_COLLECTOR", "zgc"), "run"));

    assertTrue(usual.contains("-XX:+UseZGC"), usual);
    assertTrue(!usual.contains("G1"), usual);
    assertTrue(other.contains("-XX:+UseG1GC -Xmn256m"), other);
    assertTrue(!other.contains("ZGC"), other);
    assertEquals(2, unknown.code());
    assertEquals("millrace: MILLRACE_COLLECTOR is 'zgc', expected z or g1", unknown.err().strip());
  }

  @Test
  void a_collector_among_the_flags_takes_the_place_of_the_launchers() throws Exception {
    Map<String, String> parallel = Map.of("MILLRACE_JAVA_OPTS", "-Xmx1g -XX:+UseParallelGC");

    String node = outcome(start(parallel, "run")).out();
    String small = outcome(start(parallel, "version")).out();

    assertEquals(2, node.split("-XX:\\+Use[A-Za-z]*GC", -1).length, node);
    assertEquals(2, small.split("-XX:\\+Use[A-Za-z]*GC", -1).length, small);
  }

  @Test
  void what_one_collector_warmed_up_is_not_handed_to_the_other() throws Exception {
    script(jdk.resolve("bin/java"), JAVA + RECORDING);
    Map<String, String> g1 = Map.of("MILLRACE_COLLECTOR", "g1");

    Outcome usual = run("run");
    Outcome other = outcome(start(g1, "run"));

    assertTrue(other.err().contains("recording what a node loads"), other.err());
    assertTrue(usual.out().contains("-z.aot"), usual.out());
    assertTrue(other.out().contains("-g1.aot"), other.out());
  }

  @Test
  void an_import_has_a_collector_of_its_own_and_nothing_that_another_warmed_up() throws Exception {
    script(jdk.resolve("bin/java"), JAVA + RECORDING);
    run("run");

    Outcome outcome = run("import", "films");

    assertTrue(outcome.out().contains("-XX:+UseParallelGC"), outcome.out());
    assertTrue(!outcome.out().contains("-XX:+UseZGC"), outcome.out());
    assertTrue(!outcome.out().contains(".aot"), outcome.out());
  }

  @Test
  void a_home_with_a_blank_in_its_name_is_not_handed_to_maven_which_would_split_it()
      throws Exception {
    Path home = Files.createDirectories(folder.resolve("a home"));

    Outcome outcome = outcome(start(Map.of("HOME", home.toString()), "version"));

    assertEquals(0, outcome.code(), outcome.err());
    String options = Files.readString(Path.of(log + ".options"));
    assertTrue(options.contains("-Djava.io.tmpdir="), options);
    assertTrue(!options.contains(home.toString()), options);
  }

  @Test
  void a_node_is_warmed_up_once_a_build_and_started_with_what_was_kept() throws Exception {
    script(jdk.resolve("bin/java"), JAVA + RECORDING);

    Outcome first = run("run");
    Outcome second = run("run");
    Outcome small = run("version");

    assertTrue(first.err().contains("recording what a node loads"), first.err());
    assertEquals("", second.err());
    assertTrue(first.out().matches("java .*-XX:AOTCache=\\S.*\\.aot .*Main run\\s*"), first.out());
    assertEquals(first.out(), second.out());
    assertTrue(!small.out().contains("AOTCache"), small.out());
    assertEquals(1, Files.readAllLines(log).size(), "it built more than once");
  }

  @Test
  void a_warm_up_that_fails_is_said_once_and_the_node_starts_without() throws Exception {
    Outcome first = run("run"); // this java records nothing
    Outcome second = run("run");

    assertEquals(0, first.code(), first.err());
    assertTrue(first.err().contains("nodes start without it"), first.err());
    assertTrue(!first.out().contains("AOTCache"), first.out());
    assertEquals("", second.err());
    assertEquals(0, second.code());
  }

  @Test
  void a_warm_up_is_neither_made_nor_used_where_nobody_wants_it() throws Exception {
    script(jdk.resolve("bin/java"), JAVA + RECORDING);

    Outcome outcome = outcome(start(Map.of("MILLRACE_WARM_UP", "no"), "run"));
    Outcome made = run("run");
    Outcome unused = outcome(start(Map.of("MILLRACE_WARM_UP", "no"), "run"));

    assertEquals(0, outcome.code(), outcome.err());
    assertTrue(!outcome.err().contains("recording"), outcome.err());
    assertTrue(!outcome.out().contains("AOTCache"), outcome.out());
    assertTrue(made.out().contains("AOTCache"), made.out());
    assertTrue(!unused.out().contains("AOTCache"), unused.out());
  }

  @Test
  void a_warm_up_that_was_asked_for_tries_again_and_says_by_its_code_whether_it_is_there()
      throws Exception {
    Outcome failed = run("warm-up"); // this java records nothing
    script(jdk.resolve("bin/java"), JAVA + RECORDING);
    Outcome made = run("warm-up");
    Outcome used = run("run");

    assertEquals(1, failed.code(), failed.err());
    assertEquals(0, made.code(), made.err());
    assertEquals("", used.err());
    assertTrue(used.out().contains("AOTCache"), used.out());
  }

  @Test
  void a_jdk_without_a_release_file_is_asked_for_its_version() throws Exception {
    Files.delete(jdk.resolve("release"));
    script(
        jdk.resolve("bin/java"),
        "#!/bin/sh\n[ \"$1\" != -version ] || { echo 'openjdk version \"25.0.1\"' >&2; exit; }\n"
            + JAVA.substring(JAVA.indexOf('\n') + 1)
            + RECORDING);

    Outcome outcome = run("run");

    assertEquals(0, outcome.code(), outcome.err());
    assertTrue(outcome.out().contains("AOTCache"), outcome.out());
    assertTrue(Files.readString(log).startsWith(jdk.toString()), Files.readString(log));
  }

  @Test
  void a_build_that_fails_is_1_with_what_is_wrong_and_leaves_nothing_to_run() throws Exception {
    Files.createFile(checkout.resolve("sources-broken"));

    Outcome broken = run("version");
    Files.delete(checkout.resolve("sources-broken"));
    Outcome mended = run("version");

    assertEquals(1, broken.code());
    assertTrue(broken.err().contains("does not compile"), broken.err());
    assertEquals(0, mended.code(), mended.err());
  }

  @Test
  void an_old_jdk_is_passed_over_and_a_missing_one_says_what_to_install() throws Exception {
    Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"17.0.9\"\n");

    Process process = start(Map.of(), "version");
    Outcome outcome = outcome(process);

    if (outcome.code() == 3) {
      assertTrue(outcome.err().contains("apt-get install"), outcome.err());
      assertTrue(Files.notExists(log), "it built without a JDK");
    } else {
      // This machine has a JDK 25 in a usual folder: that one was taken.
      assertTrue(!Files.readString(log).startsWith(jdk.toString()), Files.readString(log));
    }
  }

  @Test
  void test_runs_everything_and_fast_leaves_the_servers_out() throws Exception {
    Outcome all = run("test");
    Outcome fast = run("test", "--fast");
    Outcome wrong = run("test", "--slow");

    assertEquals(0, all.code(), all.err());
    assertEquals(0, fast.code(), fast.err());
    assertEquals(2, wrong.code());
    List<String> calls = Files.readAllLines(log);
    assertTrue(calls.get(0).endsWith("verify"), calls.get(0));
    assertTrue(calls.get(1).endsWith("verify -Dsurefire.excludedGroups=server"), calls.get(1));
  }

  private Path jdk(String name, String version) throws IOException {
    Path home = folder.resolve(name);
    script(home.resolve("bin/java"), JAVA);
    script(home.resolve("bin/javac"), "#!/bin/sh\n");
    Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
    return home;
  }

  private static void script(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Outcome run(String... args) throws Exception {
    return outcome(start(Map.of(), args));
  }

  private static Outcome outcome(Process process) throws Exception {
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    return new Outcome(process.exitValue(), out, err);
  }

  private Process start(Map<String, String> more, String... args) throws IOException {
    ProcessBuilder builder = new ProcessBuilder("/bin/bash", "millrace");
    builder.command().addAll(List.of(args));
    builder.directory(checkout.toFile());
    Map<String, String> environment = builder.environment();
    environment.remove("HOME");
    environment.remove("MAVEN_OPTS");
    environment.remove("XDG_CACHE_HOME");
    environment.put("TMPDIR", folder.toString());
    environment.put("JAVA_HOME", jdk.toString());
    environment.put("LOG", log.toString());
    environment.put("PATH", folder.resolve("bin") + ":/usr/bin:/bin");
    environment.putAll(more);
    return builder.start();
  }
}
