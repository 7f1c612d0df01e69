package io.millrace.model.taste;

import java.io.IOException;

/** A file that is no generation, of another version, or damaged; the message says which. */
public final class BadGenerationFile extends IOException {

  private static final long serialVersionUID = 1;

  BadGenerationFile(String message) {
    super(message);
  }
}
