package io.millrace.serialization;

import com.google.protobuf.InvalidProtocolBufferException;
import io.millrace.index.ItemFacts;
import io.millrace.item.ItemEvent;
import io.millrace.item.ItemState;
import io.millrace.item.OrdinalAllocatorActor;
import io.millrace.proto.journal.v1.StoredAttribute;
import io.millrace.proto.journal.v1.StoredItemEvent;
import io.millrace.proto.journal.v1.StoredItemFacts;
import io.millrace.proto.journal.v1.StoredItemPut;
import io.millrace.proto.journal.v1.StoredItemRetired;
import io.millrace.proto.journal.v1.StoredItemSnapshot;
import io.millrace.proto.journal.v1.StoredOrdinalBlock;
import io.millrace.proto.journal.v1.StoredOrdinals;
import io.millrace.proto.journal.v1.StoredVariant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The stored bytes of items and of their ordinals: {@code millrace/journal/v1/catalogue.proto}.
 * Bytes that are none of ours fail with {@link IllegalArgumentException}.
 */
public final class ItemCodec {
  private static final ItemFacts.Safety[] SAFETY = ItemFacts.Safety.values();

  private ItemCodec() {}

  public static byte[] toBytes(ItemEvent event) {
    StoredItemEvent.Builder stored = StoredItemEvent.newBuilder();
    switch (event) {
      case ItemEvent.ItemPut put ->
          stored.setPut(
              StoredItemPut.newBuilder()
                  .setItemSeq(put.itemSeq())
                  .setOrdinal(put.ordinal())
                  .setAtMillis(put.atMs())
                  .setAcceptedAtMillis(put.acceptedAtMs())
                  .setFacts(stored(put.facts())));
      case ItemEvent.ItemRetired retired ->
          stored.setRetired(
              StoredItemRetired.newBuilder()
                  .setItemSeq(retired.itemSeq())
                  .setOrdinal(retired.ordinal())
                  .setAtMillis(retired.atMs())
                  .setAcceptedAtMillis(retired.acceptedAtMs())
                  .setReason(retired.reason())
                  .setItemId(retired.itemId()));
    }
    return stored.build().toByteArray();
  }

  public static ItemEvent event(byte[] bytes) {
    try {
      StoredItemEvent stored = StoredItemEvent.parseFrom(bytes);
      return switch (stored.getEventCase()) {
        case PUT -> {
          StoredItemPut put = stored.getPut();
          yield new ItemEvent.ItemPut(
              put.getItemSeq(),
              put.getOrdinal(),
              put.getAtMillis(),
              put.getAcceptedAtMillis(),
              facts(put.getFacts()));
        }
        case RETIRED -> {
          StoredItemRetired retired = stored.getRetired();
          yield new ItemEvent.ItemRetired(
              retired.getItemId(),
              retired.getItemSeq(),
              retired.getOrdinal(),
              retired.getAtMillis(),
              retired.getAcceptedAtMillis(),
              retired.getReason());
        }
        case EVENT_NOT_SET ->
            throw new IllegalArgumentException(
                "an item event of " + bytes.length + " bytes is neither put nor retired");
      };
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("an item event cannot be read: " + e.getMessage(), e);
    }
  }

  public static byte[] toBytes(ItemState state) {
    StoredItemSnapshot.Builder stored =
        StoredItemSnapshot.newBuilder()
            .setItemSeq(state.itemSeq())
            .setOrdinal(Math.max(0, state.ordinal()))
            .setRetired(state.retired());
    if (state.facts() != null) {
      stored.setFacts(stored(state.facts()));
    }
    return stored.build().toByteArray();
  }

  public static ItemState state(byte[] bytes) {
    try {
      StoredItemSnapshot stored = StoredItemSnapshot.parseFrom(bytes);
      return stored.hasFacts()
          ? new ItemState(
              facts(stored.getFacts()),
              stored.getOrdinal(),
              stored.getItemSeq(),
              stored.getRetired())
          : ItemState.EMPTY;
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("an item snapshot cannot be read: " + e.getMessage(), e);
    }
  }

