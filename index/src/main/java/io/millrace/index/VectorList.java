package io.millrace.index;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * One inverted list: the codes of its vectors in blocks of {@value #BLOCK}, within a block a row of
 * bytes for each dimension, so that each lane is one vector and nothing is added across lanes.
 *
 * <p>Formula: x is about scale * code. The norm of a code is at most {@link #codeNorm}, that of a
 * query's {@link #queryNorm}; by Cauchy and Schwarz no sum of products, whole or in part, leaves a
 * signed 16-bit lane. A scale for each vector, because norms carry popularity.
 *
 * <p>What a reader may see: a slot counts for a reader of version v when {@code born <= v < ended}.
 * The writer fills a slot before the version in which it is born is published, and fills an ended
 * one again only when no reader of an older version is left ({@link ListsVectorIndex}); so what a
 * reader finds torn is never born for it. Written by one thread.
 */
final class VectorList {

  static final int BLOCK = 32;

  private static final int STRIDE = 4;
  private static final int BORN = 1;
  private static final int ENDED = 2;

  /** Version of what has not happened. */
  static final int NEVER = Integer.MAX_VALUE;

  private static final VarHandle INTS = MethodHandles.arrayElementVarHandle(int[].class);
  private static final VectorSpecies<Short> SHORTS =
      ShortVector.SPECIES_PREFERRED.length() > BLOCK
          ? ShortVector.SPECIES_512
          : ShortVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Byte> BYTES =
      VectorSpecies.of(byte.class, VectorShape.forBitSize(SHORTS.vectorBitSize() / 2));
  private static final VectorSpecies<Integer> INTEGERS =
      VectorSpecies.of(int.class, SHORTS.vectorShape());
  private static final VectorSpecies<Float> FLOATS =
      VectorSpecies.of(float.class, SHORTS.vectorShape());
  private static final int LANES = SHORTS.length();
  private static final int HALF = LANES / 2;

  final int length;
  private final byte[] codes;

  /** Not a number where nothing was ever born: no bar is reached there. */
  private final float[] scales;

  /** Of each slot its item, the version in which it was born, and the one that ended it. */
  private final int[] facts;

  /** Slots below it were used. Writer thread only, as all below. */
  private int size;

  /** Ended slots, oldest first, a ring. */
  private int[] free = new int[8];

  private int freeFrom;
  private int freeCount;

  VectorList(int length, int room) {
    int slots = (Math.max(room, 1) + BLOCK - 1) / BLOCK * BLOCK;
    this.length = length;
    codes = new byte[Math.multiplyExact(slots, rows(length))];
    scales = new float[slots];
    Arrays.fill(scales, Float.NaN);
    facts = new int[slots * STRIDE];
    Arrays.fill(facts, NEVER);
  }

  /** Rows of bytes of a block: an even number. */
  private static int rows(int length) {
    return (length + 1) & ~1;
  }

  /** Rounding adds at most half a root of the length to a norm. */
  private static float codeNorm(int length) {
    return (float) (255 - Math.sqrt(length) / 2);
  }

  private static float queryNorm(int length) {
    return (float) (127 - Math.sqrt(length) / 2);
  }

  /**
   * Writes a query's codes, each as often as there are slots in a block, and answers its scale.
   *
   * @param codes at least {@link #queryLength} long
   */
  static float encodeQuery(float[] vector, short[] codes) {
    double norm = GraphFolder.norm(vector);
    float inverse = norm > 0 ? (float) (queryNorm(vector.length) / norm) : 0;
    for (int i = 0; i < rows(vector.length); i++) {
      short code = i < vector.length ? (short) Math.round(vector[i] * inverse) : 0;
      Arrays.fill(codes, i * BLOCK, (i + 1) * BLOCK, code);
    }
    return norm > 0 ? 1 / inverse : 0;
  }

  static int queryLength(int length) {
    return rows(length) * BLOCK;
  }

  int blocks() {
    return codes.length / (BLOCK * rows(length));
  }

  /** Slots that count for somebody, at most. Writer thread only. */
  int used() {
    return size - freeCount;
  }

  boolean counts(int slot, int version) {
    // The end first: a slot that is filled again is born anew before its end is taken back.
    return (int) INTS.getAcquire(facts, slot * STRIDE + ENDED) > version
        && (int) INTS.getAcquire(facts, slot * STRIDE + BORN) <= version;
  }

  /** Of a slot that counts. */
  int ordinal(int slot) {
    return facts[slot * STRIDE];
  }

  /**
   * Slots of some blocks whose score reaches the bar; some may not count.
   *
   * <p>Long on purpose: above 325 bytecodes C2 leaves it out of line, and inlined into a search the
   * like of it ran at half the speed in an earlier trial.
   *
   * @param query of {@link #encodeQuery}
   * @param bar in units of the query's scale
   * @param slots at least {@link #BLOCK} for each block; in the order of slots
   * @param scores in units of the query's scale
   * @return how many
   */
  int reaching(int from, int to, short[] query, float bar, int[] slots, float[] scores) {
    int found = 0;
    int rows = rows(length);
    for (int block = from; block < to; block++) {
      int first = block * BLOCK;
      for (int lane = 0; lane < BLOCK; lane += LANES) {
        int at = first * rows + lane;
        int end = at + rows * BLOCK;
        ShortVector even = ShortVector.zero(SHORTS);
        ShortVector odd = even;
        for (int q = lane; at < end; at += 2 * BLOCK, q += 2 * BLOCK) {
          even =
              even.add(
                  ((ShortVector)
                          ByteVector.fromArray(BYTES, codes, at)
                              .convertShape(VectorOperators.B2S, SHORTS, 0))
                      .mul(ShortVector.fromArray(SHORTS, query, q)));
          odd =
              odd.add(
                  ((ShortVector)
                          ByteVector.fromArray(BYTES, codes, at + BLOCK)
                              .convertShape(VectorOperators.B2S, SHORTS, 0))
                      .mul(ShortVector.fromArray(SHORTS, query, q + BLOCK)));
        }
        ShortVector sums = even.add(odd);
        int slot = first + lane;
        FloatVector low =
            ((FloatVector)
                    ((IntVector) sums.convertShape(VectorOperators.S2I, INTEGERS, 0))
                        .convertShape(VectorOperators.I2F, FLOATS, 0))
                .mul(FloatVector.fromArray(FLOATS, scales, slot));
        FloatVector high =
            ((FloatVector)
                    ((IntVector) sums.convertShape(VectorOperators.S2I, INTEGERS, 1))
                        .convertShape(VectorOperators.I2F, FLOATS, 0))
                .mul(FloatVector.fromArray(FLOATS, scales, slot + HALF));
        VectorMask<Float> reachLow = low.compare(VectorOperators.GE, bar);
        VectorMask<Float> reachHigh = high.compare(VectorOperators.GE, bar);
        long bits = reachLow.toLong();
        if (bits != 0) {
          low.compress(reachLow).intoArray(scores, found);
          for (; bits != 0; bits &= bits - 1) {
            slots[found++] = slot + Long.numberOfTrailingZeros(bits);
          }
        }
        bits = reachHigh.toLong();
        if (bits != 0) {
          high.compress(reachHigh).intoArray(scores, found);
          for (; bits != 0; bits &= bits - 1) {
            slots[found++] = slot + HALF + Long.numberOfTrailingZeros(bits);
          }
        }
      }
    }
    return found;
  }

  /** Room that {@link #reaching} may write past what it found. */
  static int slack() {
    return HALF;
  }

  /**
   * A slot for a new vector, -1 when there is none. Writer thread only.
   *
   * @param oldest version of the oldest reader
   */
  int room(int oldest) {
    if (freeCount > 0 && facts[free[freeFrom] * STRIDE + ENDED] <= oldest) {
      int slot = free[freeFrom];
      freeFrom = (freeFrom + 1) & (free.length - 1);
      freeCount--;
      return slot;
    }
    return size < scales.length ? size++ : -1;
  }

  /** Fills a slot that {@link #room} gave. Writer thread only. */
  void write(int slot, int ordinal, float[] vector, int version) {
    INTS.setRelease(facts, slot * STRIDE + BORN, version);
    VarHandle.storeStoreFence();
    double norm = GraphFolder.norm(vector);
    float most = 0;
    for (float value : vector) {
      most = Math.max(most, Math.abs(value));
    }
    float scale = (float) Math.max(norm / codeNorm(length), most / 127);
    float inverse = scale > 0 ? 1 / scale : 0;
    int at = slot / BLOCK * BLOCK * rows(length) + slot % BLOCK;
    for (float value : vector) {
      codes[at] = (byte) Math.round(value * inverse);
      at += BLOCK;
    }
    scales[slot] = scale;
    facts[slot * STRIDE] = ordinal;
    INTS.setRelease(facts, slot * STRIDE + ENDED, NEVER);
  }

  /** From this version on nobody takes the slot for something. Writer thread only. */
  void end(int slot, int version) {
    INTS.setRelease(facts, slot * STRIDE + ENDED, version);
    if (freeCount == free.length) {
      int[] larger = new int[2 * free.length];
      for (int i = 0; i < freeCount; i++) {
        larger[i] = free[(freeFrom + i) & (free.length - 1)];
      }
      free = larger;
      freeFrom = 0;
    }
    free[(freeFrom + freeCount++) & (free.length - 1)] = slot;
  }

  /** A copy with half as much room again; slots stay where they are. Writer thread only. */
  VectorList larger() {
    VectorList larger = new VectorList(length, size + (size >> 1) + 1);
    System.arraycopy(codes, 0, larger.codes, 0, codes.length);
    System.arraycopy(scales, 0, larger.scales, 0, size);
    System.arraycopy(facts, 0, larger.facts, 0, facts.length);
    larger.size = size;
    larger.free = free.clone();
    larger.freeFrom = freeFrom;
    larger.freeCount = freeCount;
    return larger;
  }
}
