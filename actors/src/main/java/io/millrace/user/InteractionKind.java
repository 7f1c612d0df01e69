package io.millrace.user;

/** What a user did. The code is stored and equals the number of the contract's {@code Kind}. */
public enum InteractionKind {
  IMPRESSION(1),
  CLICK(2),
  VIEW(3),
  LIKE(4),
  UNLIKE(5),
  SAVE(6),
  SHARE(7),
  COMMENT(8),
  FOLLOW(9),
  UNFOLLOW(10),
  SEARCH(11),
  ADD_TO_CART(12),
  REMOVE_FROM_CART(13),
  PURCHASE(14),
  RETURN(15),
  RATING(16),
  SKIP(17),
  NOT_INTERESTED(18),
  HIDE_CREATOR(19),
  HIDE_CATEGORY(20),
  REPORT(21),
  CUSTOM(22);

  private static final InteractionKind[] BY_CODE = byCode();

  private final int code;

  InteractionKind(int code) {
    this.code = code;
  }

  public int code() {
    return code;
  }

  /** Fails with IllegalArgumentException on a code that no kind has. */
  public static InteractionKind ofCode(int code) {
    if (code <= 0 || code >= BY_CODE.length) {
      throw new IllegalArgumentException(
          "interaction kind " + code + ", expected 1 to " + (BY_CODE.length - 1));
    }
    return BY_CODE[code];
  }

  private static InteractionKind[] byCode() {
    InteractionKind[] kinds = new InteractionKind[values().length + 1];
    for (InteractionKind kind : values()) {
      kinds[kind.code] = kind;
    }
    return kinds;
  }
}
