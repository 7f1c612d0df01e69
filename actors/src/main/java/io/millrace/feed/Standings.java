package io.millrace.feed;

import io.millrace.feed.Feeds.Placed;
import io.millrace.feed.Feeds.Slot;
import io.millrace.feed.Feeds.Standing;
import io.millrace.index.ItemFacts;
import io.millrace.index.RetrievalQuery.Taste;
import io.millrace.item.ItemCard;
import io.millrace.model.taste.TasteMap;
import io.millrace.retrieval.TasteSpace;
import io.millrace.retrieval.UserVectors;
import io.millrace.user.Leanings;
import io.millrace.user.Profile;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What there is to look at beside a feed: where a user stands among items, and the items that a
 * newcomer is asked about. Reads what the node's requests read; changes nothing.
 */
final class Standings {

  /** The newest opinions that are shown with their items. */
  private static final int OPINIONS = 20;

  /** Newcomers are asked about items that many know: the so many most popular. */
  private static final int WELL_KNOWN = 100;

  private final FeedNode node;

  Standings(FeedNode node) {
    this.node = node;
  }

  /** Which items are wanted on the map: popular ones, asked ones, those with an opinion. */
  int[] wanted(Profile profile, int popular, List<String> include) {
    Set<Integer> ordinals = new LinkedHashSet<>();
    for (int ordinal : node.floor().mostPopular(popular, node.clock().millis())) {
      ordinals.add(ordinal);
    }
    for (String itemId : include) {
      ItemCard card = node.catalogue().card(itemId);
      if (card != null) {
        ordinals.add(card.ordinal());
      }
    }
    Leanings leanings = profile.leanings();
    for (int i = 0; i < Math.min(OPINIONS, leanings.size()); i++) {
      ordinals.add(leanings.ordinals()[i]);
    }
    ordinals.removeIf(ordinal -> node.catalogue().tombstoned(ordinal));
    return ordinals.stream().mapToInt(Integer::intValue).toArray();
  }

  /** Before the first generation nothing has a place. */
  Standing unplaced() {
    return new Standing(0, node.generations().progress(), null, null, List.of(), List.of());
  }

  /** Of the wanted items with what the index says of them, null where it knows nothing. */
  Standing standing(
      TasteSpace space,
      TasteMap map,
      Profile profile,
      int[] wanted,
      List<@Nullable ItemFacts> facts) {
    Leanings leanings = profile.leanings();
    Map<Integer, Byte> opinions = new HashMap<>();
    for (int i = 0; i < Math.min(OPINIONS, leanings.size()); i++) {
      opinions.put(leanings.ordinals()[i], leanings.strengths()[i]);
    }
    List<Placed> items = new ArrayList<>(wanted.length);
    for (int i = 0; i < Math.min(wanted.length, facts.size()); i++) {
      ItemFacts known = facts.get(i);
      float[] vector = space.vectors().vector(wanted[i]);
      TasteMap.Place place = vector == null ? null : map.item(vector);
      if (known != null && place != null) {
        items.add(new Placed(known, place, opinions.get(wanted[i])));
      }
    }
    Taste taste = UserVectors.of(space, leanings);
    boolean known = taste.longTerm().length > 0;
    return new Standing(
        space.number(),
        "",
        known ? map.user(taste.longTerm()) : null,
        known ? map.user(taste.recent()) : null,
        items,
        map.regions());
  }

  /** By their vectors where there is a generation, else by their categories. */
  List<Slot> starters(int size) {
    Floor floor = node.floor();
    List<ItemFacts> known = new ArrayList<>();
    List<float @Nullable []> vectors = new ArrayList<>();
    TasteSpace space = node.generations().now();
    for (int ordinal : floor.mostPopular(WELL_KNOWN, node.clock().millis())) {
      ItemFacts facts = floor.facts(ordinal);
      if (facts != null && !node.catalogue().tombstoned(ordinal)) {
        known.add(facts);
        vectors.add(space == null ? null : space.vectors().vector(ordinal));
      }
    }
    TasteMap map = space == null ? null : space.map();
    int[] picked =
        WellSpread.pick(
            known.size(),
            size,
            (one, other) -> {
              float[] a = vectors.get(one);
              float[] b = vectors.get(other);
              return map == null || a == null || b == null
                  ? 1 - overlap(known.get(one).categories(), known.get(other).categories())
                  : 1 - map.likeness(a, b);
            });
    List<Slot> slots = new ArrayList<>(picked.length);
    for (int place : picked) {
      slots.add(
          new Slot(
              known.get(place),
              "",
              List.of("well known"),
              0,
              List.of("popular-60d"),
              1,
              List.of()));
    }
    return slots;
  }

  /** Shared categories over all of two items' (Jaccard); 0 for two without. */
  private static double overlap(List<String> one, List<String> other) {
    Set<String> all = new HashSet<>(one);
    all.addAll(other);
    Set<String> both = new HashSet<>(one);
    both.retainAll(other);
    return all.isEmpty() ? 0 : (double) both.size() / all.size();
  }
}
