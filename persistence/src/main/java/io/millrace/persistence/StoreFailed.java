package io.millrace.persistence;

/** The fault of a write or read that RocksDB or the disk did not do. */
public final class StoreFailed extends RuntimeException {
  private static final long serialVersionUID = 1L;

  StoreFailed(String message, Throwable cause) {
    super(message, cause);
  }

  StoreFailed(String message) {
    super(message);
  }
}
