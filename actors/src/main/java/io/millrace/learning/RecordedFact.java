package io.millrace.learning;

/**
 * One journalled interaction as the factorisation wants it; it names nobody.
 *
 * @param userHash the same for one user, of no use elsewhere
 * @param atMs the client's time, milliseconds since 1970
 * @param strength in hundredths, -100 to 100
 * @param touch the user took it up
 * @param opinion outranks views of the same item
 */
public record RecordedFact(
    long userHash, long itemHash, long atMs, int strength, boolean touch, boolean opinion) {

  boolean against() {
    return strength < 0 && !touch;
  }

  /** An unlike takes back what was said, and says nothing. */
  boolean says() {
    return strength != 0 || touch;
  }
}
