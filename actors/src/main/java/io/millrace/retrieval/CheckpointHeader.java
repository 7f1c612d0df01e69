package io.millrace.retrieval;

import io.millrace.persistence.Cursor;
import java.util.Map;

/**
 * What stands behind state and touches in a checkpoint file.
 *
 * @param cursors up to where each stream is in the state
 * @param stateBytes length of the index's state
 * @param touchesBytes length of the touches that live vectors are made of
 */
public record CheckpointHeader(
    int partition,
    long writtenAtMs,
    Map<String, Cursor> cursors,
    long stateBytes,
    long touchesBytes) {}
