package io.millrace.learning;

/** What was decided about generations of vectors. */
public sealed interface GenerationEvent {

  /** When, by the server's clock, milliseconds since 1970. */
  long acceptedAtMs();

  /** It passed its check and lies in its file. */
  record Trained(long acceptedAtMs, TrainedGeneration generation) implements GenerationEvent {}

  /** It failed its check; its number is used up, its file gone. */
  record Refused(long acceptedAtMs, int number, String reason, String report)
      implements GenerationEvent {}

  /** Feeds use it from now on; an older number is a rollback. */
  record Adopted(long acceptedAtMs, int number) implements GenerationEvent {}
}
