package io.millrace.persistence;

import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;

/**
 * AES-256 in Galois counter mode with a 96-bit random nonce and a 128-bit tag (NIST SP 800-38D,
 * 5.2.1). Each thread has its own cipher and its own store of random bytes: making either anew for
 * each call would cost several times the encryption.
 */
final class AesGcm {
  static final int NONCE_BYTES = 12;
  static final int TAG_BYTES = 16;
  static final int KEY_BYTES = 32;

  /** Random bytes drawn at a time (chosen: 256 nonces, so that the generator's lock is rare). */
  private static final int RANDOM_BYTES = 256 * NONCE_BYTES;

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final ThreadLocal<AesGcm> LOCAL = ThreadLocal.withInitial(AesGcm::new);

  private final Cipher cipher;
  private final byte[] random = new byte[RANDOM_BYTES];
  private int used = RANDOM_BYTES;

  private AesGcm() {
    try {
      cipher = Cipher.getInstance("AES/GCM/NoPadding");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java has no AES-GCM", e);
    }
  }

  static byte[] random(int bytes) {
    byte[] drawn = new byte[bytes];
    RANDOM.nextBytes(drawn);
    return drawn;
  }

  /** Fills a nonce with random bytes. */
  static void nonce(byte[] target, int at) {
    AesGcm local = LOCAL.get();
    if (local.used == RANDOM_BYTES) {
      RANDOM.nextBytes(local.random);
      local.used = 0;
    }
    System.arraycopy(local.random, local.used, target, at, NONCE_BYTES);
    local.used += NONCE_BYTES;
  }

  /**
   * Encrypts {@code plain} into {@code target} behind a header that is already there: the header's
   * first {@code aadBytes} are authenticated, its nonce lies at {@code nonceAt}.
   */
  static void encrypt(
      SecretKey key, byte[] target, int aadBytes, int nonceAt, byte[] plain, int at) {
    try {
      Cipher cipher = LOCAL.get().cipher;
      cipher.init(
          Cipher.ENCRYPT_MODE,
          key,
          new GCMParameterSpec(8 * TAG_BYTES, target, nonceAt, NONCE_BYTES));
      cipher.updateAAD(target, 0, aadBytes);
      cipher.doFinal(plain, 0, plain.length, target, at);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("encryption failed", e);
    }
  }

  /** Decrypts what {@link #encrypt} made; throws {@link StoreFailed} when it was changed. */
  static byte[] decrypt(SecretKey key, byte[] source, int aadBytes, int nonceAt, int at) {
    try {
      Cipher cipher = LOCAL.get().cipher;
      cipher.init(
          Cipher.DECRYPT_MODE,
          key,
          new GCMParameterSpec(8 * TAG_BYTES, source, nonceAt, NONCE_BYTES));
      cipher.updateAAD(source, 0, aadBytes);
      return cipher.doFinal(source, at, source.length - at);
    } catch (AEADBadTagException e) {
      throw new StoreFailed("encrypted bytes were changed, or belong to another key", e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("decryption failed", e);
    }
  }
}
