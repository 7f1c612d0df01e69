package io.millrace.serialization;

/**
 * The mark of a message that may cross nodes: Pekko hands it to {@link WireSerializer}. Its class,
 * and every class it holds, has a frozen number in {@link WireTable}.
 *
 * <p>A message that an actor sends to itself alone is marked {@code
 * NoSerializationVerificationNeeded} instead.
 */
public interface Wire {}
