package io.millrace.bench;

import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** What an option of a measurement may be; anything else is wrong usage. */
record Bounds(CommandLine line) {

  /** Refuses a value outside of {@code least} to {@code most}, both included. */
  void check(String option, long value, long least, long most) {
    if (value < least || value > most) {
      throw new ParameterException(
          line, option + " is " + value + ", expected " + least + " to " + most);
    }
  }
}
