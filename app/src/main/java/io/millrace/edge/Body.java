package io.millrace.edge;

import org.apache.pekko.util.ByteString;

/**
 * A request's body while it arrives. One that is too large is read on and thrown away, because a
 * caller that is cut off while it still sends never reads why; beyond {@link #MOST_SWALLOWED} it is
 * cut off. Of one stream; not thread-safe.
 */
final class Body {
  private static final long MOST_SWALLOWED = 64L << 20;

  private final long most;
  private long size;
  private ByteString kept = ByteString.emptyByteString();

  Body(long most) {
    this.most = most;
  }

  void add(ByteString more) {
    size += more.size();
    kept = size > most ? ByteString.emptyByteString() : kept.concat(more);
    if (size > MOST_SWALLOWED) {
      throw tooLarge();
    }
  }

  /** Fails with a {@link Refusal} when it was too large. */
  ByteString all() {
    if (size > most) {
      throw tooLarge();
    }
    return kept;
  }

  private Refusal tooLarge() {
    return new Refusal(
        Trouble.PAYLOAD_TOO_LARGE,
        "body is "
            + (size > MOST_SWALLOWED ? "more than " : "")
            + size
            + " bytes, expected at most "
            + most);
  }
}
