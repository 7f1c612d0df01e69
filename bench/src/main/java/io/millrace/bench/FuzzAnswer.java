package io.millrace.bench;

import java.util.Set;

/**
 * How one case was answered.
 *
 * @param code such as {@code grpc 3}, {@code http 400}, {@code closed}
 * @param known whether the contract has such an answer
 */
record FuzzAnswer(String code, boolean known) {

  /** All of the contract; UNKNOWN (2), INTERNAL (13) and DATA_LOSS (15) are none of it. */
  private static final Set<Integer> GRPC = Set.of(0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16);

  private static final Set<Integer> HTTP =
      Set.of(
          200, 204, 304, 400, 401, 403, 404, 405, 408, 409, 411, 413, 414, 415, 417, 422, 429, 431,
          499, 501, 503, 504, 505);

  static FuzzAnswer grpc(int status) {
    return new FuzzAnswer("grpc " + status, GRPC.contains(status));
  }

  static FuzzAnswer http(int status) {
    return new FuzzAnswer("http " + status, HTTP.contains(status));
  }

  /** What no whole request may be met with. */
  static FuzzAnswer trouble(String what) {
    return new FuzzAnswer(what, false);
  }

  static FuzzAnswer ended(String how) {
    return new FuzzAnswer(how, true);
  }
}
