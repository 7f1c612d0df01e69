package io.millrace.bench;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** One HTTP/1.1 connection, spoken byte by byte. Owned by one thread. */
final class Http1Wire implements AutoCloseable {
  private static final int MOST_LINE = 64 << 10;

  private final Socket socket;
  private final InputStream in;
  private boolean last;

  Http1Wire(InetSocketAddress to, int timeoutMs) throws IOException {
    socket = new Socket();
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(timeoutMs);
    socket.connect(to, timeoutMs);
    in = new BufferedInputStream(socket.getInputStream(), 16 << 10);
  }

  void send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
  }

  /** Nothing more comes from here. */
  void end() throws IOException {
    socket.shutdownOutput();
  }

  /** The node said that it closes after what was read last. */
  boolean isLast() {
    return last;
  }

  /** Reads one response to its end; its gRPC status where it has one, else that of HTTP. */
  FuzzAnswer read(boolean bodyless) throws IOException {
    String line = line();
    String[] parts = line.split(" ", 3);
    if (parts.length < 2 || !parts[0].startsWith("HTTP/1.")) {
      throw new IOException("status line is " + line);
    }
    int status = Integer.parseInt(parts[1]);
    long length = -1;
    boolean chunked = false;
    int grpc = -1;
    for (String header = line(); !header.isEmpty(); header = line()) {
      String lower = header.toLowerCase(Locale.ROOT);
      if (lower.startsWith("content-length:")) {
        length = Long.parseLong(lower.substring(15).strip());
      } else if (lower.startsWith("transfer-encoding:")) {
        chunked = lower.endsWith("chunked");
      } else if (lower.startsWith("connection:")) {
        last = lower.endsWith("close");
      } else if (lower.startsWith("grpc-status:")) {
        grpc = Integer.parseInt(lower.substring(12).strip());
      }
    }
    byte[] body = new byte[0];
    if (!bodyless && status != 204 && status != 304) {
      body = chunked ? chunks() : length >= 0 ? exactly(length) : in.readAllBytes();
    }
    if (grpc < 0 && status == 200) {
      grpc = trailer(body);
    }
    return grpc >= 0 ? FuzzAnswer.grpc(grpc) : FuzzAnswer.http(status);
  }

  /** The status in the last frame of gRPC-Web; -1 when there is none. */
  private static int trailer(byte[] body) {
    String text = new String(body, StandardCharsets.ISO_8859_1);
    int at = text.lastIndexOf("grpc-status:");
    if (at < 0 || at < text.length() - 8_000) {
      return -1;
    }
    String rest = text.substring(at + 12).strip();
    int end = 0;
    while (end < rest.length() && Character.isDigit(rest.charAt(end))) {
      end++;
    }
    return end == 0 ? -1 : Integer.parseInt(rest.substring(0, end));
  }

  private byte[] chunks() throws IOException {
    byte[] body = new byte[0];
    while (true) {
      int length = Integer.parseInt(line().split(";", 2)[0].strip(), 16);
      byte[] chunk = exactly(length);
      line();
      if (length == 0) {
        return body;
      }
      body = FuzzMutations.concat(body, chunk);
    }
  }

  private byte[] exactly(long length) throws IOException {
    byte[] bytes = in.readNBytes((int) length);
    if (bytes.length < length) {
      throw new EOFException("body ends after " + bytes.length + " of " + length + " bytes");
    }
    return bytes;
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder(80);
    while (line.length() < MOST_LINE) {
      int c = in.read();
      if (c < 0) {
        throw new EOFException("closed");
      }
      if (c == '\n') {
        return line.toString();
      }
      if (c != '\r') {
        line.append((char) c);
      }
    }
    throw new IOException("line of more than " + MOST_LINE + " bytes");
  }

  /** Reads on until the node closes; how many bytes came. */
  long drain() throws IOException {
    return in.transferTo(java.io.OutputStream.nullOutputStream());
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
