package io.millrace.learning;

import io.millrace.model.FusionWeights;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The fusion weights that this node ranks with now. Written by {@link TrainerActor}, read by every
 * request.
 */
public final class PublishedWeights {

  private final AtomicReference<FusionWeights> weights =
      new AtomicReference<>(FusionWeights.initial());

  public FusionWeights now() {
    return weights.get();
  }

  void publish(FusionWeights next) {
    weights.set(next);
  }
}
