package io.millrace.app;

/** A command that did not do what was asked: its exit code, and one line for a person. */
final class CommandFailed extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** The answer is there, and it is not the wanted one. */
  static final int RESULT = 1;

  static final int USAGE = 2;

  /** The server or the data could not be reached or used. */
  static final int UNREACHABLE = 3;

  private final int code;

  CommandFailed(int code, String message) {
    super(message, null, false, false);
    this.code = code;
  }

  int code() {
    return code;
  }
}
