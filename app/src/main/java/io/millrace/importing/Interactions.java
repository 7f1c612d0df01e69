package io.millrace.importing;

import io.millrace.item.ItemCard;
import io.millrace.user.Interaction;
import io.millrace.user.InteractionKind;
import org.jspecify.annotations.Nullable;

/** Interactions as files give them: most fields at their defaults. */
public final class Interactions {
  private Interactions() {}

  /** An interaction of which nothing is known but these; both consents are given. */
  public static Interaction of(
      String eventId, String itemId, InteractionKind kind, long atMs, double value) {
    return new Interaction(
        eventId,
        itemId,
        null,
        kind,
        atMs,
        "home",
        "",
        "",
        -1,
        true,
        true,
        value,
        1,
        "",
        null,
        Interaction.Details.NONE);
  }

  public static Interaction at(Interaction i, long atMs) {
    return copy(i, i.card(), atMs, i.quantity(), i.view(), i.details());
  }

  /** The same, stamped with what a node knows of its item. */
  public static Interaction stamped(Interaction i, @Nullable ItemCard card) {
    return copy(i, card, i.atMs(), i.quantity(), i.view(), i.details());
  }

  static Interaction viewed(Interaction i, Interaction.View view) {
    return copy(i, i.card(), i.atMs(), i.quantity(), view, i.details());
  }

  static Interaction ordered(Interaction i, int quantity, String orderId) {
    Interaction.Details details = new Interaction.Details("", "", "", "", "", "", orderId, "");
    return copy(i, i.card(), i.atMs(), quantity, i.view(), details);
  }

  private static Interaction copy(
      Interaction i,
      @Nullable ItemCard card,
      long atMs,
      int quantity,
      Interaction.@Nullable View view,
      Interaction.Details details) {
    return new Interaction(
        i.eventId(),
        i.itemId(),
        card,
        i.kind(),
        atMs,
        i.surface(),
        i.sessionId(),
        i.requestId(),
        i.slot(),
        i.personalise(),
        i.train(),
        i.value(),
        quantity,
        i.target(),
        view,
        details);
  }
}
