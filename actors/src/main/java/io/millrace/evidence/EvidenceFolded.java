package io.millrace.evidence;

import io.millrace.index.EvidenceBatch;
import io.millrace.persistence.Cursor;

/**
 * The one event of an evidence actor: a batch, and the place in the user stream up to which this
 * and the earlier batches account for everything. Both are one write, hence exactly once.
 */
public record EvidenceFolded(EvidenceBatch batch, Cursor source, long acceptedAtMs) {}
