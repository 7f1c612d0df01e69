package io.millrace.user;

import io.millrace.item.ItemCard;
import org.jspecify.annotations.Nullable;

/**
 * One thing a user did, validated and stamped by the edge.
 *
 * @param itemId empty where the kind needs none
 * @param card the item's card when the edge knew it; null for an unknown item (joined later) and
 *     for no item
 * @param atMs the client's time, milliseconds since 1970
 * @param requestId of the feed that served it, from a verified token; empty when there is none
 * @param slot in that feed; -1 when there is none
 * @param value rating, money or number, NaN when absent
 * @param quantity pieces, at least 1
 * @param target creator or category that FOLLOW, HIDE_CREATOR and HIDE_CATEGORY mean; empty
 *     otherwise
 * @param view null where nothing was played
 * @param details what is kept and read by nobody yet: device, locale, region, app version,
 *     referrer, query, order, custom kind
 */
public record Interaction(
    String eventId,
    String itemId,
    @Nullable ItemCard card,
    InteractionKind kind,
    long atMs,
    String surface,
    String sessionId,
    String requestId,
    int slot,
    boolean personalise,
    boolean train,
    double value,
    int quantity,
    String target,
    @Nullable View view,
    Details details) {

  /** The same, now that its item is known. */
  Interaction with(ItemCard known) {
    return new Interaction(
        eventId,
        itemId,
        known,
        kind,
        atMs,
        surface,
        sessionId,
        requestId,
        slot,
        personalise,
        train,
        value,
        quantity,
        target,
        view,
        details);
  }

  /** How a view went. Times in milliseconds; {@code durationMs} 0 means the card's. */
  public record View(
      long playedMs,
      long durationMs,
      float visibleShare,
      long dwellMs,
      float scrollSpeed,
      int seeks,
      int loops,
      int end) {}

  /** Strings that history cannot be given later; each may be empty. */
  public record Details(
      String deviceClass,
      String locale,
      String region,
      String appVersion,
      String referrer,
      String query,
      String orderId,
      String customKind) {
    public static final Details NONE = new Details("", "", "", "", "", "", "", "");
  }
}
