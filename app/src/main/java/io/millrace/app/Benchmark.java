package io.millrace.app;

import java.util.List;

/** A measurement that {@code bench NAME} runs; found by {@link java.util.ServiceLoader}. */
public interface Benchmark {

  String name();

  /** One line for the list. */
  String about();

  /** Runs it with the rest of the command line and answers the exit code. */
  int run(List<String> args) throws Exception;
}
