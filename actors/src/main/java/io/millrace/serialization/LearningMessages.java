package io.millrace.serialization;

/** Numbers 600 to 699: what the trainer is told and answers. */
final class LearningMessages {

  private LearningMessages() {}

  /** The trainer lives on every node that learns: none of its messages cross nodes yet. */
  static void register(WireTable table) {}
}
