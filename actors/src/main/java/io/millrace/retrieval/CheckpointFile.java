package io.millrace.retrieval;

import io.millrace.serialization.CheckpointCodec;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checkpoint of one index partition on disk. A cache of the journal: whatever is wrong with it,
 * the answer is to read the journal instead.
 *
 * <p>Format: {@code MILLIDX2}, header length (int), header, state length (int), state, touches
 * length (int), touches, CRC-32C of all of it (int); integers big-endian. Written beside its place,
 * synced, then moved over it. The first format, {@code MILLIDX1}, had no touches: who goes on from
 * it would answer with other vectors than who reads the journal, so it is not used.
 */
final class CheckpointFile {
  private static final Logger log = LoggerFactory.getLogger(CheckpointFile.class);
  private static final long MAGIC = 0x4d494c4c49445832L;

  /** No header is longer: 33 cursors of a few bytes. */
  private static final int MOST_HEADER_BYTES = 1 << 16;

  private final Path path;

  /** A checkpoint as it was read. */
  record Checkpoint(CheckpointHeader header, byte[] state, byte[] touches) {}

  CheckpointFile(Path folder, int partition) {
    this.path = folder.resolve("index-" + partition + ".checkpoint");
  }

  /** Puts a checkpoint in the place of the one before. */
  void write(CheckpointHeader header, byte[] state, byte[] touches) throws IOException {
    Files.createDirectories(path.toAbsolutePath().getParent());
    Path beside = path.resolveSibling(path.getFileName() + ".new");
    try (FileChannel file =
            FileChannel.open(
                beside,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE);
        OutputStream raw = Channels.newOutputStream(file)) {
      CheckedOutputStream checked = new CheckedOutputStream(raw, new CRC32C());
      DataOutputStream out = new DataOutputStream(checked);
      byte[] headerBytes = CheckpointCodec.toBytes(header);
      out.writeLong(MAGIC);
      out.writeInt(headerBytes.length);
      out.write(headerBytes);
      out.writeInt(state.length);
      out.write(state);
      out.writeInt(touches.length);
      out.write(touches);
      out.writeInt((int) checked.getChecksum().getValue());
      out.flush();
      file.force(true);
    }
    Files.move(beside, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** The checkpoint, or nothing where there is none that can be trusted; says which in the log. */
  Optional<Checkpoint> read(int partition) {
    try (InputStream raw = Files.newInputStream(path)) {
      CheckedInputStream checked = new CheckedInputStream(raw, new CRC32C());
      DataInputStream in = new DataInputStream(checked);
      long magic = in.readLong();
      int headerLength = in.readInt();
      if (magic != MAGIC || headerLength < 0 || headerLength > MOST_HEADER_BYTES) {
        return damaged("it does not begin like one");
      }
      byte[] headerBytes = in.readNBytes(headerLength);
      int stateLength = in.readInt();
      if (stateLength < 0 || stateLength > Files.size(path)) {
        return damaged("it is shorter than it says");
      }
      byte[] state = in.readNBytes(stateLength);
      int touchesLength = in.readInt();
      if (touchesLength < 0 || touchesLength > Files.size(path)) {
        return damaged("it is shorter than it says");
      }
      byte[] touches = in.readNBytes(touchesLength);
      int expected = (int) checked.getChecksum().getValue();
      int found = in.readInt();
      if (found != expected) {
        return damaged("its checksum is %08x, expected %08x".formatted(found, expected));
      }
      CheckpointHeader header = CheckpointCodec.header(headerBytes);
      if (header.partition() != partition
          || header.stateBytes() != stateLength
          || header.touchesBytes() != touchesLength) {
        return damaged(
            "it is of partition %d with %d and %d bytes, expected %d with %d and %d"
                .formatted(
                    header.partition(),
                    header.stateBytes(),
                    header.touchesBytes(),
                    partition,
                    stateLength,
                    touchesLength));
      }
      return Optional.of(new Checkpoint(header, state, touches));
    } catch (NoSuchFileException e) {
      log.info("no index checkpoint, reading the journal instead path={}", path);
      return Optional.empty();
    } catch (IOException | IllegalArgumentException e) {
      return damaged(e.toString());
    }
  }

  private Optional<Checkpoint> damaged(String why) {
    log.warn(
        "an index checkpoint cannot be used, reading the journal instead path={} why={}",
        path,
        why);
    return Optional.empty();
  }
}
