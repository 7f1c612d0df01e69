package io.millrace.edge;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A request that is not answered as asked: which trouble it is, and what to tell the caller. */
public final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final Trouble trouble;
  private final int retryAfterMs;
  private final transient List<String> details;

  Refusal(Trouble trouble, String message) {
    this(trouble, message, List.of(), null, trouble.retryAfterMs());
  }

  Refusal(Trouble trouble, String message, Throwable fault) {
    this(trouble, message, List.of(), fault, trouble.retryAfterMs());
  }

  private Refusal(
      Trouble trouble,
      String message,
      List<String> details,
      @Nullable Throwable fault,
      int retryAfterMs) {
    super(message, fault, false, fault != null);
    this.trouble = trouble;
    this.details = details;
    this.retryAfterMs = retryAfterMs;
  }

  /** RESOURCE_EXHAUSTED with a time after which it is worth to try again. */
  static Refusal later(String message, int retryAfterMs) {
    return new Refusal(Trouble.RESOURCE_EXHAUSTED, message, List.of(), null, retryAfterMs);
  }

  /** INVALID_ARGUMENT that names every problem. */
  static Refusal invalid(Problems problems) {
    return new Refusal(
        Trouble.INVALID_ARGUMENT,
        problems.count() == 1
            ? problems.detail()
            : problems.count() + " problems: " + problems.detail(),
        problems.named(),
        null,
        Trouble.INVALID_ARGUMENT.retryAfterMs());
  }

  static Refusal invalid(String message) {
    return new Refusal(Trouble.INVALID_ARGUMENT, message);
  }

  /** Milliseconds after which trying again makes sense; 0 when it does not. */
  int retryAfterMs() {
    return retryAfterMs;
  }

  public Trouble trouble() {
    return trouble;
  }

  public List<String> details() {
    return details == null ? List.of() : details;
  }

  String message() {
    return String.valueOf(getMessage());
  }
}
