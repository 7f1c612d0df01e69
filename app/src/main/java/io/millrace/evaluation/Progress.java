package io.millrace.evaluation;

/** Told now and then how far a long work has come. */
@FunctionalInterface
public interface Progress {

  Progress SILENT = (done, of) -> {};

  void at(long done, long of);
}
