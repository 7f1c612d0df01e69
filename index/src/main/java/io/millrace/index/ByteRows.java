package io.millrace.index;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The arithmetic of vectors kept as one signed byte a value and one scale a vector.
 *
 * <p>Formula: x is about scale(x) * code(x), code in -127 to 127, scale = largest |value| / 127;
 * the inner product of two is about scale * scale * sum of code * code. A scale of its own for each
 * vector, because norms carry popularity and differ a hundredfold.
 *
 * <p>Two products of codes fit a signed 16-bit lane (2 * 127 * 127 = 32,258), so pairs are added
 * there before they are widened: half the multiplications of a 32-bit kernel.
 */
final class ByteRows {

  private static final VectorSpecies<Short> SHORTS = ShortVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS =
      VectorSpecies.of(int.class, SHORTS.vectorShape());
  private static final VectorSpecies<Byte> BYTES =
      VectorSpecies.of(byte.class, VectorShape.forBitSize(SHORTS.vectorBitSize() / 2));
  private static final int LANES = SHORTS.length();

  /**
   * Bytes before the first row: with the 16 or 12 bytes of an array's header in front of it, rows
   * of 64 begin on a cache line where the collector puts large arrays at the start of a region.
   */
  static final int LEAD = headerBytes() == 12 ? 52 : 48;

  private ByteRows() {}

  private static int headerBytes() {
    String flags =
        String.join(
            " ", java.lang.management.ManagementFactory.getRuntimeMXBean().getInputArguments());
    return flags.contains("-XX:+UseCompactObjectHeaders") ? 12 : 16;
  }

  /** Bytes of a row: the length rounded up to what the kernel takes at a time. */
  static int stride(int length) {
    int step = 2 * LANES;
    return (length + step - 1) / step * step;
  }

  static byte[] allocate(int rows, int stride) {
    return new byte[Math.addExact(LEAD, Math.multiplyExact(rows, stride))];
  }

  /** Writes a row's codes and answers its scale. */
  static float encode(float[] vector, int from, int length, byte[] codes, int row, int stride) {
    float most = 0;
    for (int i = 0; i < length; i++) {
      most = Math.max(most, Math.abs(vector[from + i]));
    }
    float inverse = most > 0 ? 127 / most : 0;
    int at = LEAD + row * stride;
    for (int i = 0; i < length; i++) {
      codes[at + i] = (byte) Math.round(vector[from + i] * inverse);
    }
    return most / 127;
  }

  /** The same for a query, whose codes lie in wider lanes; the rest of the array must be zero. */
  static float encodeQuery(float[] vector, short[] codes) {
    float most = 0;
    for (float value : vector) {
      most = Math.max(most, Math.abs(value));
    }
    float inverse = most > 0 ? 127 / most : 0;
    for (int i = 0; i < vector.length; i++) {
      codes[i] = (short) Math.round(vector[i] * inverse);
    }
    return most / 127;
  }

  /**
   * {@code out[i]} = the sum of code * code of the query and row {@code rows[i]}, for i below
   * count.
   *
   * <p>Four rows at a time, so that their cache misses overlap. Written out at length on purpose:
   * above 325 bytecodes C2 leaves it out of line, and inlined into a graph search it ran at half
   * the speed in an earlier trial.
   */
  static void dots(byte[] codes, int stride, short[] query, int[] rows, int count, int[] out) {
    int i = 0;
    for (; i + 4 <= count; i += 4) {
      int a = LEAD + rows[i] * stride;
      int b = LEAD + rows[i + 1] * stride;
      int c = LEAD + rows[i + 2] * stride;
      int d = LEAD + rows[i + 3] * stride;
      IntVector sumA = IntVector.zero(INTS);
      IntVector sumB = sumA;
      IntVector sumC = sumA;
      IntVector sumD = sumA;
      for (int at = 0; at < stride; at += 2 * LANES) {
        ShortVector low = ShortVector.fromArray(SHORTS, query, at);
        ShortVector high = ShortVector.fromArray(SHORTS, query, at + LANES);
        IntVector pairs =
            shorts(codes, a + at)
                .mul(low)
                .add(shorts(codes, a + at + LANES).mul(high))
                .reinterpretAsInts();
        sumA =
            sumA.add(pairs.lanewise(VectorOperators.ASHR, 16))
                .add(pairs.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
        pairs =
            shorts(codes, b + at)
                .mul(low)
                .add(shorts(codes, b + at + LANES).mul(high))
                .reinterpretAsInts();
        sumB =
            sumB.add(pairs.lanewise(VectorOperators.ASHR, 16))
                .add(pairs.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
        pairs =
            shorts(codes, c + at)
                .mul(low)
                .add(shorts(codes, c + at + LANES).mul(high))
                .reinterpretAsInts();
        sumC =
            sumC.add(pairs.lanewise(VectorOperators.ASHR, 16))
                .add(pairs.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
        pairs =
            shorts(codes, d + at)
                .mul(low)
                .add(shorts(codes, d + at + LANES).mul(high))
                .reinterpretAsInts();
        sumD =
            sumD.add(pairs.lanewise(VectorOperators.ASHR, 16))
                .add(pairs.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
      }
      out[i] = sumA.reduceLanes(VectorOperators.ADD);
      out[i + 1] = sumB.reduceLanes(VectorOperators.ADD);
      out[i + 2] = sumC.reduceLanes(VectorOperators.ADD);
      out[i + 3] = sumD.reduceLanes(VectorOperators.ADD);
    }
    for (; i < count; i++) {
      int a = LEAD + rows[i] * stride;
      IntVector sum = IntVector.zero(INTS);
      for (int at = 0; at < stride; at += 2 * LANES) {
        IntVector pairs =
            shorts(codes, a + at)
                .mul(ShortVector.fromArray(SHORTS, query, at))
                .add(
                    shorts(codes, a + at + LANES)
                        .mul(ShortVector.fromArray(SHORTS, query, at + LANES)))
                .reinterpretAsInts();
        sum =
            sum.add(pairs.lanewise(VectorOperators.ASHR, 16))
                .add(pairs.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
      }
      out[i] = sum.reduceLanes(VectorOperators.ADD);
    }
  }

  private static ShortVector shorts(byte[] codes, int at) {
    return (ShortVector)
        ByteVector.fromArray(BYTES, codes, at).convertShape(VectorOperators.B2S, SHORTS, 0);
  }
}
