package io.millrace.bench;

import io.grpc.netty.shaded.io.netty.buffer.Unpooled;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2Exception;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2Headers;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One h2c connection that asks many things at once, spoken frame by frame (RFC 9113): small enough
 * to cost less than the node does. Owned by one thread.
 */
final class H2Wire implements AutoCloseable {
  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int RESET = 3;
  private static final int SETTINGS = 4;
  private static final int PING = 6;
  private static final int GOAWAY = 7;
  private static final int WINDOW_UPDATE = 8;
  private static final int CONTINUATION = 9;
  private static final int END_STREAM = 1;
  private static final int ACK = 1;
  private static final int END_HEADERS = 4;
  private static final int MOST_FRAME = 16_384;
  private static final int OWN_WINDOW = 1 << 28;

  /** Largest body of a call: what a stream's window allows before the node was heard (6.9.2). */
  static final int MOST_BODY = 60_000;

  private final Socket socket;
  private final DataInputStream in;
  private final DataOutputStream out;
  private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(false, 1 << 20);
  private final Map<Integer, Open> open = new HashMap<>();
  private int nextStream = 1;
  private long window = 65_535;
  private long unacknowledged;
  private boolean goingAway;

  private static final class Open {
    final int place;
    int http = -1;
    int grpc = -1;

    Open(int place) {
      this.place = place;
    }
  }

  H2Wire(InetSocketAddress to, int timeoutMs) throws IOException {
    socket = new Socket();
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(timeoutMs);
    socket.connect(to, timeoutMs);
    in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 64 << 10));
    out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream(), 64 << 10));
    out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    frame(SETTINGS, 0, 0, 6);
    out.writeShort(4);
    out.writeInt(OWN_WINDOW);
    frame(WINDOW_UPDATE, 0, 0, 4);
    out.writeInt(OWN_WINDOW);
  }

  /** Whether more may be asked here. */
  boolean isUsable() {
    return !goingAway && nextStream < 1_000_000_000;
  }

  /**
   * Asks all at once and waits for all. An answer per call, in order; null where the connection
   * ended before.
   */
  List<FuzzAnswer> ask(List<FuzzCase.Call> calls) throws IOException {
    List<FuzzAnswer> answers = new ArrayList<>();
    try {
      for (FuzzCase.Call call : calls) {
        answers.add(null);
        send(call, answers);
      }
      out.flush();
      while (!open.isEmpty()) {
        read(answers);
      }
    } catch (SocketTimeoutException late) {
      goingAway = true;
      open.values().forEach(one -> answers.set(one.place, FuzzAnswer.trouble("no answer")));
    } catch (IOException ended) {
      goingAway = true;
    }
    while (answers.size() < calls.size()) {
      answers.add(null);
    }
    return answers;
  }

  private void send(FuzzCase.Call call, List<FuzzAnswer> answers) throws IOException {
    byte[] body = call.bytes();
    while (window < body.length) {
      out.flush();
      read(answers);
    }
    window -= body.length;
    int stream = nextStream;
    nextStream += 2;
    open.put(stream, new Open(answers.size() - 1));
    byte[] head = HeaderBlock.of("POST", call.path(), call.headers());
    frame(HEADERS, END_HEADERS, stream, head.length);
    out.write(head);
    int at = 0;
    do {
      int length = Math.min(MOST_FRAME, body.length - at);
      frame(DATA, at + length == body.length ? END_STREAM : 0, stream, length);
      out.write(body, at, length);
      at += length;
    } while (at < body.length);
  }

  private void read(List<FuzzAnswer> answers) throws IOException {
    int length = in.readUnsignedShort() << 8 | in.readUnsignedByte();
    int type = in.readUnsignedByte();
    int flags = in.readUnsignedByte();
    int stream = in.readInt();
    byte[] payload = in.readNBytes(length);
    switch (type) {
      case DATA -> {
        unacknowledged += length;
        if (unacknowledged > OWN_WINDOW / 4) {
          frame(WINDOW_UPDATE, 0, 0, 4);
          out.writeInt((int) unacknowledged);
          out.flush();
          unacknowledged = 0;
        }
        if ((flags & END_STREAM) != 0) {
          ended(stream, answers);
        }
      }
      case HEADERS -> {
        byte[] block = payload;
        while ((flags & END_HEADERS) == 0) {
          int more = in.readUnsignedShort() << 8 | in.readUnsignedByte();
          if (in.readUnsignedByte() != CONTINUATION) {
            throw new IOException("expected CONTINUATION");
          }
          flags |= in.readUnsignedByte() & END_HEADERS;
          in.readInt();
          block = FuzzMutations.concat(block, in.readNBytes(more));
        }
        headers(stream, block);
        if ((flags & END_STREAM) != 0) {
          ended(stream, answers);
        }
      }
      case RESET -> {
        Open one = open.remove(stream);
        if (one != null) {
          int code = payload[3];
          answers.set(
              one.place,
              one.grpc >= 0 ? FuzzAnswer.grpc(one.grpc) : FuzzAnswer.trouble("reset " + code));
        }
      }
      case SETTINGS -> {
        if ((flags & ACK) == 0) {
          frame(SETTINGS, ACK, 0, 0);
          out.flush();
        }
      }
      case PING -> {
        if ((flags & ACK) == 0) {
          frame(PING, ACK, 0, 8);
          out.write(payload);
          out.flush();
        }
      }
      case GOAWAY -> goingAway = true;
      case WINDOW_UPDATE -> {
        if (stream == 0) {
          window +=
              (payload[0] & 0x7fL) << 24
                  | (payload[1] & 0xffL) << 16
                  | (payload[2] & 0xffL) << 8
                  | (payload[3] & 0xffL);
        }
      }
      default -> {}
    }
    if (goingAway && type == GOAWAY) {
      throw new IOException("GOAWAY " + payload[7]);
    }
  }

  private void headers(int stream, byte[] block) throws IOException {
    Http2Headers headers;
    try {
      headers = decoder.decodeHeaders(stream, Unpooled.wrappedBuffer(block));
    } catch (Http2Exception broken) {
      throw new IOException("headers cannot be read", broken);
    }
    Open one = open.get(stream);
    if (one == null) {
      return;
    }
    if (headers.status() != null) {
      one.http = Integer.parseInt(headers.status().toString());
    }
    CharSequence grpc = headers.get("grpc-status");
    if (grpc != null) {
      one.grpc = Integer.parseInt(grpc.toString());
    }
  }

  private void ended(int stream, List<FuzzAnswer> answers) {
    Open one = open.remove(stream);
    if (one == null) {
      return;
    }
    answers.set(
        one.place,
        one.grpc >= 0
            ? FuzzAnswer.grpc(one.grpc)
            // gRPC-Web has its status in the body, which is not read here.
            : one.http == 200 ? FuzzAnswer.ended("http 200") : FuzzAnswer.http(one.http));
  }

  private void frame(int type, int flags, int stream, int length) throws IOException {
    out.writeByte(length >> 16);
    out.writeShort(length);
    out.writeByte(type);
    out.writeByte(flags);
    out.writeInt(stream);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
