package io.millrace.retrieval;

import io.millrace.item.ItemIds;
import io.millrace.model.taste.ContentEncoder;
import io.millrace.model.taste.Contents;
import io.millrace.model.taste.Crew;
import io.millrace.model.taste.Generation;
import io.millrace.model.taste.GenerationTrainer;
import io.millrace.model.taste.Interactions;
import io.millrace.model.taste.Pace;
import io.millrace.model.taste.TasteSettings;
import java.util.Random;

/** A small generation that was really trained: number 1, of items that some of a test's may be. */
final class TrainedTaste {

  private TrainedTaste() {}

  /**
   * Trained by interactions a minute apart, from 0 on.
   *
   * @param items how many took part, named {@link #itemId}
   */
  static Generation of(int items, int interactions) {
    Random random = new Random(3);
    Interactions data = new Interactions();
    for (int n = 0; n < interactions; n++) {
      data.add(random.nextInt(100), ItemIds.hash(itemId(random.nextInt(items))), 1, 1, n * 60_000L);
    }
    try {
      return new GenerationTrainer(
              new TasteSettings(16, 0.1f, 1, 0.5f),
              Contents.NONE,
              new ContentEncoder(512).columns(),
              Pace.FULL,
              Crew.ALONE)
          .train(data, data.size(), 1, null)
          .generation();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  static String itemId(int n) {
    return "item-" + n;
  }
}
