package io.millrace.serialization;

import java.util.function.Function;
import org.apache.pekko.persistence.typed.EventAdapter;
import org.apache.pekko.persistence.typed.EventSeq;

/**
 * Between an entity's events and their stored bytes, where nothing is encrypted.
 *
 * @param <E> the entity's event
 */
public final class PlainEvents<E> extends EventAdapter<E, StoredBytes> {
  private final String manifest;
  private final Function<E, byte[]> write;
  private final Function<byte[], E> read;

  public PlainEvents(String manifest, Function<E, byte[]> write, Function<byte[], E> read) {
    this.manifest = manifest;
    this.write = write;
    this.read = read;
  }

  @Override
  public StoredBytes toJournal(E event) {
    return new StoredBytes(manifest, write.apply(event));
  }

  @Override
  public String manifest(E event) {
    return "";
  }

  @Override
  public EventSeq<E> fromJournal(StoredBytes stored, String ignored) {
    if (!stored.manifest().equals(manifest)) {
      throw new IllegalArgumentException(
          "stored event is a %s, expected %s".formatted(stored.manifest(), manifest));
    }
    return EventSeq.single(read.apply(stored.bytes()));
  }
}
