package io.millrace.persistence;

/** The fault of using a store after it was closed. */
public final class StoreClosed extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  StoreClosed() {
    super("the store is closed");
  }
}
