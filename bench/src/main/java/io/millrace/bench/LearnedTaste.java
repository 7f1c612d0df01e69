package io.millrace.bench;

import io.millrace.importing.DataSet;
import io.millrace.importing.Format;
import io.millrace.index.ItemFacts;
import io.millrace.item.ItemIds;
import io.millrace.model.taste.Content;
import io.millrace.model.taste.ContentEncoder;
import io.millrace.model.taste.Contents;
import io.millrace.model.taste.Crew;
import io.millrace.model.taste.Generation;
import io.millrace.model.taste.GenerationTrainer;
import io.millrace.model.taste.Interactions;
import io.millrace.model.taste.TasteSettings;
import io.millrace.retrieval.TasteSpace;
import io.millrace.retrieval.UserVectors;
import io.millrace.user.Leanings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a generation learns from a data set, without a node.
 *
 * @param name of the data set
 * @param items by the hash of their id, those that somebody touched
 * @param facts who touched what
 * @param histories by user the hashes of their items, oldest first
 */
record LearnedTaste(
    String name,
    Map<Long, ItemFacts> items,
    Interactions facts,
    Collection<? extends List<Long>> histories) {

  /** Of what {@code import} reads, the first so many interactions. */
  static LearnedTaste of(Path path, int most) throws IOException {
    DataSet data = DataSet.open(path, Format.AUTO);
    Map<String, ItemFacts> byId = data.itemsById();
    Map<Long, ItemFacts> items = new HashMap<>();
    Interactions facts = new Interactions();
    Map<String, List<Long>> histories = new LinkedHashMap<>();
    for (DataSet.Event event : data.events()) {
      if (facts.size() < most) {
        long item = ItemIds.hash(event.itemId());
        facts.add(ItemIds.hash(event.userId()), item, 1, 1, event.atMs());
        histories.computeIfAbsent(event.userId(), user -> new ArrayList<>()).add(item);
        ItemFacts known = byId.get(event.itemId());
        if (known != null) {
          items.put(item, known);
        }
      }
    }
    return new LearnedTaste(data.name(), items, facts, histories.values());
  }

  /** Trains, on the calling thread alone. */
  Generation train() throws InterruptedException {
    ContentEncoder encoder = new ContentEncoder();
    Contents contents =
        hash -> {
          ItemFacts known = items.get(hash);
          return known == null
              ? null
              : encoder.encode(
                  new Content(known.title(), known.tags(), known.categories(), known.creator()));
        };
    return new GenerationTrainer(
            TasteSettings.DEFAULT, contents, encoder.columns(), (phase, share) -> {}, Crew.ALONE)
        .train(facts, facts.size(), 1, null)
        .generation();
  }

  /** With its items in it; their ordinals are the generation's rows. */
  TasteSpace space(Generation generation) {
    TasteSpace space = new TasteSpace(generation);
    for (int row = 0; row < generation.items(); row++) {
      ItemFacts known = items.get(generation.hash(row));
      if (known != null) {
        space.put(row, known);
      }
    }
    return space;
  }

  /**
   * Long-term vectors, as feeds derive them, of users spread over all who did anything.
   *
   * @param space of {@link #space}
   */
  float[][] users(TasteSpace space, int most) {
    Generation generation = space.generation();
    List<float[]> users = new ArrayList<>();
    int step = Math.max(1, histories.size() / most);
    int at = 0;
    for (List<Long> history : histories) {
      if (at++ % step == 0 && users.size() < most) {
        int[] rows = history.reversed().stream().mapToInt(generation::row).toArray();
        float[] user =
            UserVectors.of(space, Leanings.touched(rows, new long[rows.length])).longTerm();
        if (user.length > 0) {
          users.add(user);
        }
      }
    }
    return users.toArray(float[][]::new);
  }
}
