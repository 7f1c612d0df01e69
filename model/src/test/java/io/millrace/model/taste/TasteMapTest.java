package io.millrace.model.taste;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.model.taste.TasteMap.Place;
import io.millrace.model.taste.TasteMap.Region;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TasteMapTest {

  private static final int D = 16;
  private static final List<String> CATEGORIES = List.of("north", "east", "south", "west");
  private static final int EACH = 60;

  @Test
  void categories_lie_apart_and_each_item_near_its_own() {
    List<float[]> items = items(1);

    TasteMap map = survey(items).draw(null);

    assertEquals(CATEGORIES.size(), map.regions().size());
    int own = 0;
    for (int n = 0; n < items.size(); n++) {
      Place place = map.item(items.get(n));
      assertNotNull(place);
      own += nearest(map, place).category().equals(category(n)) ? 1 : 0;
    }
    assertTrue(own > items.size() * 9 / 10, own + " of " + items.size() + " are near their own");
  }

  @Test
  void a_user_who_took_up_a_category_stands_in_it_and_moves_with_each_item() {
    List<float[]> items = items(2);
    TasteMap map = survey(items).draw(null);
    FoldIn fold = new FoldIn(new TasteSettings(D, .03f, 1, .5f));

    Place before = null;
    for (int likes = 1; likes <= 4; likes++) {
      fold.begin(gramian(items), .03f, new float[D], 0);
      for (int n = 0; n < likes; n++) {
        fold.add(items.get(2 + n * CATEGORIES.size()), 0, 1, 1);
      }
      float[] user = new float[D];
      fold.solve(user, 0);
      Place now = map.user(user);
      assertNotNull(now);
      assertEquals("south", nearest(map, now).category());
      assertTrue(!now.equals(before), "moved by like " + likes);
      before = now;
    }
  }

  @Test
  void popularity_has_no_place() {
    List<float[]> items = items(3);
    TasteMap map = survey(items).draw(null);

    float[] item = items.get(7);
    float[] mean = new float[D];
    for (float[] one : items) {
      for (int i = 0; i < D; i++) {
        mean[i] += one[i] / items.size();
      }
    }
    float[] morePopular = item.clone();
    for (int i = 0; i < D; i++) {
      morePopular[i] += 5 * mean[i];
    }

    assertNull(map.item(mean));
    assertNear(map.item(item), map.item(morePopular), 1e-5);
    assertEquals(1, map.likeness(item, morePopular), 1e-5);
  }

  @Test
  void the_same_survey_draws_the_same_map() {
    List<float[]> items = items(4);

    TasteMap one = survey(items).draw(null);
    TasteMap other = survey(items).draw(null);

    for (float[] item : items) {
      assertNear(one.item(item), other.item(item), 0);
    }
  }

  @Test
  void a_map_that_follows_another_turns_its_axes_onto_it() {
    List<float[]> items = items(4);
    TasteMap before = survey(items).draw(null);
    // Eastern items weigh so much more now that the axes come out otherwise.
    TasteMap.Survey east = new TasteMap.Survey(gramian(items));
    for (int n = 0; n < items.size(); n++) {
      east.add(items.get(n), category(n), category(n).equals("east") ? 400 : 1);
    }
    TasteMap.Survey again = new TasteMap.Survey(gramian(items));
    for (int n = 0; n < items.size(); n++) {
      again.add(items.get(n), category(n), category(n).equals("east") ? 400 : 1);
    }

    double alone = moved(items, before, east.draw(null));
    double turned = moved(items, before, again.draw(before));

    assertTrue(turned < alone, turned + " turned, " + alone + " alone");
  }

  private static double moved(List<float[]> items, TasteMap before, TasteMap after) {
    double sum = 0;
    for (float[] item : items) {
      Place old = before.item(item);
      Place now = after.item(item);
      assertNotNull(old);
      assertNotNull(now);
      sum += far(old, now);
    }
    return sum / items.size();
  }

  @Test
  void without_categories_items_alone_make_the_map() {
    List<float[]> items = items(5);
    TasteMap.Survey survey = new TasteMap.Survey(gramian(items));
    items.forEach(item -> survey.add(item, "", 1));

    TasteMap map = survey.draw(null);

    assertEquals(List.of(), map.regions());
    double spread = 0;
    for (float[] item : items) {
      Place place = map.item(item);
      assertNotNull(place);
      assertTrue(Math.hypot(place.x(), place.y()) <= 1 + 1e-9);
      spread += Math.hypot(place.x(), place.y()) / items.size();
    }
    assertTrue(spread > .5, "items are " + spread + " from the middle");
  }

  @Test
  void a_vector_of_another_length_is_refused() {
    TasteMap.Survey survey = new TasteMap.Survey(gramian(items(6)));

    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> survey.add(new float[3], "", 1));

    assertEquals("item vector has 3 values, expected 16", refused.getMessage());
  }

  /** Much that all have, something of their category, a little of their own. */
  private static List<float[]> items(long seed) {
    Random random = new Random(seed);
    float[] all = gaussian(random, 1);
    List<float[]> own = new ArrayList<>();
    for (int c = 0; c < CATEGORIES.size(); c++) {
      own.add(gaussian(random, .5f));
    }
    List<float[]> items = new ArrayList<>();
    for (int n = 0; n < EACH * CATEGORIES.size(); n++) {
      float[] item = gaussian(random, .1f);
      float popularity = .5f + random.nextFloat();
      for (int i = 0; i < D; i++) {
        item[i] += popularity * all[i] + own.get(n % CATEGORIES.size())[i];
      }
      items.add(item);
    }
    return items;
  }

  private static float[] gaussian(Random random, float scale) {
    float[] vector = new float[D];
    for (int i = 0; i < D; i++) {
      vector[i] = scale * (float) random.nextGaussian();
    }
    return vector;
  }

  private static String category(int n) {
    return CATEGORIES.get(n % CATEGORIES.size());
  }

  private static TasteMap.Survey survey(List<float[]> items) {
    TasteMap.Survey survey = new TasteMap.Survey(gramian(items));
    for (int n = 0; n < items.size(); n++) {
      survey.add(items.get(n), category(n), 1);
    }
    return survey;
  }

  private static Gramian gramian(List<float[]> items) {
    float[] flat = new float[items.size() * D];
    for (int n = 0; n < items.size(); n++) {
      System.arraycopy(items.get(n), 0, flat, n * D, D);
    }
    return Gramian.of(D, flat, items.size());
  }

  private static Region nearest(TasteMap map, Place place) {
    return map.regions().stream()
        .min((a, b) -> Double.compare(far(a.place(), place), far(b.place(), place)))
        .orElseThrow();
  }

  private static double far(Place a, Place b) {
    return Math.hypot(a.x() - b.x(), a.y() - b.y());
  }

  private static void assertNear(@Nullable Place expected, @Nullable Place actual, double most) {
    assertNotNull(expected);
    assertNotNull(actual);
    assertEquals(0, far(expected, actual), most);
  }
}
