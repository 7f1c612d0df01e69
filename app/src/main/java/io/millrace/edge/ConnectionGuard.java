package io.millrace.edge;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.BidiShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.StreamTcpException;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.TimerGraphStageLogic;
import org.apache.pekko.util.ByteString;

/**
 * Stands between one connection and the server that speaks on it: what {@link ConnectionFrames}
 * allows passes; what it does not ends the connection with GOAWAY, as does a caller that asks
 * nothing for {@link #ASKED_WITHIN} after it connected. Immutable; each connection has its own
 * state.
 */
final class ConnectionGuard
    extends GraphStage<BidiShape<ByteString, ByteString, ByteString, ByteString>> {

  /** Chosen: a head is sent at once, also over a slow link; a slot among 4,096 is worth more. */
  static final Duration ASKED_WITHIN = Duration.ofSeconds(10);

  private static final String SILENT = "silent";

  private final Inlet<ByteString> received = Inlet.create("ConnectionGuard.received");
  private final Outlet<ByteString> passed = Outlet.create("ConnectionGuard.passed");
  private final Inlet<ByteString> answered = Inlet.create("ConnectionGuard.answered");
  private final Outlet<ByteString> sent = Outlet.create("ConnectionGuard.sent");
  private final BidiShape<ByteString, ByteString, ByteString, ByteString> shape =
      new BidiShape<>(received, passed, answered, sent);
  private final Duration askedWithin;

  ConnectionGuard(Duration askedWithin) {
    this.askedWithin = askedWithin;
  }

  @Override
  public BidiShape<ByteString, ByteString, ByteString, ByteString> shape() {
    return shape;
  }

  @Override
  public GraphStageLogic createLogic(Attributes attributes) {
    return new Logic();
  }

  private final class Logic extends TimerGraphStageLogic {
    private final ConnectionFrames frames = new ConnectionFrames(System.nanoTime());
    private boolean waiting = true;

    Logic() {
      super(shape);
      setHandler(
          received,
          new AbstractInHandler() {
            @Override
            public void onPush() {
              ConnectionFrames.Passed next = frames.pass(grab(received), System.nanoTime());
              if (next.violation() != null) {
                end(goAway(next.violation()), next.violation().what());
                return;
              }
              if (waiting && frames.hasAsked()) {
                waiting = false;
                cancelTimer(SILENT);
              }
              push(passed, next.bytes());
            }

            @Override
            public void onUpstreamFinish() {
              if (frames.isBetweenFrames()) {
                complete(passed);
              } else {
                fail(passed, new StreamTcpException("the connection ended within a frame"));
              }
            }

            @Override
            public void onUpstreamFailure(Throwable broken) {
              fail(passed, broken);
            }
          });
      setHandler(
          passed,
          new AbstractOutHandler() {
            @Override
            public void onPull() {
              pull(received);
            }

            @Override
            public void onDownstreamFinish(Throwable cause) {
              cancel(received, cause);
            }
          });
      setHandler(
          answered,
          new AbstractInHandler() {
            @Override
            public void onPush() {
              push(sent, grab(answered));
            }

            @Override
            public void onUpstreamFinish() {
              complete(sent);
            }

            @Override
            public void onUpstreamFailure(Throwable broken) {
              fail(sent, broken);
            }
          });
      setHandler(
          sent,
          new AbstractOutHandler() {
            @Override
            public void onPull() {
              pull(answered);
            }

            @Override
            public void onDownstreamFinish(Throwable cause) {
              cancel(answered, cause);
            }
          });
    }

    @Override
    public void preStart() {
      scheduleOnce(SILENT, askedWithin);
    }

    @Override
    public void onTimer(Object silent) {
      if (waiting) {
        end(ByteString.emptyByteString(), "nothing was asked");
      }
    }

    /** Nothing is read or answered any more; the last words are sent if there is room for them. */
    private void end(ByteString lastWords, String why) {
      StreamTcpException gone = new StreamTcpException(why);
      fail(passed, gone);
      cancel(received, gone);
      cancel(answered, gone);
      if (lastWords.nonEmpty() && isAvailable(sent)) {
        push(sent, lastWords);
      }
      complete(sent);
    }

    private ByteString goAway(ConnectionFrames.Violation violation) {
      byte[] what = violation.what().getBytes(StandardCharsets.US_ASCII);
      int length = 8 + what.length;
      return ByteString.fromArrayUnsafe(
          ByteBuffer.allocate(9 + length)
              .put((byte) 0)
              .putShort((short) length)
              .put((byte) 7)
              .put((byte) 0)
              .putInt(0)
              // Which streams were seen is not followed here: none is promised an answer.
              .putInt(Integer.MAX_VALUE)
              .putInt(violation.errorCode())
              .put(what)
              .array());
    }
  }
}
