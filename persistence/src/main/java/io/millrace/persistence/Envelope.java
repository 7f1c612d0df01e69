package io.millrace.persistence;

import java.util.Arrays;
import javax.crypto.SecretKey;

/**
 * What a user's stored bytes are wrapped in, so that they can be read only while the user's key
 * exists. Stored for years; never changed, only followed by another format.
 *
 * <pre>
 * offset  bytes
 *  0       1     format = 1
 *  1       2     schema: which types the plain bytes encode, big-endian, the caller's
 *  3       8     key id, big-endian
 * 11      12     nonce, random (a sequence number would repeat after a failed write)
 * 23       n     AES-256-GCM of the plain bytes, bytes 0 to 10 authenticated
 * 23+n    16     tag
 * </pre>
 *
 * <p>All methods are pure but for the nonce, and safe from any thread. Cost: see the module README.
 */
public final class Envelope {
  private static final byte FORMAT = 1;
  private static final int HEADER_BYTES = 11;
  private static final int BODY_AT = HEADER_BYTES + AesGcm.NONCE_BYTES;

  /** How many bytes an envelope is longer than what it holds. */
  public static final int OVERHEAD_BYTES = BODY_AT + AesGcm.TAG_BYTES;

  private Envelope() {}

  /** Encrypts bytes; the schema must fit 16 bits. */
  public static byte[] seal(int schema, DataKey key, byte[] plain) {
    byte[] sealed = header(schema, key.id(), plain.length);
    AesGcm.nonce(sealed, HEADER_BYTES);
    AesGcm.encrypt(key.key(), sealed, HEADER_BYTES, HEADER_BYTES, plain, BODY_AT);
    return sealed;
  }

  static byte[] seal(int schema, DataKey key, byte[] nonce, byte[] plain) {
    byte[] sealed = header(schema, key.id(), plain.length);
    System.arraycopy(nonce, 0, sealed, HEADER_BYTES, AesGcm.NONCE_BYTES);
    AesGcm.encrypt(key.key(), sealed, HEADER_BYTES, HEADER_BYTES, plain, BODY_AT);
    return sealed;
  }

  private static byte[] header(int schema, long keyId, int plainBytes) {
    if (schema < 0 || schema > 0xFFFF) {
      throw new IllegalArgumentException("schema is " + schema + ", expected 0 to 65535");
    }
    byte[] sealed = new byte[OVERHEAD_BYTES + plainBytes];
    sealed[0] = FORMAT;
    sealed[1] = (byte) (schema >>> 8);
    sealed[2] = (byte) schema;
    Keys.putLong(sealed, 3, keyId);
    return sealed;
  }

  /** Which key opens it. */
  public static long keyId(byte[] sealed) {
    check(sealed);
    return Keys.getLong(sealed, 3);
  }

  /** Which types the plain bytes encode. */
  public static int schema(byte[] sealed) {
    check(sealed);
    return Byte.toUnsignedInt(sealed[1]) << 8 | Byte.toUnsignedInt(sealed[2]);
  }

  /** The plain bytes; throws {@link StoreFailed} when they were changed or the key is another. */
  public static byte[] open(SecretKey key, byte[] sealed) {
    check(sealed);
    return AesGcm.decrypt(key, sealed, HEADER_BYTES, HEADER_BYTES, BODY_AT);
  }

  private static void check(byte[] sealed) {
    if (sealed.length < OVERHEAD_BYTES || sealed[0] != FORMAT) {
      throw new StoreFailed(
          "an envelope begins %s and has %d bytes, expected format %d and %d or more"
              .formatted(
                  Arrays.toString(Arrays.copyOf(sealed, Math.min(3, sealed.length))),
                  sealed.length,
                  FORMAT,
                  OVERHEAD_BYTES));
    }
  }
}
