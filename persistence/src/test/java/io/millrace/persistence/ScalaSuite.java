package io.millrace.persistence;

import static org.junit.jupiter.api.Assertions.fail;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.scalatest.Args;
import org.scalatest.Args$;
import org.scalatest.ConfigMap$;
import org.scalatest.Reporter;
import org.scalatest.Suite;
import org.scalatest.events.Event;
import org.scalatest.events.SuiteAborted;
import org.scalatest.events.TestCanceled;
import org.scalatest.events.TestFailed;
import org.scalatest.events.TestSucceeded;
import scala.Option;
import scala.collection.immutable.Set$;

/**
 * A ScalaTest suite run once, as Jupiter's dynamic tests: one for each test that it reported, and
 * one that counts them, so that a suite that aborts or shrinks fails the build.
 */
final class ScalaSuite {
  private ScalaSuite() {}

  static Stream<DynamicTest> tests(Suite suite, int expected) {
    Outcomes outcomes = new Outcomes();
    boolean succeeded =
        suite
            .run(
                Option.empty(),
                new Args(
                    outcomes,
                    Args$.MODULE$.apply$default$2(),
                    Args$.MODULE$.apply$default$3(),
                    ConfigMap$.MODULE$.empty(),
                    Option.empty(),
                    Args$.MODULE$.apply$default$6(),
                    Set$.MODULE$.empty(),
                    false,
                    Option.empty(),
                    Option.empty()))
            .succeeds();
    int ran = outcomes.tests.size();
    outcomes.tests.add(
        DynamicTest.dynamicTest(
            "all of the suite ran",
            () -> {
              if (!succeeded || ran < expected) {
                fail("succeeded=%s, %d tests ran, expected %d".formatted(succeeded, ran, expected));
              }
            }));
    return outcomes.tests.stream();
  }

  private static final class Outcomes implements Reporter {
    final List<DynamicTest> tests = new ArrayList<>();

    @Override
    public synchronized void apply(Event event) {
      switch (event) {
        case TestSucceeded done -> add(done.testName(), () -> {});
        case TestFailed failed ->
            add(
                failed.testName(),
                () -> {
                  throw new AssertionError(
                      failed.message(), failed.throwable().getOrElse(() -> null));
                });
        case TestCanceled canceled ->
            add(canceled.testName(), () -> Assumptions.abort(canceled.message()));
        case SuiteAborted aborted ->
            add(
                "suite aborted",
                () -> {
                  throw new AssertionError(
                      aborted.message(), aborted.throwable().getOrElse(() -> null));
                });
        default -> {}
      }
    }

    private void add(String name, org.junit.jupiter.api.function.Executable body) {
      tests.add(DynamicTest.dynamicTest(name, body));
    }
  }
}
