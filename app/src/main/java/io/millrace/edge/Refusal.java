package io.millrace.edge;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A request that is not answered as asked: which trouble it is, and what to tell the caller. */
public final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final Trouble trouble;
  private final transient List<String> details;

  Refusal(Trouble trouble, String message) {
    this(trouble, message, List.of(), null);
  }

  Refusal(Trouble trouble, String message, Throwable fault) {
    this(trouble, message, List.of(), fault);
  }

  private Refusal(
      Trouble trouble, String message, List<String> details, @Nullable Throwable fault) {
    super(message, fault, false, fault != null);
    this.trouble = trouble;
    this.details = details;
  }

  /** INVALID_ARGUMENT that names every problem. */
  static Refusal invalid(Problems problems) {
    return new Refusal(
        Trouble.INVALID_ARGUMENT,
        problems.count() == 1
            ? problems.detail()
            : problems.count() + " problems: " + problems.detail(),
        problems.named(),
        null);
  }

  static Refusal invalid(String message) {
    return new Refusal(Trouble.INVALID_ARGUMENT, message);
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
