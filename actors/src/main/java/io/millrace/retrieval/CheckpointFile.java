package io.millrace.retrieval;

import io.millrace.serialization.CheckpointCodec;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.zip.CRC32C;
import java.util.zip.CheckedOutputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checkpoint of one index partition on disk. A cache of the journal: whatever is wrong with it,
 * the answer is to read the journal instead. It is written and read as a stream: at a million items
 * it is larger than what a heap likes to have in one piece.
 *
 * <p>Format: {@code MILLIDX3}, state, touches, header, header length (int), CRC-32C of all of it
 * (int); integers big-endian. The header says how long state and touches are. Written beside its
 * place, synced, then moved over it. Files of earlier formats are not used.
 */
final class CheckpointFile {
  private static final Logger log = LoggerFactory.getLogger(CheckpointFile.class);
  private static final long MAGIC = 0x4d494c4c49445833L;
  private static final int TAIL = 2 * Integer.BYTES;
  private static final int BUFFER = 1 << 16;

  /** No header is longer: 33 cursors of a few bytes. */
  private static final int MOST_HEADER_BYTES = 1 << 16;

  private final Path path;

  CheckpointFile(Path folder, int partition) {
    this.path = folder.resolve("index-" + partition + ".checkpoint");
  }

  /** Writes one of the two parts. */
  interface Part {
    void write(OutputStream out) throws IOException;
  }

  /** The header of such a state and such touches, given how many bytes they took. */
  interface Header {
    CheckpointHeader of(long stateBytes, long touchesBytes);
  }

  /** Puts a checkpoint in the place of the one before; returns its length in bytes. */
  long write(Part state, Part touches, Header header) throws IOException {
    Files.createDirectories(path.toAbsolutePath().getParent());
    Path beside = path.resolveSibling(path.getFileName() + ".new");
    try {
      long length = writeWhole(beside, state, touches, header);
      Files.move(beside, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      return length;
    } finally {
      Files.deleteIfExists(beside); // what a full disk left
    }
  }

  private static long writeWhole(Path to, Part state, Part touches, Header header)
      throws IOException {
    try (FileChannel file =
            FileChannel.open(
                to,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE);
        OutputStream raw = Channels.newOutputStream(file)) {
      CheckedOutputStream checked =
          new CheckedOutputStream(new BufferedOutputStream(raw, BUFFER), new CRC32C());
      DataOutputStream out = new DataOutputStream(checked);
      out.writeLong(MAGIC);
      state.write(out);
      out.flush();
      long stateBytes = file.position() - Long.BYTES;
      touches.write(out);
      out.flush();
      long touchesBytes = file.position() - Long.BYTES - stateBytes;
      byte[] headerBytes = CheckpointCodec.toBytes(header.of(stateBytes, touchesBytes));
      out.write(headerBytes);
      out.writeInt(headerBytes.length);
      out.writeInt((int) checked.getChecksum().getValue());
      out.flush();
      file.force(true);
      return file.position();
    }
  }

  /** A checkpoint whose bytes are those that were written. */
  final class Checkpoint {
    private final CheckpointHeader header;

    private Checkpoint(CheckpointHeader header) {
      this.header = header;
    }

    CheckpointHeader header() {
      return header;
    }

    /** Has somebody read the state, to be read no further than its length. */
    void readState(Reading reading) throws IOException {
      readAt(Long.BYTES, header.stateBytes(), reading);
    }

    /** The same of the touches. */
    void readTouches(Reading reading) throws IOException {
      readAt(Long.BYTES + header.stateBytes(), header.touchesBytes(), reading);
    }

    private void readAt(long from, long length, Reading reading) throws IOException {
      try (FileChannel file = FileChannel.open(path);
          InputStream in = Channels.newInputStream(file.position(from))) {
        reading.read(in, length);
      }
    }
  }

  /** Reads so many bytes, or fewer. */
  interface Reading {
    void read(InputStream in, long length) throws IOException;
  }

  /** The checkpoint, or nothing where there is none that can be trusted; says which in the log. */
  Optional<Checkpoint> read(int partition) {
    try (FileChannel file = FileChannel.open(path)) {
      long length = file.size();
      if (length < Long.BYTES + TAIL || beginning(file) != MAGIC) {
        return damaged("it does not begin like one");
      }
      DataInputStream tail =
          new DataInputStream(Channels.newInputStream(file.position(length - TAIL)));
      int headerLength = tail.readInt();
      int found = tail.readInt();
      int expected = checksum(file, length - Integer.BYTES);
      if (found != expected) {
        return damaged("its checksum is %08x, expected %08x".formatted(found, expected));
      }
      long body = length - Long.BYTES - TAIL - headerLength;
      if (headerLength < 0 || headerLength > MOST_HEADER_BYTES || body < 0) {
        return damaged("its header has %d bytes".formatted(headerLength));
      }
      byte[] headerBytes =
          Channels.newInputStream(file.position(Long.BYTES + body)).readNBytes(headerLength);
      CheckpointHeader header = CheckpointCodec.header(headerBytes);
      if (header.partition() != partition || header.stateBytes() + header.touchesBytes() != body) {
        return damaged(
            "it is of partition %d with %d and %d bytes, expected %d with %d"
                .formatted(
                    header.partition(),
                    header.stateBytes(),
                    header.touchesBytes(),
                    partition,
                    body));
      }
      return Optional.of(new Checkpoint(header));
    } catch (NoSuchFileException e) {
      log.info("no index checkpoint, reading the journal instead path={}", path);
      return Optional.empty();
    } catch (IOException | IllegalArgumentException e) {
      return damaged(e.toString());
    }
  }

  private static long beginning(FileChannel file) throws IOException {
    return new DataInputStream(Channels.newInputStream(file.position(0))).readLong();
  }

  private static int checksum(FileChannel file, long length) throws IOException {
    CRC32C checksum = new CRC32C();
    ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
    file.position(0);
    for (long left = length; left > 0; ) {
      buffer.clear().limit((int) Math.min(BUFFER, left));
      int count = file.read(buffer);
      if (count < 0) {
        throw new EOFException("an index checkpoint became shorter while it was read");
      }
      checksum.update(buffer.flip());
      left -= count;
    }
    return (int) checksum.getValue();
  }

  private Optional<Checkpoint> damaged(String why) {
    log.warn(
        "an index checkpoint cannot be used, reading the journal instead path={} why={}",
        path,
        why);
    return Optional.empty();
  }
}
