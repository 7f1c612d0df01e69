package io.millrace.edge;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.proto.v1.Item;
import io.millrace.proto.v1.SafetyClass;
import io.millrace.proto.v1.Variant;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class ItemCheckTest {
  private static final long NOW = 1_800_000_000_000L;

  @Test
  void an_item_needs_nothing_but_its_id() {
    assertEquals(List.of(), problems(0, item -> {}));
    assertEquals(
        List.of("itemId is empty, expected 1 to 256 bytes"), problems(0, i -> i.setItemId("")));
  }

  @Test
  void every_bound_says_what_was_given_and_what_is_expected() {
    assertEquals(
        List.of(
            "title is 1001 bytes, expected at most 1000 bytes",
            "categories[1] is empty, expected 1 to 128 bytes",
            "tags has 101 entries, expected at most 100",
            "price is NaN, expected a finite number, at least 0",
            "stock is 18446744073709551615, expected 0 to 9223372036854775807",
            "ageRating is 99, expected 0 to 21",
            "safety is 7, expected SAFE, SENSITIVE or UNSAFE",
            "durationMs is 18446744073709551615, expected 0 to 2592000000"),
        problems(
            0,
            item ->
                item.setTitle("t".repeat(1_001))
                    .addCategories("a")
                    .addCategories("")
                    .addAllTags(Collections.nCopies(101, "t"))
                    .setPrice(Double.NaN)
                    .setStock(-1)
                    .setAgeRating(99)
                    .setSafetyValue(7)
                    .setDurationMs(-1)));
    assertEquals(1, problems(0, i -> i.setCreatedAtMillis(NOW + 86_400_001)).size());
    assertEquals(1, problems(0, i -> i.putAttributes("", "x")).size());
    assertEquals(1, problems(0, i -> i.addVariants(Variant.getDefaultInstance())).size());
  }

  @Test
  void vectors_are_finite_and_as_long_as_the_catalogues() {
    assertEquals(List.of(), problems(3, i -> i.addVector(1).addVector(2).addVector(3)));
    assertEquals(
        List.of("vector has 2 values, expected 3"), problems(3, i -> i.addVector(1).addVector(2)));
    assertEquals(
        List.of("vector[1] is NaN, expected a finite number"),
        problems(0, i -> i.addVector(1).addVector(Float.NaN)));
    assertEquals(
        List.of("vector has 2049 values, expected at most 2048"),
        problems(0, i -> i.addAllVector(Collections.nCopies(2_049, 1f))));
    assertEquals(List.of(), problems(3, i -> {}));
  }

  @Test
  void an_item_survives_the_way_to_the_actors_and_back() {
    Item item =
        Item.newBuilder()
            .setItemId("i")
            .setTitle("T")
            .addCategories("c")
            .addTags("t")
            .setCreator("m")
            .setCreatedAtMillis(5)
            .setLanguage("de-CH")
            .setPrice(0)
            .setStock(0)
            .setAgeRating(16)
            .setSafety(SafetyClass.SENSITIVE)
            .setSponsor("s")
            .setDurationMs(9)
            .putAttributes("a", "b")
            .addVariants(Variant.newBuilder().setVariantId("v").setTitle("V"))
            .addVector(1.5f)
            .build();

    assertEquals(item, ItemCheck.item(ItemCheck.facts(item, 1)));
    Item bare = Item.newBuilder().setItemId("i").build();
    assertEquals(
        bare.toBuilder().setCreatedAtMillis(77).build(), ItemCheck.item(ItemCheck.facts(bare, 77)));
  }

  private static List<String> problems(int vectorLength, Consumer<Item.Builder> change) {
    Item.Builder item = Item.newBuilder().setItemId("i");
    change.accept(item);
    Problems problems = new Problems();
    ItemCheck.item(item.build(), vectorLength, NOW, problems);
    return problems.named();
  }
}
