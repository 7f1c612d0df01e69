package io.millrace.retrieval;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;

/** What a node's index wrote beside its journal. */
final class WrittenCheckpoint {
  private WrittenCheckpoint() {}

  /** The index's state in a folder's only checkpoint. */
  static byte[] state(Path folder) {
    AtomicReference<byte[]> state = new AtomicReference<>(new byte[0]);
    try {
      new CheckpointFile(folder, 0)
          .read(0)
          .orElseThrow()
          .readState((in, length) -> state.set(in.readNBytes((int) length)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return state.get();
  }
}
