package io.millrace.user;

/**
 * One copy of each name of a category or creator for all users of a node. Lossy and bounded: a name
 * whose place another one took is simply kept twice. Safe from any thread, by benign races.
 */
final class Interner {

  /** A power of two: more than the categories and the well-known creators of a catalogue. */
  private static final int PLACES = 1 << 15;

  private static final String[] NAMES = new String[PLACES];

  private Interner() {}

  static String of(String name) {
    int hash = name.hashCode();
    int place = (hash ^ hash >>> 16) & (PLACES - 1);
    String known = NAMES[place];
    if (name.equals(known)) {
      return known;
    }
    NAMES[place] = name;
    return name;
  }
}
