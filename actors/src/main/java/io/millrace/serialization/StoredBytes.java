package io.millrace.serialization;

import java.util.Arrays;

/**
 * What Pekko is given to store: protobuf bytes, or an encrypted envelope of them, and the manifest
 * that says which. Event and snapshot adapters make it; {@link StoredBytesSerializer} writes the
 * bytes as they are.
 *
 * @param manifest which message the bytes are, frozen: see {@link Manifests}
 * @param bytes handed over without a copy, never to be changed
 */
public record StoredBytes(String manifest, byte[] bytes) {

  @Override
  public boolean equals(Object other) {
    return other instanceof StoredBytes that
        && manifest.equals(that.manifest)
        && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return 31 * manifest.hashCode() + Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return "StoredBytes[" + manifest + ", " + bytes.length + " bytes]";
  }

  /** Frozen names of what is stored. One that is in use is never given another meaning. */
  public static final class Manifests {
    /** {@code StoredUserEvent} in an envelope under the user's key. */
    public static final String USER_EVENT = "ue1";

    /** {@code StoredUserSnapshot} in an envelope under the user's key. */
    public static final String USER_SNAPSHOT = "us1";

    /** {@code StoredItemEvent}. */
    public static final String ITEM_EVENT = "ie1";

    /** {@code StoredItemSnapshot}. */
    public static final String ITEM_SNAPSHOT = "is1";

    /** {@code StoredOrdinalBlock}. */
    public static final String ORDINAL_BLOCK = "ob1";

    /** {@code StoredOrdinals}. */
    public static final String ORDINALS_SNAPSHOT = "os1";

    /** {@code StoredEvidenceBatch}. */
    public static final String EVIDENCE_BATCH = "eb1";

    /** {@code StoredEvidenceSnapshot}. */
    public static final String EVIDENCE_SNAPSHOT = "es1";

    /** {@code StoredEvidencePart}. */
    public static final String EVIDENCE_PART = "ep1";

    /** {@code StoredEvidenceCheckpoints}. */
    public static final String EVIDENCE_CHECKPOINTS_SNAPSHOT = "ec1";

    /** {@code StoredGenerationEvent}. */
    public static final String GENERATION_EVENT = "ge1";

    /** {@code StoredGenerations}. */
    public static final String GENERATIONS_SNAPSHOT = "gs1";

    private Manifests() {}
  }
}
