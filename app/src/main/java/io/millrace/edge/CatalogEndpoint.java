package io.millrace.edge;

import io.millrace.index.ItemFacts;
import io.millrace.item.ItemActor;
import io.millrace.item.ItemCard;
import io.millrace.proto.v1.GetItemRequest;
import io.millrace.proto.v1.GetItemResponse;
import io.millrace.proto.v1.Item;
import io.millrace.proto.v1.PutResult;
import io.millrace.proto.v1.RetireRequest;
import io.millrace.proto.v1.RetireResponse;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;

/** Keeps the catalogue, whoever carries the items. */
final class CatalogEndpoint {
  private static final int PUTS_AT_ONCE = 64;

  private final Backend backend;
  private final EdgeSettings settings;

  /** Values of the catalogue's vectors; 0 until the first item with one. */
  private final AtomicInteger vectorLength = new AtomicInteger();

  CatalogEndpoint(Backend backend, EdgeSettings settings) {
    this.backend = backend;
    this.settings = settings;
  }

  /** A result per item, in order; what is wrong with an item is in its result. */
  Source<PutResult, NotUsed> putAll(Source<Item, NotUsed> items) {
    return items.mapAsync(
        PUTS_AT_ONCE,
        item ->
            put(item, Budget.of(settings.mostDeadline()))
                .exceptionally(failure ->
                    PutResult.newBuilder()
                        .setItemId(item.getItemId())
                        .setError(Trouble.of(failure).message())
                        .build()));
  }

  CompletionStage<PutResult> put(Item item, Budget budget) {
    long now = backend.clock().millis();
    Problems problems = new Problems();
    ItemCheck.item(item, vectorLength(), now, problems);
    if (problems.any()) {
      return CompletableFuture.failedStage(Refusal.invalid(problems));
    }
    if (item.getVectorCount() > 0
        && !vectorLength.compareAndSet(0, item.getVectorCount())
        && vectorLength.get() != item.getVectorCount()) {
      return put(item, budget); // another first item won: checked again against it
    }
    ItemCard known = backend.catalogue().card(item.getItemId());
    ItemFacts facts = ItemCheck.facts(item, known == null ? now : known.createdAtMs());
    return backend
        .askItem(item.getItemId(), replyTo -> new ItemActor.Put(facts, replyTo), budget.left())
        .thenApply(reply ->
            switch (reply) {
              case ItemActor.Stored stored ->
                  PutResult.newBuilder()
                      .setItemId(item.getItemId())
                      .setItemSeq(stored.itemSeq())
                      .build();
              case ItemActor.Rejected rejected -> throw Trouble.of(rejected);
              case ItemActor.ItemIs _, ItemActor.Unknown _ -> throw unexpected(reply);
            });
  }

  private int vectorLength() {
    int known = vectorLength.get();
    if (known == 0) {
      known = backend.vectorLength();
      if (known > 0) {
        vectorLength.compareAndSet(0, known);
      }
    }
    return vectorLength.get();
  }

  CompletionStage<GetItemResponse> get(GetItemRequest request, Budget budget) {
    Problems problems = new Problems();
    problems.id("itemId", request.getItemId(), 1, 256);
    if (problems.any()) {
      return CompletableFuture.failedStage(Refusal.invalid(problems));
    }
    return backend
        .askItem(request.getItemId(), ItemActor.GetItem::new, budget.left())
        .thenApply(reply ->
            switch (reply) {
              case ItemActor.ItemIs item ->
                  GetItemResponse.newBuilder()
                      .setItem(ItemCheck.item(item.facts()))
                      .setItemSeq(item.itemSeq())
                      .setRetired(item.retired())
                      .build();
              case ItemActor.Unknown _ -> throw unknown(request.getItemId());
              case ItemActor.Rejected rejected -> throw Trouble.of(rejected);
              case ItemActor.Stored _ -> throw unexpected(reply);
            });
  }

  CompletionStage<RetireResponse> retire(RetireRequest request, Budget budget) {
    Problems problems = new Problems();
    problems.id("itemId", request.getItemId(), 1, 256);
    problems.text("reason", request.getReason(), 0, 256);
    if (problems.any()) {
      return CompletableFuture.failedStage(Refusal.invalid(problems));
    }
    return backend
        .askItem(
            request.getItemId(),
            replyTo -> new ItemActor.Retire(request.getReason(), replyTo),
            budget.left())
        .thenApply(reply ->
            switch (reply) {
              case ItemActor.Stored stored ->
                  RetireResponse.newBuilder().setItemSeq(stored.itemSeq()).build();
              case ItemActor.Unknown _ -> throw unknown(request.getItemId());
              case ItemActor.Rejected rejected -> throw Trouble.of(rejected);
              case ItemActor.ItemIs _ -> throw unexpected(reply);
            });
  }

  private static Refusal unknown(String itemId) {
    return new Refusal(Trouble.NOT_FOUND, "item " + itemId + " is not known");
  }

  private static IllegalStateException unexpected(ItemActor.Reply reply) {
    return new IllegalStateException("item answered " + reply.getClass().getSimpleName());
  }
}
