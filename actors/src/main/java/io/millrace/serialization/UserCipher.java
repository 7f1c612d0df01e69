package io.millrace.serialization;

import io.millrace.item.ItemIds;
import io.millrace.persistence.DataKey;
import io.millrace.persistence.Envelope;
import io.millrace.persistence.UserKeys;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Makes what is stored of a user readable only while the user's key exists. Any thread. */
public interface UserCipher {

  /** Encrypts bytes under the key of a persistence id, made when it has none. */
  byte[] seal(String persistenceId, int schema, byte[] plain);

  /** The plain bytes; empty when their key has been destroyed. */
  Optional<byte[]> open(byte[] sealed);

  /** The name under which a user is stored. */
  String hmac(String userId);

  /**
   * Destroys the key of a persistence id: what it encrypts is unreadable at once, and for good when
   * the result is there. May wait for the disk.
   *
   * @param at when, in ms since 1970
   */
  CompletionStage<Void> forget(String persistenceId, long at);

  /** With the keys of a store. */
  static UserCipher of(UserKeys keys) {
    return new UserCipher() {
      @Override
      public byte[] seal(String persistenceId, int schema, byte[] plain) {
        return Envelope.seal(schema, keys.keyFor(persistenceId), plain);
      }

      @Override
      public Optional<byte[]> open(byte[] sealed) {
        return keys.find(Envelope.keyId(sealed))
            .map(DataKey::key)
            .map(key -> Envelope.open(key, sealed));
      }

      @Override
      public String hmac(String userId) {
        return keys.hmac(userId);
      }

      @Override
      public CompletionStage<Void> forget(String persistenceId, long at) {
        return keys.forget(persistenceId, at);
      }
    };
  }

  /** Without keys: for journals that live no longer than the process. Nothing is encrypted. */
  static UserCipher none() {
    return new UserCipher() {
      @Override
      public byte[] seal(String persistenceId, int schema, byte[] plain) {
        return plain.clone();
      }

      @Override
      public Optional<byte[]> open(byte[] sealed) {
        return Optional.of(sealed);
      }

      @Override
      public String hmac(String userId) {
        return Long.toHexString(ItemIds.hash(userId));
      }

      @Override
      public CompletionStage<Void> forget(String persistenceId, long at) {
        return CompletableFuture.failedStage(
            new UnsupportedOperationException("nothing is encrypted, so nothing can be forgotten"));
      }
    };
  }
}
