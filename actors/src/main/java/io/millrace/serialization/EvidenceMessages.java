package io.millrace.serialization;

import io.millrace.evidence.EvidenceActor;
import io.millrace.evidence.EvidenceCheckpointActor;

/** Numbers 300 to 399: what the folds of user streams are told and answer. */
final class EvidenceMessages {

  private EvidenceMessages() {}

  static void register(WireTable table) {
    table.record(300, EvidenceActor.Drain.class);
    table.record(301, EvidenceActor.Drained.class);
    table.record(302, EvidenceActor.StayAwake.class);
    table.record(303, EvidenceCheckpointActor.Write.class);
    table.record(304, EvidenceCheckpointActor.Written.class);
    table.record(305, EvidenceCheckpointActor.StayAwake.class);
  }
}
