package io.millrace.importing;

import io.millrace.proto.v1.EventResult;
import io.millrace.proto.v1.Interaction;
import io.millrace.proto.v1.Item;
import io.millrace.proto.v1.PutResult;
import java.util.List;

/** Where a data set is imported into. Safe from any thread; calls wait. */
public interface Target {

  /** A result per item, in order. */
  List<PutResult> put(List<Item> items);

  /**
   * A result per event, in order.
   *
   * @throws Busy when nothing was taken and trying again makes sense
   */
  List<EventResult> record(List<Interaction> events);

  /** Waits until everything taken is applied in the index. */
  void drain();

  /** Nothing was taken now; later it may be. */
  final class Busy extends RuntimeException {
    private static final long serialVersionUID = 1;

    public Busy(String message) {
      super(message, null, false, false);
    }
  }
}
