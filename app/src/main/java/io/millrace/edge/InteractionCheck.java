package io.millrace.edge;

import io.millrace.item.ItemCard;
import io.millrace.proto.v1.Consent;
import io.millrace.proto.v1.Interaction;
import io.millrace.proto.v1.Kind;
import io.millrace.proto.v1.View;
import io.millrace.user.InteractionKind;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What an interaction must be to be taken, and what it then is to the actors. Pure. */
public final class InteractionCheck {
  public static final int MOST_EVENTS = 1_000;

  /** So that a repeated batch is always still known to its users (P2). */
  public static final int MOST_OF_ONE_USER = 500;

  public static final Duration MOST_AHEAD = Duration.ofHours(24);
  private static final long LONGEST_VIEW_MS = Duration.ofDays(30).toMillis();
  private static final int MOST_TURNS = 1_000_000;

  private InteractionCheck() {}

  /** The slot that a verified token names; {@link #NO_SLOT} when there was no token. */
  public record Slot(String requestId, int position) {}

  public static final Slot NO_SLOT = new Slot("", -1);

  /** What is wrong with how many events a batch has. */
  static void size(int events, Problems problems) {
    if (events == 0) {
      problems.add("events", "empty", "1 to " + MOST_EVENTS + " events");
    } else if (events > MOST_EVENTS) {
      problems.add("events has " + events + " entries, expected at most " + MOST_EVENTS);
    }
  }

  /** Everything wrong with a batch, sizes first. Tokens are not looked at. */
  public static void batch(List<Interaction> events, long nowMs, Problems problems) {
    size(events.size(), problems);
    if (events.size() > MOST_EVENTS) {
      return;
    }
    Map<String, Integer> ofUser = new HashMap<>();
    for (int i = 0; i < events.size(); i++) {
      problems.within("events", i);
      event(events.get(i), nowMs, problems);
      int count = ofUser.merge(events.get(i).getUserId(), 1, Integer::sum);
      if (count == MOST_OF_ONE_USER + 1) {
        problems.add(
            "userId is one of more than "
                + MOST_OF_ONE_USER
                + " events of one user, expected at most "
                + MOST_OF_ONE_USER
                + " in a batch");
      }
    }
    problems.withinNothing();
  }

  /** Everything wrong with one event. */
  public static void event(Interaction e, long nowMs, Problems problems) {
    problems.id("eventId", e.getEventId(), 1, 128);
    problems.id("userId", e.getUserId(), 1, 256);
    problems.id("itemId", e.getItemId(), itemMayBeMissing(e) ? 0 : 1, 256);
    if (e.getKind() == Kind.KIND_UNSPECIFIED || e.getKind() == Kind.UNRECOGNIZED) {
      problems.add(
          "kind",
          e.getKindValue() == 0 ? "missing" : String.valueOf(e.getKindValue()),
          "IMPRESSION to CUSTOM (1 to 22)");
    }
    long at = e.getTimeMillis();
    if (at < 0 || at > nowMs + MOST_AHEAD.toMillis()) {
      problems.add(
          "timeMillis",
          String.valueOf(at),
          "0 to " + (nowMs + MOST_AHEAD.toMillis()) + " (at most 24 hours ahead of the server)");
    }
    problems.text("token", e.getToken(), 0, 512);
    problems.text("sessionId", e.getSessionId(), 0, 128);
    problems.text("surface", e.getSurface(), 0, 64);
    problems.text("deviceClass", e.getDeviceClass(), 0, 64);
    problems.text("locale", e.getLocale(), 0, 64);
    problems.text("region", e.getRegion(), 0, 64);
    problems.text("appVersion", e.getAppVersion(), 0, 64);
    problems.text("referrer", e.getReferrer(), 0, 1_000);
    problems.text("orderId", e.getOrderId(), 0, 128);
    problems.text("query", e.getQuery(), 0, 1_000);
    problems.text("target", e.getTarget(), 0, 256);
    problems.text("customKind", e.getCustomKind(), e.getKind() == Kind.CUSTOM ? 1 : 0, 64);
    problems.count("quantity", Integer.toUnsignedLong(e.getQuantity()), 1_000_000);
    value("value", e, problems);
    if (e.hasView()) {
      view(e.getView(), problems);
    }
  }

  private static boolean itemMayBeMissing(Interaction e) {
    return switch (e.getKind()) {
      case SEARCH, CUSTOM -> true;
      case HIDE_CREATOR, HIDE_CATEGORY, FOLLOW, UNFOLLOW -> !e.getTarget().isEmpty();
      default -> false;
    };
  }

