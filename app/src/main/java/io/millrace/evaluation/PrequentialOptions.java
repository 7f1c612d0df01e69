package io.millrace.evaluation;

import io.millrace.importing.Format;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code eval prequential} was asked for.
 *
 * @param fromMs where the test begins, milliseconds since 1970; null: after the share {@code
 *     warmUp} of the events
 * @param warmUp 0 to 1
 * @param sources names of the sources to use; empty means all
 * @param without names of the sources to leave out
 * @param ranker fusion, fixed, off
 * @param stateDelay how stale the user's own state is made for retrieval and score
 * @param itemLag how stale item statistics may become: they are brought up to date only so often;
 *     zero means at every event
 * @param ablation whether sources alone, sources left out and product rules are measured beside,
 *     which takes half of the time
 * @param limit events read at most; 0 means all
 */
public record PrequentialOptions(
    Path path,
    Format format,
    @Nullable Long fromMs,
    double warmUp,
    List<String> sources,
    List<String> without,
    String ranker,
    Duration stateDelay,
    Duration itemLag,
    String surface,
    boolean ablation,
    long limit) {}
