package io.millrace.user;

import io.millrace.item.ItemIds;

/** Names under which a user is stored. Frozen. */
public final class UserStreams {

  /** Streams of user events. */
  public static final int STREAMS = 16;

  private UserStreams() {}

  public static String persistenceId(String namespace, String hmacOfUserId) {
    return "user|" + namespace + "|" + hmacOfUserId;
  }

  /** The stream that a persistence id belongs to for ever, from the four highest hash bits. */
  public static String stream(String persistenceId) {
    return "user-" + (ItemIds.hash(persistenceId) >>> 60);
  }
}
