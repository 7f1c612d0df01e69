package io.millrace.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PostingTest {

  private static final int MANY = 3 * Posting.READ;

  @Test
  void the_strongest_are_kept_while_weights_rise_and_now_and_then_fall() {
    SplittableRandom random = new SplittableRandom(1);
    Posting posting = new Posting(MANY);
    long entered = 0;
    long[] before = {};
    for (int step = 0; step < 60_000; step++) {
      int successor = random.nextInt(MANY);
      int place = posting.find(successor);
      place = place < 0 ? posting.append(successor) : place;
      float weight = posting.weights[place];
      // Few values, so that many are alike.
      posting.weigh(
          place, random.nextInt(5_000) == 0 ? weight / 2 : weight + 1 + random.nextInt(3), step);
      if (step % 50 == 0) {
        posting.settle();
        if (posting.size() > Posting.READ) {
          long[] now = held(posting);
          assertTrue(Arrays.equals(expected(posting), now), "step " + step);
          entered += Arrays.equals(before, now) ? 0 : 1;
          before = now;
        }
      }
    }
    assertTrue(entered > 500, "looks that found others: " + entered);
  }

  @Test
  void a_reader_finds_no_weaker_one_than_there_were_while_others_rise()
      throws InterruptedException {
    SplittableRandom random = new SplittableRandom(2);
    Posting posting = new Posting(MANY);
    for (int successor = 0; successor < MANY; successor++) {
      posting.weigh(posting.append(successor), 1 + random.nextInt(9), 0);
    }
    posting.settle();
    float least = BestItems.signedScore(held(posting)[0]);
    AtomicBoolean done = new AtomicBoolean();
    AtomicLong looks = new AtomicLong();
    AtomicLong weaker = new AtomicLong();
    Thread reader =
        Thread.ofPlatform()
            .start(() -> {
              while (!done.get()) {
                for (float weight : posting.strongest().weights) {
                  weaker.addAndGet(weight < least ? 1 : 0);
                }
                looks.incrementAndGet();
              }
            });
    for (int step = 0; step < 300_000 || looks.get() < 1_000; step++) {
      int place = random.nextInt(MANY);
      posting.weigh(place, posting.weights[place] + 1, 0);
    }
    done.set(true);
    reader.join();

    assertTrue(least > 1, "the least of all: " + least);
    assertEquals(0, weaker.get(), "of " + looks.get() + " looks");
  }

  private static long[] held(Posting posting) {
    Posting.Strongest strongest = posting.strongest();
    long[] keys = new long[Posting.READ];
    Arrays.setAll(
        keys, rank -> BestItems.signedKey(strongest.weights[rank], strongest.successors[rank]));
    Arrays.sort(keys);
    return keys;
  }

  private static long[] expected(Posting posting) {
    long[] keys = new long[posting.size()];
    Arrays.setAll(
        keys, place -> BestItems.signedKey(posting.weights[place], posting.successors[place]));
    Arrays.sort(keys);
    return Arrays.copyOfRange(keys, keys.length - Posting.READ, keys.length);
  }
}
