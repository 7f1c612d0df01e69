package io.millrace.persistence;

import javax.crypto.SecretKey;

/**
 * The key that one user's events and snapshots are encrypted with.
 *
 * @param id its number, random, never 0; stands in every envelope
 * @param key AES-256
 */
public record DataKey(long id, SecretKey key) {

  /** Names the key; never shows it. */
  @Override
  public String toString() {
    return "DataKey[id=" + Long.toHexString(id) + "]";
  }
}
