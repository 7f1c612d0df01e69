package io.millrace.serialization;

import java.util.function.Function;
import org.apache.pekko.persistence.typed.SnapshotAdapter;

/**
 * Between an entity's state and its stored snapshot, where nothing is encrypted.
 *
 * @param <S> the entity's state
 */
public final class PlainSnapshots<S> implements SnapshotAdapter<S> {
  private final String manifest;
  private final Function<S, byte[]> write;
  private final Function<byte[], S> read;

  public PlainSnapshots(String manifest, Function<S, byte[]> write, Function<byte[], S> read) {
    this.manifest = manifest;
    this.write = write;
    this.read = read;
  }

  @Override
  public Object toJournal(S state) {
    return new StoredBytes(manifest, write.apply(state));
  }

  @Override
  public S fromJournal(Object from) {
    if (from instanceof StoredBytes stored && stored.manifest().equals(manifest)) {
      return read.apply(stored.bytes());
    }
    throw new IllegalArgumentException(
        "stored snapshot is a %s, expected %s".formatted(from, manifest));
  }
}
