package io.millrace.model.taste;

import org.jspecify.annotations.Nullable;

/** What the trainer asks about items: their features, as rows. */
public interface Contents {

  /** Nothing is known of any item. */
  Contents NONE = itemHash -> null;

  /** The row of its content ({@link ContentEncoder}); null when nothing is known. */
  @Nullable SparseFeatures content(long itemHash);

  /** The row of the client's vector; null when it sent none. */
  default @Nullable SparseFeatures client(long itemHash) {
    return null;
  }
}
