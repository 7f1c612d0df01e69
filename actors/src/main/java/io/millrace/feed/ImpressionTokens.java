package io.millrace.feed;

import io.millrace.item.ItemIds;
import io.millrace.user.UserActor.Versions;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The signed names of served slots: each says of itself which request, user, item and slot it is
 * and what made it, and cannot be made by anybody else. Safe from any thread.
 *
 * <p>Bytes, frozen: 1 version, 8 hash of the user, 8 hash of the item, 4 ordinal, 2 slot, 2
 * pipeline, 2 rules, 8 ranker, 4 generation, 1 length and the request id in UTF-8, 16 the first
 * half of HMAC-SHA256 over all before; in base64url without padding.
 */
public final class ImpressionTokens {

  private static final byte VERSION = 1;
  private static final int FIXED = 1 + 8 + 8 + 4 + 2 + 2 + 2 + 8 + 4 + 1;
  private static final int SIGNATURE = 16;
  private static final String ALGORITHM = "HmacSHA256";

  private final ThreadLocal<Mac> macs;

  /**
   * What a token says.
   *
   * @param userHash {@link ItemIds#hash} of the user id
   * @param itemHash the same of the item id
   */
  public record Impression(
      long userHash, long itemHash, int ordinal, int slot, Versions versions, String requestId) {

    public boolean isOf(String userId, String itemId) {
      return userHash == ItemIds.hash(userId) && itemHash == ItemIds.hash(itemId);
    }
  }

  /**
   * Signs with a key that all nodes share.
   *
   * @param key at least 16 bytes
   */
  public ImpressionTokens(byte[] key) {
    if (key.length < 16) {
      throw new IllegalArgumentException(
          "signing key has " + key.length + " bytes, expected at least 16");
    }
    SecretKeySpec secret = new SecretKeySpec(key, ALGORITHM);
    this.macs =
        ThreadLocal.withInitial(() -> {
          try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(secret);
            return mac;
          } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException(ALGORITHM + " is missing from this JDK", e);
          }
        });
  }

  /** The token of one slot: at most 254 characters, the request id having at most 128 bytes. */
  public String issue(
      String userId, String requestId, String itemId, int ordinal, int slot, Versions versions) {
    byte[] request = requestId.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes = ByteBuffer.allocate(FIXED + request.length + SIGNATURE);
    bytes
        .put(VERSION)
        .putLong(ItemIds.hash(userId))
        .putLong(ItemIds.hash(itemId))
        .putInt(ordinal)
        .putShort((short) slot)
        .putShort((short) versions.pipeline())
        .putShort((short) versions.rules())
        .putLong(versions.ranker())
        .putInt(versions.generation())
        .put((byte) request.length)
        .put(request);
    bytes.put(sign(bytes.array(), bytes.position()), 0, SIGNATURE);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.array());
  }

  /** What a token says, or nothing when it is not one of ours. */
  public Optional<Impression> read(String token) {
    byte[] bytes;
    try {
      bytes = Base64.getUrlDecoder().decode(token);
    } catch (IllegalArgumentException notBase64) {
      return Optional.empty();
    }
    int signed = bytes.length - SIGNATURE;
    if (signed < FIXED
        || bytes[0] != VERSION
        || !MessageDigest.isEqual(
            Arrays.copyOf(sign(bytes, signed), SIGNATURE),
            Arrays.copyOfRange(bytes, signed, bytes.length))) {
      return Optional.empty();
    }
    try {
      ByteBuffer in = ByteBuffer.wrap(bytes, 1, signed - 1);
      long user = in.getLong();
      long item = in.getLong();
      int ordinal = in.getInt();
      int slot = in.getShort() & 0xffff;
      Versions versions =
          new Versions(in.getShort() & 0xffff, in.getShort() & 0xffff, in.getLong(), in.getInt());
      byte[] request = new byte[in.get() & 0xff];
      in.get(request);
      return Optional.of(
          new Impression(
              user, item, ordinal, slot, versions, new String(request, StandardCharsets.UTF_8)));
    } catch (BufferUnderflowException cutShort) {
      return Optional.empty();
    }
  }

  private byte[] sign(byte[] bytes, int length) {
    Mac mac = macs.get();
    mac.update(bytes, 0, length);
    return mac.doFinal();
  }
}
