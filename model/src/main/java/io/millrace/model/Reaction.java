package io.millrace.model;

import java.util.Locale;

/** What a user may do with an item that was shown, as far as it is predicted. */
public enum Reaction {
  CLICK,
  LONG_VIEW,
  LIKE;

  /** As figures are named: {@code click}, {@code long_view}, {@code like}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
