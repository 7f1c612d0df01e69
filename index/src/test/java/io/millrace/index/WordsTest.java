package io.millrace.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class WordsTest {

  private final Names.Table names = new Names.Table();
  private final Words words = new Words(names);

  private static ItemFacts called(String title) {
    return ItemIndexContract.plain("item", title, 0, "category");
  }

  private static String title(Random random) {
    StringBuilder title = new StringBuilder();
    for (int n = random.nextInt(7); n >= 0; n--) {
      title.append('w').append((int) Math.pow(500, random.nextDouble())).append(' ');
    }
    return title.toString();
  }

  /** By the words' own rarities. */
  private static double length(Words.View view, int ordinal) {
    double squares = 0;
    for (int word : view.of(ordinal)) {
      squares += Math.pow(view.rarity(word), 2);
    }
    return Math.sqrt(squares);
  }

  @Test
  void an_item_is_as_long_as_its_words_are_rare_however_often_it_and_others_were_renamed() {
    Random random = new Random(7);
    for (int put = 0; put < 40_000; put++) {
      words.put(random.nextInt(8_000), called(title(random)));
      if (random.nextInt(50) == 0) {
        words.settle();
      }
    }
    words.settle();

    Words.View view = words.view();
    assertEquals(0, view.users(names.known("w1")).count(), "common");
    assertTrue(view.users(names.known("w400")).count() > 0, "not common");
    for (int ordinal = 0; ordinal < 8_000; ordinal++) {
      assertEquals(length(view, ordinal), view.length(ordinal), 1e-4);
    }
  }

  @Test
  void the_order_in_which_items_came_leaves_no_trace() {
    Random random = new Random(8);
    List<String> titles = new ArrayList<>();
    List<Integer> order = new ArrayList<>();
    for (int n = 0; n < 3_000; n++) {
      titles.add(title(random));
      order.add(n);
    }
    Words others = new Words(new Names.Table());
    for (int n : order) {
      words.put(n, called(titles.get(n)));
      words.settle();
    }
    Collections.shuffle(order, random);
    for (int n : order) {
      others.put(n, called("before"));
      others.put(n, called(titles.get(n)));
    }
    others.settle();

    for (int n : order) {
      assertEquals(words.view().length(n), others.view().length(n));
    }
  }

  @Test
  void a_word_finds_nobody_while_more_than_so_many_use_it_and_counts_all_the_same() {
    for (int n = 0; n <= Words.COMMON; n++) {
      words.put(n, called("often n" + n));
    }
    words.settle();
    int often = names.known("often");

    assertEquals(0, words.view().users(often).count());
    words.put(Words.COMMON + 1, called("other"));
    words.settle();
    assertTrue(words.view().rarity(often) > 0);

    words.put(0, called("otherwise"));
    words.settle();
    assertEquals(Words.COMMON, words.view().users(often).count());
  }

  @Test
  void a_word_counts_for_nothing_while_more_than_so_many_others_use_it() {
    Words backwards = new Words(new Names.Table());
    for (int n = 0; n <= Words.UNIVERSAL; n++) {
      words.put(n, called("often n" + n));
      words.settle();
      backwards.put(Words.UNIVERSAL - n, called("often n" + (Words.UNIVERSAL - n)));
    }
    backwards.settle();
    int often = names.known("often");

    assertEquals(0, words.view().rarity(often));
    assertEquals(words.view().rarity(names.known("n7")), words.view().length(7), 1e-5);
    assertEquals(backwards.view().length(7), words.view().length(7));

    words.put(0, called("otherwise"));
    words.put(0, called("n0"));
    words.settle();

    assertTrue(words.view().rarity(often) > 0);
    assertEquals(length(words.view(), 7), words.view().length(7), 1e-5);
  }

  @Test
  void nobody_reads_a_length_of_other_words() {
    words.put(0, called("the one"));
    words.put(1, called("the other"));
    words.settle();
    Words.View view = words.view();

    words.put(0, called("the first"));
    assertEquals(0, view.length(0));

    words.settle();
    assertEquals(length(words.view(), 0), words.view().length(0), 1e-5);
  }

  @Test
  void who_reads_on_while_words_come_finds_them_worth_nothing() {
    words.put(0, called("first"));
    words.settle();
    Words.View before = words.view();
    for (int n = 0; n < 5_000; n++) {
      words.put(1 + n % 10, called("word" + n));
    }
    words.put(0, called("last"));

    int last = before.of(0)[0];
    assertEquals(names.known("last"), last);
    assertEquals(0, before.rarity(last));
    assertEquals(0, before.users(last).count());
  }

  @Test
  void nobody_is_long_without_words() {
    words.put(0, called(""));
    words.settle();

    assertEquals(0, words.view().length(0));
    assertEquals(0, words.view().length(1_000_000));
    assertEquals(0, words.view().length(-1));
  }
}
