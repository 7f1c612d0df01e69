package io.millrace.index;

import org.jspecify.annotations.Nullable;

/**
 * Reads what a loop is about to need from places that lie anywhere, before the loop does. Nothing
 * depends on what is read here, so that a processor has many such reads on their way at once, where
 * a loop that decides by each of them waits for one after the other. Places are 0 or more. Of one
 * thread.
 */
final class Ahead {

  /** Places at once; chosen so that their vectors, of 64 floats, fit in the nearest cache. */
  private static final int FAR = 64;

  /** Of what a cache reads at once. */
  private static final int FLOATS = 16;

  /** Sum of what was read, without which it would not be. */
  double read;

  /** To be called for each {@code next} of {@code count} places, before the loop reads its own. */
  void ints(int[] of, int[] places, int next, int count) {
    if (next % FAR == 0) {
      int all = 0;
      for (int i = next; i < Math.min(count, next + FAR); i++) {
        if (places[i] < of.length) {
          all += of[places[i]];
        }
      }
      read += all;
    }
  }

  /** The same. */
  void bytes(byte[] of, int[] places, int next, int count) {
    if (next % FAR == 0) {
      int all = 0;
      for (int i = next; i < Math.min(count, next + FAR); i++) {
        if (places[i] < of.length) {
          all += of[places[i]];
        }
      }
      read += all;
    }
  }

  /** The same. */
  void longs(long[] of, int[] places, int next, int count) {
    if (next % FAR == 0) {
      long all = 0;
      for (int i = next; i < Math.min(count, next + FAR); i++) {
        if (places[i] < of.length) {
          all += of[places[i]];
        }
      }
      read += all;
    }
  }

  /** The same, of the first of {@code stride} numbers of each place. */
  void doubles(double[] of, int stride, int[] places, int next, int count) {
    if (next % FAR == 0) {
      double all = 0;
      for (int i = next; i < Math.min(count, next + FAR); i++) {
        if (places[i] < of.length / stride) {
          all += of[places[i] * stride];
        }
      }
      read += all;
    }
  }

  /** The same, of the one at {@code offset} of {@code stride} numbers of each place. */
  void floats(float[] of, int stride, int offset, int[] places, int next, int count) {
    if (next % FAR == 0) {
      float all = 0;
      for (int i = next; i < Math.min(count, next + FAR); i++) {
        if (places[i] < of.length / stride) {
          all += of[places[i] * stride + offset];
        }
      }
      read += all;
    }
  }

  /** The same, of facts and their categories. */
  void facts(@Nullable ItemRow[] of, int[] places, int next, int count) {
    if (next % FAR == 0) {
      long all = 0;
      for (int i = next; i < Math.min(count, next + FAR); i++) {
        ItemRow row = places[i] < of.length ? of[places[i]] : null;
        all += row == null ? 0 : row.createdAtMs() + row.categories().length;
      }
      read += all;
    }
  }

  /** The same, of the first number of each row. */
  void rows(int @Nullable [][] of, int[] places, int next, int count) {
    if (next % FAR == 0) {
      int all = 0;
      for (int i = next; i < Math.min(count, next + FAR); i++) {
        int[] row = places[i] < of.length ? of[places[i]] : null;
        all += row == null || row.length == 0 ? 0 : row[0];
      }
      read += all;
    }
  }

  /** The same, of whole rows. */
  void rows(float @Nullable [][] of, int[] places, int next, int count) {
    if (next % FAR == 0) {
      float all = 0;
      for (int i = next; i < Math.min(count, next + FAR); i++) {
        float[] row = places[i] < of.length ? of[places[i]] : null;
        if (row == null || row.length == 0) {
          continue;
        }
        for (int at = 0; at < row.length; at += FLOATS) {
          all += row[at];
        }
        all += row[row.length - 1]; // a row begins somewhere in what a cache reads at once
      }
      read += all;
    }
  }
}
