package io.millrace.persistence;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/**
 * The key that wraps all other keys: 32 random bytes in a file of 64 hexadecimal digits, readable
 * by its owner alone.
 *
 * <pre>
 * wrapped key:  format(1) = 1, master key's id(4), nonce(12), AES-256-GCM of the key, tag(16);
 *               the first 5 bytes are authenticated
 * </pre>
 */
final class MasterKey {
  private static final byte FORMAT = 1;
  private static final int ID_BYTES = 4;
  private static final int HEADER_BYTES = 1 + ID_BYTES;
  private static final int BODY_AT = HEADER_BYTES + AesGcm.NONCE_BYTES;

  /** How many bytes a wrapped key is longer than the key. */
  static final int OVERHEAD_BYTES = BODY_AT + AesGcm.TAG_BYTES;

  private final SecretKey key;
  private final byte[] id;

  private MasterKey(byte[] bytes) {
    key = new SecretKeySpec(bytes, "AES");
    try {
      id = Arrays.copyOf(MessageDigest.getInstance("SHA-256").digest(bytes), ID_BYTES);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java has no SHA-256", e);
    }
  }

  static MasterKey read(Path file) throws IOException {
    byte[] bytes;
    try {
      bytes = HexFormat.of().parseHex(Files.readString(file, StandardCharsets.ISO_8859_1).strip());
    } catch (IllegalArgumentException notHex) {
      bytes = new byte[0];
    }
    if (bytes.length != AesGcm.KEY_BYTES) {
      throw new StoreUnusable(
          "master key file %s does not hold 64 hexadecimal digits".formatted(file));
    }
    return new MasterKey(bytes);
  }

  /** Takes the place of the key in a file; the bytes of that one are overwritten. */
  static void replace(Path next, Path file) throws IOException {
    try (FileChannel old = FileChannel.open(file, StandardOpenOption.WRITE)) {
      DataFolder.moveSynced(next, file);
      old.write(ByteBuffer.wrap(new byte[2 * AesGcm.KEY_BYTES]), 0);
      old.force(true);
    }
  }

  static MasterKey create(Path file) throws IOException {
    byte[] bytes = AesGcm.random(AesGcm.KEY_BYTES);
    Path next = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(next);
    createPrivate(next);
    Files.writeString(next, HexFormat.of().formatHex(bytes) + "\n", StandardOpenOption.WRITE);
    DataFolder.moveSynced(next, file);
    return new MasterKey(bytes);
  }

  /** Makes an empty file that its owner alone can read. */
  static void createPrivate(Path file) throws IOException {
    if (Files.getFileStore(file.toAbsolutePath().getParent()).supportsFileAttributeView("posix")) {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    } else {
      Files.createFile(file);
    }
  }

  byte[] wrap(byte[] plain) {
    byte[] wrapped = new byte[OVERHEAD_BYTES + plain.length];
    wrapped[0] = FORMAT;
    System.arraycopy(id, 0, wrapped, 1, ID_BYTES);
    AesGcm.nonce(wrapped, HEADER_BYTES);
    AesGcm.encrypt(key, wrapped, HEADER_BYTES, HEADER_BYTES, plain, BODY_AT);
    return wrapped;
  }

  /** Whether it is the key that wrapped these bytes. */
  boolean wrapped(byte[] wrapped) {
    if (wrapped.length < OVERHEAD_BYTES || wrapped[0] != FORMAT) {
      throw new StoreFailed("a wrapped key of %d bytes is unreadable".formatted(wrapped.length));
    }
    return Arrays.equals(wrapped, 1, HEADER_BYTES, id, 0, ID_BYTES);
  }

  byte[] unwrap(byte[] wrapped) {
    if (!wrapped(wrapped)) {
      throw new StoreFailed("a key was wrapped by another master key");
    }
    return AesGcm.decrypt(key, wrapped, HEADER_BYTES, HEADER_BYTES, BODY_AT);
  }
}
