package io.millrace.importing;

import java.io.IOException;

/** A path that cannot be read as a data set; its message is one sentence for a person. */
public final class UnreadableData extends IOException {
  private static final long serialVersionUID = 1;

  public UnreadableData(String message) {
    super(message);
  }
}
