package io.millrace.user;

import io.millrace.user.UserActor.Slot;
import io.millrace.user.UserActor.Versions;
import java.util.ArrayList;
import java.util.List;

/**
 * One answered request: what it reserved, and what to say when it is asked again. Immutable.
 *
 * @param request {@code ItemIds.hash} of the request id
 * @param feedSession hash of it; 0 when there is none
 * @param userSeq the number that holds it
 * @param ordinals slots, then spares; -1 - ordinal once viewed
 * @param spares how many of them
 * @param itemHashes of the same; empty once it can be repeated no more
 * @param propensities of the same
 * @param released its reservation has ended before its time
 */
public record Slate(
    long request,
    String surface,
    long feedSession,
    long userSeq,
    long servedAtMs,
    long idleMs,
    long longestMs,
    int[] ordinals,
    int spares,
    long[] itemHashes,
    float[] propensities,
    Versions versions,
    boolean released) {

  /** How long a request id is the same question. Part of P4. */
  static final long REPEATED_MS = 600_000;

  static int ordinal(int viewedOrNot) {
    return viewedOrNot < 0 ? -1 - viewedOrNot : viewedOrNot;
  }

  static Slate of(UserEvent.FeedServed served, long request, long feedSession) {
    int n = served.slate().size() + served.spares().size();
    int[] ordinals = new int[n];
    long[] hashes = new long[n];
    float[] propensities = new float[n];
    for (int i = 0; i < n; i++) {
      Slot slot =
          i < served.slate().size()
              ? served.slate().get(i)
              : served.spares().get(i - served.slate().size());
      ordinals[i] = slot.ordinal();
      hashes[i] = slot.itemHash();
      propensities[i] = slot.propensity();
    }
    return new Slate(
        request,
        served.surface(),
        feedSession,
        served.userSeq(),
        served.acceptedAtMs(),
        served.idleMs(),
        served.longestMs(),
        ordinals,
        served.spares().size(),
        hashes,
        propensities,
        served.versions(),
        false);
  }

  int slots() {
    return ordinals.length - spares;
  }

  /** Whether its unviewed items are reserved, given when the user was last active there. */
  boolean live(long nowMs, long activeAtMs) {
    return !released
        && nowMs - servedAtMs < longestMs
        && nowMs - Math.max(servedAtMs, activeAtMs) < idleMs;
  }

  boolean repeatable(long nowMs) {
    return itemHashes.length > 0 && nowMs - servedAtMs < REPEATED_MS;
  }

  int reserved() {
    int n = 0;
    for (int ordinal : ordinals) {
      n += ordinal >= 0 ? 1 : 0;
    }
    return n;
  }

  boolean holds(int ordinal) {
    for (int held : ordinals) {
      if (held == ordinal) {
        return true;
      }
    }
    return false;
  }

  /** Slots 0 to {@code last} and the item itself are viewed. */
  Slate viewed(int last, int ordinal) {
    int[] changed = ordinals.clone();
    for (int i = 0; i < changed.length; i++) {
      if (changed[i] >= 0 && ((i <= last && i < slots()) || changed[i] == ordinal)) {
        changed[i] = -1 - changed[i];
      }
    }
    return with(changed, itemHashes, propensities, released);
  }

  Slate ended() {
    return with(ordinals, itemHashes, propensities, true);
  }

  /** Without what only a repeated answer needs. */
  Slate unrepeatable() {
    return with(ordinals, new long[0], new float[0], released);
  }

  private Slate with(int[] changed, long[] hashes, float[] chances, boolean ended) {
    return new Slate(
        request,
        surface,
        feedSession,
        userSeq,
        servedAtMs,
        idleMs,
        longestMs,
        changed,
        spares,
        hashes,
        chances,
        versions,
        ended);
  }

  /** The slots in order; propensities as served. */
  List<Slot> slate() {
    List<Slot> slots = new ArrayList<>();
    for (int i = 0; i < slots(); i++) {
      slots.add(new Slot(ordinal(ordinals[i]), itemHashes[i], propensities[i]));
    }
    return slots;
  }
}
