package io.millrace.learning;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which generations there are.
 *
 * @param kept those whose files are kept, oldest first, at most {@link #MOST_KEPT}
 * @param adopted the one that feeds use, 0 for none
 * @param last highest number ever given
 */
public record GenerationsState(List<TrainedGeneration> kept, int adopted, int last) {

  /** The adopted one, the one before it, and one that waits to be adopted. */
  static final int MOST_KEPT = 3;

  public static final GenerationsState NONE = new GenerationsState(List.of(), 0, 0);

  GenerationsState after(GenerationEvent event) {
    return switch (event) {
      case GenerationEvent.Trained trained ->
          new GenerationsState(
              with(trained.generation()), adopted, Math.max(last, trained.generation().number()));
      case GenerationEvent.Refused refused ->
          new GenerationsState(kept, adopted, Math.max(last, refused.number()));
      case GenerationEvent.Adopted now -> new GenerationsState(kept, now.number(), last);
    };
  }

  /** The oldest that is not adopted leaves. */
  private List<TrainedGeneration> with(TrainedGeneration added) {
    List<TrainedGeneration> all = new ArrayList<>(kept);
    all.add(added);
    for (int i = 0; all.size() > MOST_KEPT; i++) {
      if (all.get(i).number() != adopted) {
        all.remove(i--);
      }
    }
    return List.copyOf(all);
  }

  /** Numbers that are kept here and no longer in a later state. */
  List<Integer> leftBy(GenerationsState later) {
    return kept.stream()
        .map(TrainedGeneration::number)
        .filter(number -> later.kept(number) == null)
        .toList();
  }

  @Nullable TrainedGeneration kept(int number) {
    for (TrainedGeneration one : kept) {
      if (one.number() == number) {
        return one;
      }
    }
    return null;
  }

  /** The newest kept one that is older than the adopted one; null when there is none. */
  @Nullable TrainedGeneration beforeAdopted() {
    TrainedGeneration before = null;
    for (TrainedGeneration one : kept) {
      if (one.number() < adopted) {
        before = one;
      }
    }
    return before;
  }
}
