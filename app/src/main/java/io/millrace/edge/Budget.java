package io.millrace.edge;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The time a caller gives, on the monotonic clock: when it is spent nobody listens any more.
 *
 * @param share what the caller may ask; null: anything
 */
record Budget(long endNanos, Callers.@Nullable Share share) {
  private static final Pattern GRPC = Pattern.compile("(\\d{1,8})([HMSmun])");

  static Budget of(Duration duration) {
    return new Budget(System.nanoTime() + duration.toNanos(), null);
  }

  /**
   * What a {@code grpc-timeout} header grants.
   *
   * @param asked when absent, {@code byDefault} is granted
   * @param most more is never granted
   */
  static Budget granted(Optional<String> asked, Duration byDefault, Duration most) {
    Duration wanted = asked.map(Budget::parse).orElse(byDefault);
    return of(wanted.compareTo(most) > 0 ? most : wanted);
  }

  /** The same time for a caller with a share. */
  Budget sharing(Callers.@Nullable Share share) {
    return share == null ? this : new Budget(endNanos, share);
  }

  /** Left now; at least a millisecond, so that it can always be given to a timer. */
  Duration left() {
    return Duration.ofNanos(Math.max(1_000_000, endNanos - System.nanoTime()));
  }

  boolean spent() {
    return System.nanoTime() - endNanos >= 0;
  }

  static Duration parse(String timeout) {
    Matcher matcher = GRPC.matcher(timeout.strip());
    if (!matcher.matches()) {
      throw Refusal.invalid(
          "grpc-timeout is \"" + timeout + "\", expected up to 8 digits and one of H M S m u n");
    }
    long amount = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "H" -> Duration.ofHours(amount);
      case "M" -> Duration.ofMinutes(amount);
      case "S" -> Duration.ofSeconds(amount);
      case "m" -> Duration.ofMillis(amount);
      case "u" -> Duration.ofNanos(amount * 1_000);
      default -> Duration.ofNanos(amount);
    };
  }
}
