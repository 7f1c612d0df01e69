package io.millrace.edge;

import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.FlowShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.util.ByteString;

/**
 * A request's body that is read to its end although nobody wants the rest: Pekko HTTP 1.3 resets a
 * stream whose body is cancelled before its answer is sent, so that the caller never learns why,
 * and may break off its whole connection ({@code pullNextFrame not supported in state Closed}).
 * Beyond {@link #MOST_UNWANTED} the body is cancelled after all. Immutable; each body has its own
 * state.
 */
final class ReadToEnd extends GraphStage<FlowShape<ByteString, ByteString>> {
  /** As for a body that is too large. */
  private static final long MOST_UNWANTED = 64L << 20;

  private final Inlet<ByteString> in = Inlet.create("ReadToEnd.in");
  private final Outlet<ByteString> out = Outlet.create("ReadToEnd.out");
  private final FlowShape<ByteString, ByteString> shape = FlowShape.of(in, out);

  @Override
  public FlowShape<ByteString, ByteString> shape() {
    return shape;
  }

  @Override
  public GraphStageLogic createLogic(Attributes attributes) {
    return new GraphStageLogic(shape) {
      private boolean unwanted;
      private long bytes;

      {
        setHandler(
            in,
            new AbstractInHandler() {
              @Override
              public void onPush() {
                ByteString next = grab(in);
                if (!unwanted) {
                  push(out, next);
                  return;
                }
                bytes += next.size();
                if (bytes > MOST_UNWANTED) {
                  completeStage();
                } else {
                  pull(in);
                }
              }
            });
        setHandler(
            out,
            new AbstractOutHandler() {
              @Override
              public void onPull() {
                pull(in);
              }

              @Override
              public void onDownstreamFinish(Throwable cause) {
                unwanted = true;
                if (!hasBeenPulled(in)) {
                  pull(in);
                }
              }
            });
      }
    };
  }
}
