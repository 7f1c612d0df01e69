package io.millrace.index;

import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.ints.IntOpenHashSet;
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
 * <p>Formula: rarity(word) = log(1 + items) - log(1 + items that use it), the latter rounded down
 * to quarters of an octave, and 0 for a word that is {@link #UNIVERSAL}; the likeness of two items
 * is the cosine of their sets of words, each word as long as it is rare (Sparck Jones 1972). A
 * function of the facts of all items, whatever their order.
 *
 * <p>How long an item is depends on how rare each of its words is now, and is asked of every item
 * that shares a word with a history. So three whole numbers of each are kept up to date (decision
 * record 36): a word changes those of its users when it gets to another quarter of an octave, which
 * is when it has a fifth more of them, and never once it is universal.
 */
final class Words {

  /** A word that more items use finds none by itself: too many, and too little in common. */
  static final int COMMON = 2_000;

  /** A word that more items use counts for nothing, and so has no more to be told; chosen. */
  static final int UNIVERSAL = 65_536;

  /** Steps of rounding an octave of users: .17 of a rarity that is 2 to 10. */
  private static final int STEPS = 4;

  private static final double LN_2 = 0.6931471805599453;
  private static final double STEP = LN_2 / STEPS;

  /** Level of a word that is {@link #UNIVERSAL}. */
  private static final byte NO_LEVEL = -1;

  /**
   * Of the words of an item that are not universal, in one number that is read and written whole:
   * how many in the upper 17 bits, the sum of their levels in 21, that of their squares in the
   * lower 26. An item has at most 14,000 words, a level is at most 64.
   */
  private static final int COUNT_SHIFT = 47;

  private static final int SUM_SHIFT = 26;

  /** Room that stays for what is noted until it is settled; a restore notes everything at once. */
  private static final int MOST_KEPT = 1_024;

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
  record View(
      int[] @Nullable [] words,
      @Nullable Users[] users,
      byte[] levels,
      long[] lengths,
      double logItems) {

    /** The item's words in the order of its text, each once. */
    int[] of(int ordinal) {
      int[] own =
          ordinal >= 0 && ordinal < words.length ? (int[]) ITEM.getAcquire(words, ordinal) : null;
      return own == null ? NONE : own;
    }

    /** 0 for a word that has no place here yet. */
    float rarity(int word) {
      byte level = word < levels.length ? levels[word] : NO_LEVEL;
      return level == NO_LEVEL ? 0 : (float) Math.max(0, logItems - level * STEP);
    }

    /**
     * Root of the sum of squares of how rare the item's words are; 0 without any that count, and
     * while the writer calls it otherwise.
     */
    float length(int ordinal) {
      long packed = ordinal >= 0 && ordinal < lengths.length ? lengths[ordinal] : 0;
      long count = packed >>> COUNT_SHIFT;
      long sum = (packed >>> SUM_SHIFT) & ((1 << (COUNT_SHIFT - SUM_SHIFT)) - 1);
      long squares = packed & ((1 << SUM_SHIFT) - 1);
      return (float)
          Math.sqrt(
              Math.max(
                  0,
                  count * logItems * logItems - 2 * STEP * logItems * sum + STEP * STEP * squares));
    }

    /** Reads ahead what {@link #of} those items is. */
    void ahead(Ahead ahead, int[] ordinals, int next, int count) {
      ahead.rows(words, ordinals, next, count);
    }

    /** Reads ahead what {@link #length} of those items is made of. */
    void lengthsAhead(Ahead ahead, int[] ordinals, int next, int count) {
      ahead.longs(lengths, ordinals, next, count);
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

  /** By word, as of the last {@link #settle}; numbers are overwritten in place. */
  private byte[] levels = new byte[1_024];

  /** By ordinal, the same. */
  private long[] lengths = new long[1_024];

  /** Since then: items called otherwise, and words with other users. */
  private final IntArrayList renamedItems = new IntArrayList();

  private final IntArrayList changedWords = new IntArrayList();
  private int items;

  Words(Names.Table numbers) {
    this.numbers = numbers;
  }

  View view() {
    return new View(words, users, levels, lengths, StrictMath.log(1.0 + items));
  }

  /** Adds an item, or replaces what it is called; {@link #settle} makes lengths follow. */
  void put(int ordinal, ItemFacts facts) {
    int[] now = numbers.numbers(List.copyOf(words(facts)));
    if (ordinal >= words.length) {
      words = Arrays.copyOf(words, Math.max(ordinal + 1, words.length + (words.length >> 1)));
      lengths = Arrays.copyOf(lengths, words.length);
    }
    int[] before = words[ordinal];
    if (Arrays.equals(now, before)) {
      return;
    }
    items += before == null ? 1 : 0;
    // Before its new users or words show: nobody divides by the length of others.
    lengths[ordinal] = 0;
    IntOpenHashSet left = new IntOpenHashSet(before == null ? NONE : before);
    for (int word : now) {
      if (!left.remove(word)) {
        join(word, ordinal);
      }
    }
    left.forEach(word -> leave(word, ordinal));
    ITEM.setRelease(words, ordinal, now);
    renamedItems.add(ordinal);
  }

  /** Brings lengths up to date with what was put. */
  void settle() {
    for (int i = 0; i < renamedItems.size(); i++) {
      int ordinal = renamedItems.getInt(i);
      long length = 0;
      for (int word : words[ordinal]) {
        length += packed(levels[word]);
      }
      lengths[ordinal] = length;
    }
    renamedItems.clear();
    renamedItems.trim(MOST_KEPT);
    for (int i = 0; i < changedWords.size(); i++) {
      int word = changedWords.getInt(i);
      Users now = users[word];
      byte level = level(now.count);
      long change = packed(level) - packed(levels[word]);
      if (change != 0) {
        for (int user = 0; user < now.count; user++) {
          lengths[now.items[user]] += change;
        }
      }
      levels[word] = level;
    }
    changedWords.clear();
    changedWords.trim(MOST_KEPT);
  }

  /** StrictMath, so that copies agree; log 2 is four steps, not three and a rounding. */
  private static byte level(int users) {
    return users > UNIVERSAL ? NO_LEVEL : (byte) (StrictMath.log(1.0 + users) / STEP + 1e-9);
  }

  private static long packed(byte level) {
    return level == NO_LEVEL
        ? 0
        : (1L << COUNT_SHIFT) + ((long) level << SUM_SHIFT) + level * level;
  }

  private void join(int word, int ordinal) {
    if (word >= users.length) {
      users = Arrays.copyOf(users, Math.max(word + 1, users.length + (users.length >> 1)));
      levels = Arrays.copyOf(levels, users.length);
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
    changedWords.add(word);
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
