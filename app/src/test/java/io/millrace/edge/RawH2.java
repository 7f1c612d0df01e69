package io.millrace.edge;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** An h2c connection that keeps no rule: it sends the frames that it is told to. */
final class RawH2 implements AutoCloseable {
  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int PRIORITY = 2;
  static final int RESET = 3;
  static final int SETTINGS = 4;
  static final int PING = 6;
  static final int GOAWAY = 7;
  static final int WINDOW_UPDATE = 8;
  static final int CONTINUATION = 9;
  static final int END_STREAM = 1;
  static final int END_HEADERS = 4;

  final Socket socket = new Socket();
  private final DataInputStream in;
  private final DataOutputStream out;

  record Frame(int type, int flags, int stream, byte[] payload) {
    int code(int at) {
      return payload[at + 3];
    }
  }

  /** Sends the preface and settings with this initial window. */
  RawH2(InetSocketAddress to, int window) throws IOException {
    socket.setSoTimeout(20_000);
    socket.connect(to);
    in = new DataInputStream(socket.getInputStream());
    out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream(), 1 << 16));
    out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    send(SETTINGS, 0, 0, new byte[] {0, 4, 0, 0, (byte) (window >> 8), (byte) window});
    flush();
  }

  void send(int type, int flags, int stream, byte[] payload) throws IOException {
    announce(type, flags, stream, payload.length);
    out.write(payload);
  }

  /** The head alone of a frame of this length. */
  void announce(int type, int flags, int stream, int length) throws IOException {
    out.writeByte(length >> 16);
    out.writeShort(length);
    out.writeByte(type);
    out.writeByte(flags);
    out.writeInt(stream);
  }

  void flush() throws IOException {
    out.flush();
  }

  /** The head of a gRPC call. */
  void call(int stream, String method) throws IOException {
    send(HEADERS, END_HEADERS, stream, head("/millrace.v1." + method));
  }

  /** A message in its frame. */
  void message(int stream, byte[] message, boolean last) throws IOException {
    byte[] framed = new byte[5 + message.length];
    framed[3] = (byte) (message.length >> 8);
    framed[4] = (byte) message.length;
    System.arraycopy(message, 0, framed, 5, message.length);
    send(DATA, last ? END_STREAM : 0, stream, framed);
  }

  /** Headers as HPACK writes them without tables (RFC 7541, 6.2.2). */
  static byte[] head(String path, String... more) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    literal(":method", "POST", block);
    literal(":scheme", "http", block);
    literal(":authority", "x", block);
    literal(":path", path, block);
    literal("content-type", "application/grpc", block);
    literal("te", "trailers", block);
    for (int i = 0; i < more.length; i += 2) {
      literal(more[i], more[i + 1], block);
    }
    return block.toByteArray();
  }

  private static void literal(String name, String value, ByteArrayOutputStream block) {
    block.write(0);
    text(name, block);
    text(value, block);
  }

  private static void text(String text, ByteArrayOutputStream block) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    if (bytes.length < 127) {
      block.write(bytes.length);
    } else {
      block.write(127);
      int left = bytes.length - 127;
      for (; left >= 128; left >>= 7) {
        block.write((left & 127) | 128);
      }
      block.write(left);
    }
    block.writeBytes(bytes);
  }

  Frame read() throws IOException {
    int length = (in.readUnsignedShort() << 8) | in.readUnsignedByte();
    int type = in.readUnsignedByte();
    int flags = in.readUnsignedByte();
    return new Frame(type, flags, in.readInt(), in.readNBytes(length));
  }

  /** The next frame of a type; null when the connection ended, or stays silent, before. */
  @Nullable Frame next(int type) throws IOException {
    try {
      while (true) {
        Frame frame = read();
        if (frame.type() == type) {
          return frame;
        }
      }
    } catch (EOFException | SocketException | SocketTimeoutException none) {
      return null;
    }
  }

  /** Sends the same until the node ends the connection; how often it could. */
  int flood(int most, Sending sending) throws IOException {
    int sent = 0;
    try {
      while (sent < most) {
        sending.send(sent++);
        if (sent % 64 == 0) {
          flush();
        }
      }
      flush();
    } catch (SocketException ended) {
      return sent;
    }
    return sent;
  }

  /** One time of a flood. */
  interface Sending {
    void send(int time) throws IOException;
  }

  /** Whether the node ended the connection. */
  boolean isEnded() throws IOException {
    try {
      while (true) {
        read();
      }
    } catch (EOFException | SocketException ended) {
      return true;
    } catch (SocketTimeoutException open) {
      return false;
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
