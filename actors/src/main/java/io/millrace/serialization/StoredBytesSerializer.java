package io.millrace.serialization;

import org.apache.pekko.serialization.SerializerWithStringManifest;

/** Writes {@link StoredBytes} as the bytes they are. Identifier and manifests are frozen. */
public final class StoredBytesSerializer extends SerializerWithStringManifest {

  /** In every stored row: never to be changed. */
  public static final int IDENTIFIER = 84_202;

  @Override
  public int identifier() {
    return IDENTIFIER;
  }

  @Override
  public String manifest(Object stored) {
    return checked(stored).manifest();
  }

  @Override
  public byte[] toBinary(Object stored) {
    return checked(stored).bytes();
  }

  @Override
  public Object fromBinary(byte[] bytes, String manifest) {
    return new StoredBytes(manifest, bytes);
  }

  private static StoredBytes checked(Object stored) {
    if (stored instanceof StoredBytes bytes) {
      return bytes;
    }
    throw new IllegalArgumentException(
        "asked to store a " + stored.getClass().getName() + ", expected StoredBytes");
  }
}
