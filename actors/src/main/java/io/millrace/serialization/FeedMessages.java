package io.millrace.serialization;

/** Numbers 500 to 599: what requests are told and answer. */
final class FeedMessages {

  private FeedMessages() {}

  /** A request lives on the node that asked: none of its messages cross nodes yet. */
  static void register(WireTable table) {}
}
