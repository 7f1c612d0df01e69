package io.millrace.evidence;

import io.millrace.index.EvidenceBatch.Touch;
import io.millrace.index.EvidencePart;
import io.millrace.persistence.Cursor;
import java.util.List;

/**
 * The one event of who writes the checkpoints of a stream: a part of one. The parts of a checkpoint
 * come in turn and are true as of the same batch.
 *
 * @param batches the place behind that batch in its stream
 * @param touches the newest of the part's items, by {@link NewestTouches}
 */
public record EvidencePartWritten(
    EvidencePart part, Cursor batches, List<Touch> touches, long acceptedAtMs) {}
