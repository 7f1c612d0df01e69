package io.millrace.persistence;

/**
 * The refusal to open a data folder: held by a living process, of a newer version, of another
 * product, or without its master key. The message is one line, fit for an operator's terminal; the
 * folder has not been changed.
 */
public final class StoreUnusable extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** A refusal with the one line that says why and what to do. */
  public StoreUnusable(String message) {
    super(message);
  }

  /** A refusal whose cause is a failure of the disk or of RocksDB. */
  public StoreUnusable(String message, Throwable cause) {
    super(message, cause);
  }
}