  private static void value(String path, Interaction e, Problems problems) {
    switch (e.getKind()) {
      case RATING -> {
        if (e.hasValue()) {
          problems.range(path, e.getValue(), 0, 10);
        } else {
          problems.add(path, "missing", "a rating from 0 to 10");
        }
      }
      case PURCHASE, ADD_TO_CART, REMOVE_FROM_CART, RETURN -> {
        if (e.hasValue() && !(e.getValue() >= 0 && Double.isFinite(e.getValue()))) {
          problems.add(path, String.valueOf(e.getValue()), "a finite number, at least 0");
        }
      }
      default -> {
        if (e.hasValue()) {
          problems.finite(path, e.getValue());
        }
      }
    }
  }

  private static void view(View v, Problems problems) {
    problems.count("view.playedMs", v.getPlayedMs(), LONGEST_VIEW_MS);
    problems.count("view.durationMs", v.getDurationMs(), LONGEST_VIEW_MS);
    problems.count("view.dwellMs", v.getDwellMs(), LONGEST_VIEW_MS);
    problems.range("view.visibleShare", v.getVisibleShare(), 0, 1);
    problems.finite("view.scrollSpeed", v.getScrollSpeed());
    problems.count("view.seeks", Integer.toUnsignedLong(v.getSeeks()), MOST_TURNS);
    problems.count("view.loops", Integer.toUnsignedLong(v.getLoops()), MOST_TURNS);
    if (v.getEnd() == View.End.UNRECOGNIZED) {
      problems.add("view.end", String.valueOf(v.getEndValue()), "0 to 4");
    }
  }

  /** A checked event as the actors take it: stamped, defaults filled in. */
  public static io.millrace.user.Interaction interaction(
      Interaction e, @Nullable ItemCard card, Slot slot, long nowMs) {
    return new io.millrace.user.Interaction(
        e.getEventId(),
        e.getItemId(),
        card,
        InteractionKind.ofCode(e.getKindValue()),
        e.getTimeMillis() == 0 ? nowMs : e.getTimeMillis(),
        e.getSurface().isEmpty() ? "home" : e.getSurface(),
        e.getSessionId(),
        slot.requestId(),
        slot.position(),
        !e.hasConsent() || e.getConsent().getPersonalise(),
        !e.hasConsent() || e.getConsent().getTrain(),
        e.hasValue() ? e.getValue() : Double.NaN,
        Math.max(1, e.getQuantity()),
        target(e, card),
        e.hasView() ? view(e.getView()) : null,
        new io.millrace.user.Interaction.Details(
            e.getDeviceClass(),
            e.getLocale(),
            e.getRegion(),
            e.getAppVersion(),
            e.getReferrer(),
            e.getQuery(),
            e.getOrderId(),
            e.getCustomKind()));
  }

  private static String target(Interaction e, @Nullable ItemCard card) {
    if (!e.getTarget().isEmpty() || card == null) {
      return e.getTarget();
    }
    return switch (e.getKind()) {
      case FOLLOW, UNFOLLOW, HIDE_CREATOR -> card.creator();
      case HIDE_CATEGORY -> card.categories().isEmpty() ? "" : card.categories().getFirst();
      default -> "";
    };
  }

  private static io.millrace.user.Interaction.View view(View v) {
    return new io.millrace.user.Interaction.View(
        v.getPlayedMs(),
        v.getDurationMs(),
        v.getVisibleShare(),
        v.getDwellMs(),
        v.getScrollSpeed(),
        v.getSeeks(),
        v.getLoops(),
        v.getEndValue());
  }

  /** An interaction of the actors as the contract words it; its token is not known any more. */
  public static Interaction interaction(String userId, io.millrace.user.Interaction i) {
    Interaction.Builder event =
        Interaction.newBuilder()
            .setEventId(i.eventId())
            .setUserId(userId)
            .setItemId(i.itemId())
            .setKindValue(i.kind().code())
            .setTimeMillis(i.atMs())
            .setSurface(i.surface())
            .setSessionId(i.sessionId())
            .setQuantity(i.quantity())
            .setTarget(i.target())
            .setDeviceClass(i.details().deviceClass())
            .setLocale(i.details().locale())
            .setRegion(i.details().region())
            .setAppVersion(i.details().appVersion())
            .setReferrer(i.details().referrer())
            .setQuery(i.details().query())
            .setOrderId(i.details().orderId())
            .setCustomKind(i.details().customKind());
    if (!i.personalise() || !i.train()) {
      event.setConsent(Consent.newBuilder().setPersonalise(i.personalise()).setTrain(i.train()));
    }
    if (!Double.isNaN(i.value())) {
      event.setValue(i.value());
    }
    io.millrace.user.Interaction.View v = i.view();
    if (v != null) {
      event.setView(
          View.newBuilder()
              .setPlayedMs(v.playedMs())
              .setDurationMs(v.durationMs())
              .setVisibleShare(v.visibleShare())
              .setDwellMs(v.dwellMs())
              .setScrollSpeed(v.scrollSpeed())
              .setSeeks(v.seeks())
              .setLoops(v.loops())
              .setEndValue(v.end()));
    }
    return event.build();
  }
}