  public static byte[] toBytes(OrdinalAllocatorActor.OrdinalBlockGranted granted) {
    return StoredOrdinalBlock.newBuilder()
        .setFirst(granted.first())
        .setCount(granted.count())
        .setGrantedTo(granted.grantedTo())
        .setAcceptedAtMillis(granted.acceptedAtMs())
        .build()
        .toByteArray();
  }

  public static OrdinalAllocatorActor.OrdinalBlockGranted ordinalBlock(byte[] bytes) {
    try {
      StoredOrdinalBlock stored = StoredOrdinalBlock.parseFrom(bytes);
      return new OrdinalAllocatorActor.OrdinalBlockGranted(
          stored.getFirst(),
          stored.getCount(),
          stored.getGrantedTo(),
          stored.getAcceptedAtMillis());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("an ordinal block cannot be read: " + e.getMessage(), e);
    }
  }

  public static byte[] toBytes(OrdinalAllocatorActor.State state) {
    return StoredOrdinals.newBuilder().setNext(state.next()).build().toByteArray();
  }

  public static OrdinalAllocatorActor.State ordinals(byte[] bytes) {
    try {
      return new OrdinalAllocatorActor.State(StoredOrdinals.parseFrom(bytes).getNext());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException(
          "an allocator snapshot cannot be read: " + e.getMessage(), e);
    }
  }

  private static StoredItemFacts stored(ItemFacts facts) {
    StoredItemFacts.Builder stored =
        StoredItemFacts.newBuilder()
            .setItemId(facts.itemId())
            .setTitle(facts.title())
            .addAllCategories(facts.categories())
            .addAllTags(facts.tags())
            .setCreator(facts.creator())
            .setCreatedAtMillis(facts.createdAtMs())
            .setLanguage(facts.language())
            .setAgeRating(facts.ageRating())
            .setSafety(facts.safety().ordinal())
            .setSponsor(facts.sponsor())
            .setDurationMs(facts.durationMs());
    if (!Double.isNaN(facts.price())) {
      stored.setPrice(facts.price());
    }
    if (facts.stock() >= 0) {
      stored.setStock(facts.stock());
    }
    new TreeMap<>(facts.attributes())
        .forEach((key, value) ->
            stored.addAttributes(StoredAttribute.newBuilder().setKey(key).setValue(value)));
    for (ItemFacts.Variant variant : facts.variants()) {
      stored.addVariants(
          StoredVariant.newBuilder()
              .setVariantId(variant.variantId())
              .setTitle(variant.title())
              .setArtworkUrl(variant.artworkUrl()));
    }
    for (int i = 0; i < facts.vector().length(); i++) {
      stored.addVector(facts.vector().get(i));
    }
    return stored.build();
  }

  private static ItemFacts facts(StoredItemFacts stored) {
    int safety = stored.getSafety();
    if (safety < 0 || safety >= SAFETY.length) {
      throw new IllegalArgumentException(
          "safety class " + safety + ", expected 0 to " + (SAFETY.length - 1));
    }
    Map<String, String> attributes = new LinkedHashMap<>();
    stored.getAttributesList().forEach(a -> attributes.put(a.getKey(), a.getValue()));
    List<ItemFacts.Variant> variants = new ArrayList<>(stored.getVariantsCount());
    stored
        .getVariantsList()
        .forEach(v ->
            variants.add(new ItemFacts.Variant(v.getVariantId(), v.getTitle(), v.getArtworkUrl())));
    float[] vector = new float[stored.getVectorCount()];
    for (int i = 0; i < vector.length; i++) {
      vector[i] = stored.getVector(i);
    }
    return new ItemFacts(
        stored.getItemId(),
        stored.getTitle(),
        List.copyOf(stored.getCategoriesList()),
        List.copyOf(stored.getTagsList()),
        stored.getCreator(),
        stored.getCreatedAtMillis(),
        stored.getLanguage(),
        stored.hasPrice() ? stored.getPrice() : Double.NaN,
        stored.hasStock() ? stored.getStock() : -1,
        stored.getAgeRating(),
        SAFETY[safety],
        stored.getSponsor(),
        stored.getDurationMs(),
        Map.copyOf(attributes),
        List.copyOf(variants),
        vector.length == 0 ? ItemFacts.Vector.NONE : new ItemFacts.Vector(vector));
  }
}
