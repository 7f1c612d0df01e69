package io.millrace.persistence;

import java.time.Instant;

/**
 * One event as it lies in the journal.
 *
 * @param cursor the place just behind it in its stream
 * @param persistenceId whose event it is
 * @param sequence its number within the persistence id, from 1, without gaps
 * @param serializerId which of Pekko's serializers wrote the payload (4: plain bytes)
 * @param serializerManifest what that serializer needs to read it; empty for plain bytes
 * @param manifest what the entity's event adapter called it; often empty
 * @param payload the bytes; handed over without a copy, never to be changed
 * @param writtenAt when the journal took it, by the wall clock of the node
 */
@SuppressWarnings("ArrayRecordComponent") // read millions of times, compared never
public record StoredEvent(
    Cursor cursor,
    String persistenceId,
    long sequence,
    int serializerId,
    String serializerManifest,
    String manifest,
    byte[] payload,
    Instant writtenAt) {}
