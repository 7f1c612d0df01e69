package io.millrace.index;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which items are called by which words: those of the title and the tags, and the creator. What is
 * like it in content needs no history then, of the item or of anybody. Writer thread only; readers
 * get {@link View}.
 *
 * <p>Formula: rarity(word) = log((1 + items) / (1 + items that use it)); the likeness of two items
 * is the cosine of their sets of words, each word as long as it is rare (Sparck Jones 1972). A
 * function of the facts of all items, whatever their order.
 */
final class Words {

  /** A word that more items use finds none by itself: too many, and too little in common. */
  static final int COMMON = 2_000;

  /** Of a longer text the rest is not read; chosen. */
  private static final int LONGEST_TEXT = 1_000;

  private static final int[] NONE = {};
  private static final VarHandle USERS = MethodHandles.arrayElementVarHandle(Users[].class);
  private static final VarHandle ITEM = MethodHandles.arrayElementVarHandle(int[][].class);

  /** Items that use a word; later ones are added behind {@code count}, which no reader passes. */
  record Users(int[] items, int count) {
    private static final Users NONE = new Users(Words.NONE, 0);
  }

  /** What readers see; arrays may be longer than there are items and words. Any thread. */
  record View(int[] @Nullable [] words, @Nullable Users[] users, float[] logUsers, float logItems) {

    /** The item's words in the order of its text, each once. */
    int[] of(int ordinal) {
      int[] own =
          ordinal >= 0 && ordinal < words.length ? (int[]) ITEM.getAcquire(words, ordinal) : null;
      return own == null ? NONE : own;
    }

    float rarity(int word) {
      return Math.max(0, logItems - logUsers[word]);
    }

    /** Length of the item's row of words; 0 without any. */
    float length(int[] words) {
      float squares = 0;
      for (int word : words) {
        float rarity = rarity(word);
        squares += rarity * rarity;
      }
      return (float) Math.sqrt(squares);
    }

    /** Items that use the word; none when it is {@link #COMMON}. */
    Users users(int word) {
      Users now = word < users.length ? (Users) USERS.getAcquire(users, word) : null;
      return now == null || now.count > COMMON ? Users.NONE : now;
    }
  }

  private final Names.Table numbers;
  private int[] @Nullable [] words = new int[1_024][];
  private @Nullable Users[] users = new Users[1_024];

  /** By word log(1 + items that use it); numbers are overwritten in place. */
  private float[] logUsers = new float[1_024];

  private int items;

  Words(Names.Table numbers) {
    this.numbers = numbers;
  }

  View view() {
    return new View(words, users, logUsers, log(items));
  }

  /** Adds an item, or replaces what it is called. */
  void put(int ordinal, ItemFacts facts) {
    int[] now = numbers.numbers(List.copyOf(words(facts)));
    if (ordinal >= words.length) {
      words = Arrays.copyOf(words, Math.max(ordinal + 1, words.length + (words.length >> 1)));
    }
    int[] before = words[ordinal];
    if (Arrays.equals(now, before)) {
      return;
    }
    if (before == null) {
      items++;
    } else {
      for (int word : before) {
        leave(word, ordinal);
      }
    }
    for (int word : now) {
      join(word, ordinal);
    }
    ITEM.setRelease(words, ordinal, now);
  }

  private void join(int word, int ordinal) {
    if (word >= users.length) {
      users = Arrays.copyOf(users, Math.max(word + 1, users.length + (users.length >> 1)));
      logUsers = Arrays.copyOf(logUsers, users.length);
    }
    Users old = users[word];
    int[] all = old == null ? new int[2] : old.items;
    int count = old == null ? 0 : old.count;
    if (count == all.length) {
      all = Arrays.copyOf(all, 2 * count);
    }
    all[count] = ordinal;
    set(word, new Users(all, count + 1));
  }

  /** In a new array: a reader may be at the old one. */
  private void leave(int word, int ordinal) {
    Users old = users[word];
    if (old == null) {
      return;
    }
    int[] left = new int[old.items.length];
    int count = 0;
    for (int i = 0; i < old.count; i++) {
      if (old.items[i] != ordinal) {
        left[count++] = old.items[i];
      }
    }
    set(word, new Users(left, count));
  }

  private void set(int word, Users now) {
    USERS.setRelease(users, word, now);
    logUsers[word] = log(now.count);
  }

  /** StrictMath, so that copies agree bit for bit. */
  private static float log(int n) {
    return (float) StrictMath.log(1.0 + n);
  }

  /** A creator is one word, apart from those of texts by a blank. */
  private static Set<String> words(ItemFacts facts) {
    Set<String> all = new LinkedHashSet<>(words(facts.title()));
    facts.tags().forEach(tag -> all.addAll(words(tag)));
    if (!facts.creator().isEmpty()) {
      all.add(" " + facts.creator());
    }
    return all;
  }

  /** Runs of letters and digits in lower case; an ideograph is a word by itself. */
  static List<String> words(String text) {
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    String read = text.substring(0, Math.min(LONGEST_TEXT, text.length()));
    read.toLowerCase(Locale.ROOT)
        .codePoints()
        .forEach(point -> {
          boolean ideograph = Character.isIdeographic(point);
          if (!word.isEmpty() && (ideograph || !Character.isLetterOrDigit(point))) {
            words.add(word.toString());
            word.setLength(0);
          }
          if (ideograph) {
            words.add(Character.toString(point));
          } else if (Character.isLetterOrDigit(point)) {
            word.appendCodePoint(point);
          }
        });
    if (!word.isEmpty()) {
      words.add(word.toString());
    }
    return words;
  }
}
