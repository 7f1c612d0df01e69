package io.millrace.model.taste;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ContentEncoderTest {

  private final ContentEncoder encoder = new ContentEncoder();

  @Test
  void words_are_runs_of_letters_and_digits_in_lower_case() {
    assertEquals(
        Set.of("the", "dark", "knight", "2", "été"),
        ContentEncoder.words("The DARK-Knight 2: Été"));
    assertEquals(Set.of("映", "画", "x"), ContentEncoder.words("映画x"));
    assertEquals(Set.of(), ContentEncoder.words(" -- "));
  }

  @Test
  void an_item_without_content_still_has_the_column_that_all_share() {
    SparseFeatures row = encoder.encode(new Content("", List.of(), List.of(), ""));

    assertEquals(1, row.size());
    assertEquals(0, row.column(0));
    assertEquals(1, row.value(0));
  }

  @Test
  void each_group_has_length_one() {
    SparseFeatures row =
        encoder.encode(new Content("one two three four", List.of(), List.of("a", "b"), "someone"));

    double squares = 0;
    for (int i = 0; i < row.size(); i++) {
      squares += row.value(i) * row.value(i);
    }
    assertEquals(8, row.size());
    assertEquals(4, squares, 1e-5);
  }

  @Test
  void a_category_is_not_a_word() {
    assertNotEquals(
        encoder.encode(new Content("drama", List.of(), List.of(), "")),
        encoder.encode(new Content("", List.of(), List.of("drama"), "")));
  }

  @Test
  void the_order_of_tags_and_categories_says_nothing() {
    assertEquals(
        encoder.encode(new Content("t", List.of("x", "y"), List.of("a", "b"), "")),
        encoder.encode(new Content("t", List.of("y", "x"), List.of("b", "a"), "")));
  }

  @Test
  void hashes_never_change_because_they_are_stored_in_generations() {
    SparseFeatures row = encoder.encode(new Content("Heat", List.of(), List.of("Crime"), "Mann"));

    assertEquals("{0=1.0, 697=1.0, 6929=1.0, 8026=1.0}", row.toString());
  }

  @Test
  void a_clients_vector_of_zeros_or_with_a_hole_is_refused() {
    assertThrows(IllegalArgumentException.class, () -> SparseFeatures.ofClientVector(new float[3]));
    assertThrows(
        IllegalArgumentException.class,
        () -> SparseFeatures.ofClientVector(new float[] {1, Float.NaN}));
    assertEquals(3, SparseFeatures.ofClientVector(new float[] {3, 4}).size());
  }
}
