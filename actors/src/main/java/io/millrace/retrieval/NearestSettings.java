package io.millrace.retrieval;

import com.typesafe.config.Config;
import io.millrace.index.GraphVectorIndex;
import io.millrace.index.ListsVectorIndex;
import io.millrace.index.ScannedVectors;
import io.millrace.index.VectorIndex;
import io.millrace.index.VectorIndexSettings;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.Executor;

/**
 * What finds the items nearest to a vector: the validated settings under {@code
 * millrace.retrieval.nearest}. Decision record 18 has what was measured.
 *
 * @param approximateFrom items from which on {@link Structure#AUTO} does not compare all
 */
public record NearestSettings(Structure structure, int approximateFrom) {

  /** The structures there are, and the choice among them by the number of items. */
  public enum Structure {
    AUTO,
    EXACT,
    LISTS,
    GRAPH
  }

  static NearestSettings of(Config root) {
    String name = root.getString("millrace.retrieval.nearest.structure");
    Structure structure =
        Arrays.stream(Structure.values())
            .filter(one -> one.name().toLowerCase(Locale.ROOT).equals(name))
            .findAny()
            .orElseThrow(() ->
                new IllegalArgumentException(
                    "millrace.retrieval.nearest.structure is %s, expected auto, exact, lists or graph"
                        .formatted(name)));
    int from = root.getInt("millrace.retrieval.nearest.approximate-from");
    if (from < 1) {
      throw new IllegalArgumentException(
          "millrace.retrieval.nearest.approximate-from is %d, expected at least 1".formatted(from));
    }
    return new NearestSettings(structure, from);
  }

  /**
   * An index without vectors. An approximate one compares all until it is folded.
   *
   * @param items that it will hold when it is first searched
   * @param folder of the graph, should it be one
   * @param background folds what outgrew itself later
   */
  VectorIndex newIndex(int length, int items, Path folder, Executor background) {
    Structure chosen = structure;
    if (chosen == Structure.AUTO) {
      chosen = items < approximateFrom ? Structure.EXACT : Structure.LISTS;
    }
    return switch (chosen) {
      case AUTO, EXACT -> new ScannedVectors(length);
      case LISTS ->
          ListsVectorIndex.inMemory(
              ListsVectorIndex.Settings.USUAL.withLength(length).withFrom(items + 1), background);
      case GRAPH ->
          GraphVectorIndex.inFolder(
              folder,
              VectorIndexSettings.USUAL.withLength(length).withGraphFrom(items + 1),
              background);
    };
  }
}
