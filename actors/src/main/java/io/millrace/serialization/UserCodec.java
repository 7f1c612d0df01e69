package io.millrace.serialization;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.millrace.item.ItemCard;
import io.millrace.proto.journal.v1.StoredActivity;
import io.millrace.proto.journal.v1.StoredActs;
import io.millrace.proto.journal.v1.StoredCard;
import io.millrace.proto.journal.v1.StoredContext;
import io.millrace.proto.journal.v1.StoredDetails;
import io.millrace.proto.journal.v1.StoredEventIds;
import io.millrace.proto.journal.v1.StoredFeedServed;
import io.millrace.proto.journal.v1.StoredFollow;
import io.millrace.proto.journal.v1.StoredInteraction;
import io.millrace.proto.journal.v1.StoredInteractionsRecorded;
import io.millrace.proto.journal.v1.StoredJoined;
import io.millrace.proto.journal.v1.StoredMergeAborted;
import io.millrace.proto.journal.v1.StoredMergeCompleted;
import io.millrace.proto.journal.v1.StoredMergeStarted;
import io.millrace.proto.journal.v1.StoredMerged;
import io.millrace.proto.journal.v1.StoredPendingResolved;
import io.millrace.proto.journal.v1.StoredPreferencesSet;
import io.millrace.proto.journal.v1.StoredResolution;
import io.millrace.proto.journal.v1.StoredSeen;
import io.millrace.proto.journal.v1.StoredSlate;
import io.millrace.proto.journal.v1.StoredSums;
import io.millrace.proto.journal.v1.StoredUserEvent;
import io.millrace.proto.journal.v1.StoredUserSnapshot;
import io.millrace.proto.journal.v1.StoredView;
import io.millrace.user.Acts;
import io.millrace.user.EventIds;
import io.millrace.user.Interaction;
import io.millrace.user.InteractionKind;
import io.millrace.user.Meaning;
import io.millrace.user.Seen;
import io.millrace.user.Slate;
import io.millrace.user.Sums;
import io.millrace.user.UserActor.Preferences;
import io.millrace.user.UserActor.Slot;
import io.millrace.user.UserActor.Versions;
import io.millrace.user.UserEvent;
import io.millrace.user.UserEvent.Context;
import io.millrace.user.UserEvent.Entry;
import io.millrace.user.UserEvent.FeedServed;
import io.millrace.user.UserEvent.InteractionsRecorded;
import io.millrace.user.UserEvent.MergeAborted;
import io.millrace.user.UserEvent.MergeCompleted;
import io.millrace.user.UserEvent.MergeStarted;
import io.millrace.user.UserEvent.Merged;
import io.millrace.user.UserEvent.PendingResolved;
import io.millrace.user.UserEvent.PreferencesSet;
import io.millrace.user.UserEvent.Resolution;
import io.millrace.user.UserState;
import io.millrace.user.UserState.Follow;
import io.millrace.user.UserState.Joined;
import io.millrace.user.UserState.Merging;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Between what is believed of users and its stored bytes, before they are encrypted. Pure. */
public final class UserCodec {

  private UserCodec() {}

  public static byte[] event(UserEvent event) {
    StoredUserEvent.Builder stored =
        StoredUserEvent.newBuilder()
            .setUserSeq(event.userSeq())
            .setAcceptedAtMillis(event.acceptedAtMs());
    switch (event) {
      case InteractionsRecorded recorded -> {
        StoredInteractionsRecorded.Builder list = StoredInteractionsRecorded.newBuilder();
        recorded.entries().forEach(entry -> list.addInteractions(entry(entry)));
        stored.setInteractionsRecorded(list);
      }
      case FeedServed served -> stored.setFeedServed(served(served));
      case PreferencesSet set -> stored.setPreferencesSet(preferences(set));
      case PendingResolved resolved -> stored.setPendingResolved(resolved(resolved));
      case MergeStarted started ->
          stored.setMergeStarted(StoredMergeStarted.newBuilder().setTarget(started.target()));
      case Merged merged ->
          stored.setMerged(
              StoredMerged.newBuilder()
                  .setSource(merged.source())
                  .setSourceStored(merged.sourceStored())
                  .setStartedSeq(merged.startedSeq())
                  .setState(stored(merged.state())));
      case MergeCompleted completed ->
          stored.setMergeCompleted(
              StoredMergeCompleted.newBuilder()
                  .setTarget(completed.target())
                  .setTargetSeq(completed.targetSeq()));
      case MergeAborted aborted ->
          stored.setMergeAborted(StoredMergeAborted.newBuilder().setWhy(aborted.why()));
    }
    return stored.build().toByteArray();
  }

  /** Fails with IllegalArgumentException on bytes that are no event of ours. */
  public static UserEvent event(byte[] bytes) {
    StoredUserEvent stored;
    try {
      stored = StoredUserEvent.parseFrom(bytes);
    } catch (InvalidProtocolBufferException broken) {
      throw new IllegalArgumentException("stored user event is unreadable", broken);
    }
    long userSeq = stored.getUserSeq();
    long at = stored.getAcceptedAtMillis();
    return switch (stored.getEventCase()) {
      case INTERACTIONS_RECORDED ->
          new InteractionsRecorded(
              userSeq,
              at,
              stored.getInteractionsRecorded().getInteractionsList().stream()
                  .map(UserCodec::entry)
                  .toList());
      case FEED_SERVED -> served(userSeq, at, stored.getFeedServed());
      case PREFERENCES_SET -> preferences(userSeq, at, stored.getPreferencesSet());
      case PENDING_RESOLVED -> resolved(userSeq, at, stored.getPendingResolved());
      case MERGE_STARTED -> new MergeStarted(userSeq, at, stored.getMergeStarted().getTarget());
      case MERGED ->
          new Merged(
              userSeq,
              at,
              stored.getMerged().getSource(),
              stored.getMerged().getSourceStored(),
              stored.getMerged().getStartedSeq(),
              state(stored.getMerged().getState()));
      case MERGE_COMPLETED ->
          new MergeCompleted(
              userSeq,
              at,
              stored.getMergeCompleted().getTarget(),
              stored.getMergeCompleted().getTargetSeq());
      case MERGE_ABORTED -> new MergeAborted(userSeq, at, stored.getMergeAborted().getWhy());
      case EVENT_NOT_SET ->
          throw new IllegalArgumentException(
              "stored user event " + userSeq + " is of a kind this version does not know");
    };
  }

  // interactions

  private static StoredInteraction entry(Entry entry) {
    Interaction did = entry.interaction();
    StoredInteraction.Builder stored =
        StoredInteraction.newBuilder()
            .setEventId(did.eventId())
            .setItemId(did.itemId())
            .setKind(did.kind().code())
            .setAtMillis(did.atMs())
            .setSurface(did.surface())
            .setSessionId(did.sessionId())
            .setRequestId(did.requestId())
            .setSlotPlusOne(did.slot() + 1)
            .setPersonaliseWithheld(!did.personalise())
            .setTrainWithheld(!did.train())
            .setQuantity(did.quantity() == 1 ? 0 : did.quantity())
            .setTarget(did.target())
            .setStrength(entry.meaning().strength())
            .setMeaning(entry.meaning().bits());
    if (!Double.isNaN(did.value())) {
      stored.setValue(did.value());
    }
    if (did.view() != null) {
      stored.setView(view(did.view()));
    }
    if (!did.details().equals(Interaction.Details.NONE)) {
      stored.setDetails(details(did.details()));
    }
    if (did.card() != null) {
      stored.setCard(card(did.card()));
    }
    if (entry.meaning().touch()) {
      stored.setContext(context(did.atMs(), entry.context()));
    }
    return stored.build();
  }

  private static Entry entry(StoredInteraction stored) {
    Interaction did =
        new Interaction(
            stored.getEventId(),
            stored.getItemId(),
            stored.hasCard() ? card(stored.getItemId(), stored.getCard()) : null,
            InteractionKind.ofCode(stored.getKind()),
            stored.getAtMillis(),
            stored.getSurface(),
            stored.getSessionId(),
            stored.getRequestId(),
            stored.getSlotPlusOne() - 1,
            !stored.getPersonaliseWithheld(),
            !stored.getTrainWithheld(),
            stored.hasValue() ? stored.getValue() : Double.NaN,
            stored.getQuantity() == 0 ? 1 : stored.getQuantity(),
            stored.getTarget(),
            stored.hasView() ? view(stored.getView()) : null,
            stored.hasDetails() ? details(stored.getDetails()) : Interaction.Details.NONE);
    return new Entry(
        did,
        new Meaning(stored.getStrength(), stored.getMeaning()),
        stored.hasContext() ? context(stored.getAtMillis(), stored.getContext()) : Context.NONE);
  }

  private static StoredView view(Interaction.View view) {
    return StoredView.newBuilder()
        .setPlayedMs(view.playedMs())
        .setDurationMs(view.durationMs())
        .setVisibleShare(view.visibleShare())
        .setDwellMs(view.dwellMs())
        .setScrollSpeed(view.scrollSpeed())
        .setSeeks(view.seeks())
        .setLoops(view.loops())
        .setEnd(view.end())
        .build();
  }

  private static Interaction.View view(StoredView stored) {
    return new Interaction.View(
        stored.getPlayedMs(),
        stored.getDurationMs(),
        stored.getVisibleShare(),
        stored.getDwellMs(),
        stored.getScrollSpeed(),
        stored.getSeeks(),
        stored.getLoops(),
        stored.getEnd());
  }

  private static StoredDetails details(Interaction.Details details) {
    return StoredDetails.newBuilder()
        .setDeviceClass(details.deviceClass())
        .setLocale(details.locale())
        .setRegion(details.region())
        .setAppVersion(details.appVersion())
        .setReferrer(details.referrer())
        .setQuery(details.query())
        .setOrderId(details.orderId())
        .setCustomKind(details.customKind())
        .build();
  }

  private static Interaction.Details details(StoredDetails stored) {
    return new Interaction.Details(
        stored.getDeviceClass(),
        stored.getLocale(),
        stored.getRegion(),
        stored.getAppVersion(),
        stored.getReferrer(),
        stored.getQuery(),
        stored.getOrderId(),
        stored.getCustomKind());
  }

  private static StoredCard card(ItemCard card) {
    return StoredCard.newBuilder()
        .setOrdinal(card.ordinal())
        .setItemHash(card.itemHash())
        .addAllCategories(card.categories())
        .setCreator(card.creator())
        .setDurationMs(card.durationMs())
        .setCreatedAtMillis(card.createdAtMs())
        .build();
  }

  private static ItemCard card(String itemId, StoredCard stored) {
    return new ItemCard(
        itemId,
        stored.getOrdinal(),
        stored.getItemHash(),
        List.copyOf(stored.getCategoriesList()),
        stored.getCreator(),
        stored.getDurationMs(),
        stored.getCreatedAtMillis());
  }

  private static StoredContext context(long atMs, Context context) {
    long[] gaps = new long[context.predecessors().length];
    for (int i = 0; i < gaps.length; i++) {
      long after = i == 0 ? atMs : context.predecessorsAtMs()[i - 1];
      gaps[i] = after - context.predecessorsAtMs()[i];
    }
    StoredContext.Builder stored =
        StoredContext.newBuilder()
            .setTouches(context.touches())
            .setPositives(context.positives())
            .addAllPredecessors(list(context.predecessors()))
            .addAllGapsMs(list(gaps));
    if (context.lastTouchAtMs() != Long.MIN_VALUE) {
      stored.setLastTouchAtMillis(context.lastTouchAtMs());
    }
    if (context.lastPositiveAtMs() != Long.MIN_VALUE) {
      stored.setLastPositiveAtMillis(context.lastPositiveAtMs());
    }
    return stored.build();
  }

  private static Context context(long atMs, StoredContext stored) {
    int[] predecessors = ints(stored.getPredecessorsList());
    long[] times = new long[predecessors.length];
    long before = atMs;
    for (int i = 0; i < times.length; i++) {
      before -= stored.getGapsMs(i);
      times[i] = before;
    }
    return new Context(
        predecessors,
        times,
        stored.getTouches(),
        stored.hasLastTouchAtMillis() ? stored.getLastTouchAtMillis() : Long.MIN_VALUE,
        stored.getPositives(),
        stored.hasLastPositiveAtMillis() ? stored.getLastPositiveAtMillis() : Long.MIN_VALUE);
  }

  // the other events

  private static StoredFeedServed served(FeedServed served) {
    StoredFeedServed.Builder stored =
        StoredFeedServed.newBuilder()
            .setRequestId(served.requestId())
            .setSurface(served.surface())
            .setFeedSession(served.feedSession())
            .setSpares(served.spares().size())
            .setPipelineVersion(served.versions().pipeline())
            .setRulesVersion(served.versions().rules())
            .setRankerVersion(served.versions().ranker())
            .setGeneration(served.versions().generation())
            .setIdleMs(served.idleMs())
            .setLongestMs(served.longestMs())
            .addAllReleased(list(served.released()));
    List<Slot> slots = new ArrayList<>(served.slate());
    slots.addAll(served.spares());
    boolean chance = slots.stream().anyMatch(slot -> slot.propensity() != 1f);
    for (Slot slot : slots) {
      stored.addOrdinals(slot.ordinal()).addItemHashes(slot.itemHash());
      if (chance) {
        stored.addPropensities(slot.propensity());
      }
    }
    return stored.build();
  }

  private static FeedServed served(long userSeq, long at, StoredFeedServed stored) {
    List<Slot> slots = new ArrayList<>();
    for (int i = 0; i < stored.getOrdinalsCount(); i++) {
      float chance = stored.getPropensitiesCount() == 0 ? 1f : stored.getPropensities(i);
      slots.add(new Slot(stored.getOrdinals(i), stored.getItemHashes(i), chance));
    }
    int slate = slots.size() - stored.getSpares();
    return new FeedServed(
        userSeq,
        at,
        stored.getRequestId(),
        stored.getSurface(),
        stored.getFeedSession(),
        List.copyOf(slots.subList(0, slate)),
        List.copyOf(slots.subList(slate, slots.size())),
        new Versions(
            stored.getPipelineVersion(),
            stored.getRulesVersion(),
            stored.getRankerVersion(),
            stored.getGeneration()),
        stored.getIdleMs(),
        stored.getLongestMs(),
        longs(stored.getReleasedList()));
  }

  private static StoredPreferencesSet preferences(PreferencesSet set) {
    Preferences stated = set.preferences();
    return StoredPreferencesSet.newBuilder()
        .addAllLikedCategories(stated.likedCategories())
        .addAllBlockedCategories(stated.blockedCategories())
        .addAllBlockedCreators(stated.blockedCreators())
        .addAllBlockedItems(stated.blockedItems())
        .addAllFollowedCreators(stated.followedCreators())
        .setMaxAgeRatingPlusOne(stated.maxAgeRating() + 1)
        .addAllBlockedOrdinals(list(set.blockedOrdinals()))
        .build();
  }

  private static PreferencesSet preferences(long userSeq, long at, StoredPreferencesSet stored) {
    return new PreferencesSet(
        userSeq,
        at,
        new Preferences(
            List.copyOf(stored.getLikedCategoriesList()),
            List.copyOf(stored.getBlockedCategoriesList()),
            List.copyOf(stored.getBlockedCreatorsList()),
            List.copyOf(stored.getBlockedItemsList()),
            List.copyOf(stored.getFollowedCreatorsList()),
            stored.getMaxAgeRatingPlusOne() - 1),
        ints(stored.getBlockedOrdinalsList()));
  }

  private static StoredPendingResolved resolved(PendingResolved resolved) {
    StoredPendingResolved.Builder stored =
        StoredPendingResolved.newBuilder().addAllBlockedOrdinals(list(resolved.blockedOrdinals()));
    for (Resolution one : resolved.resolutions()) {
      stored.addResolutions(
          StoredResolution.newBuilder()
              .setEventHash(one.eventHash())
              .setCard(card(one.card()))
              .setStrength(one.meaning().strength())
              .setMeaning(one.meaning().bits()));
    }
    return stored.build();
  }

  private static PendingResolved resolved(long userSeq, long at, StoredPendingResolved stored) {
    return new PendingResolved(
        userSeq,
        at,
        stored.getResolutionsList().stream()
            .map(one ->
                new Resolution(
                    one.getEventHash(),
                    card("", one.getCard()),
                    new Meaning(one.getStrength(), one.getMeaning())))
            .toList(),
        ints(stored.getBlockedOrdinalsList()));
  }

  // snapshot

  public static byte[] snapshot(UserState state) {
    return stored(state).toByteArray();
  }

  private static StoredUserSnapshot stored(UserState state) {
    StoredUserSnapshot.Builder stored =
        StoredUserSnapshot.newBuilder()
            .setUserSeq(state.userSeq())
            .setAcceptedAtMillis(state.acceptedAtMs())
            .setTouches(state.touches())
            .setPositives(state.positives())
            .setInteractions(state.interactions())
            .addAllNames(state.names())
            .setRecent(acts(state.recent()))
            .setStrong(acts(state.strong()))
            .setSums(
                StoredSums.newBuilder()
                    .addAllKeys(list(state.sums().keys()))
                    .addAllValues(list(state.sums().values())))
            .setSeen(seen(state.seen()))
            .setEventIds(eventIds(state.eventIds()))
            .addAllHiddenItems(list(state.hiddenItems()))
            .addAllStatedItems(list(state.statedItems()))
            .addAllBlockedCreators(state.blockedCreators())
            .addAllBlockedCategories(state.blockedCategories())
            .addAllLikedCategories(state.likedCategories())
            .addAllBlockedItemIds(state.blockedItemIds())
            .setMaxAgeRatingPlusOne(state.maxAgeRating() + 1);
    if (state.lastTouchAtMs() != Long.MIN_VALUE) {
      stored.setLastTouchAtMillis(state.lastTouchAtMs());
    }
    if (state.lastPositiveAtMs() != Long.MIN_VALUE) {
      stored.setLastPositiveAtMillis(state.lastPositiveAtMs());
    }
    state.slates().forEach(slate -> stored.addSlates(slate(slate)));
    new TreeMap<>(state.activity())
        .forEach((surface, at) ->
            stored.addActivity(StoredActivity.newBuilder().setSurface(surface).setAtMillis(at)));
    for (Follow follow : state.follows()) {
      stored.addFollows(
          StoredFollow.newBuilder()
              .setCreator(follow.creator())
              .setKey(follow.key())
              .setFollowed(follow.followed()));
    }
    state.pending().forEach(entry -> stored.addPending(entry(entry)));
    for (Joined one : state.joined()) {
      stored.addJoined(
          StoredJoined.newBuilder().setUserId(one.userId()).setStartedSeq(one.startedSeq()));
    }
    return stored
        .setMergeTarget(state.merging().target())
        .setMergeStartedSeq(state.merging().startedSeq())
        .setMergeTargetSeq(state.merging().targetSeq())
        .build();
  }

  public static UserState snapshot(byte[] bytes) {
    StoredUserSnapshot stored;
    try {
      stored = StoredUserSnapshot.parseFrom(bytes);
    } catch (InvalidProtocolBufferException broken) {
      throw new IllegalArgumentException("stored user snapshot is unreadable", broken);
    }
    return state(stored);
  }

  private static UserState state(StoredUserSnapshot stored) {
    Map<String, Long> activity = new TreeMap<>();
    for (StoredActivity one : stored.getActivityList()) {
      activity.put(one.getSurface(), one.getAtMillis());
    }
    return new UserState(
        stored.getUserSeq(),
        stored.getAcceptedAtMillis(),
        stored.getInteractions(),
        stored.getTouches(),
        stored.getPositives(),
        stored.hasLastTouchAtMillis() ? stored.getLastTouchAtMillis() : Long.MIN_VALUE,
        stored.hasLastPositiveAtMillis() ? stored.getLastPositiveAtMillis() : Long.MIN_VALUE,
        List.copyOf(stored.getNamesList()),
        acts(stored.getRecent()),
        acts(stored.getStrong()),
        new Sums(longs(stored.getSums().getKeysList()), longs(stored.getSums().getValuesList())),
        seen(stored.getSeen()),
        EventIds.of(
            longs(stored.getEventIds().getHashesList()),
            ints(stored.getEventIds().getSecondsList())),
        stored.getSlatesList().stream().map(UserCodec::slate).toList(),
        activity,
        ints(stored.getHiddenItemsList()),
        ints(stored.getStatedItemsList()),
        List.copyOf(stored.getBlockedCreatorsList()),
        List.copyOf(stored.getBlockedCategoriesList()),
        stored.getFollowsList().stream()
            .map(one -> new Follow(one.getCreator(), one.getKey(), one.getFollowed()))
            .toList(),
        List.copyOf(stored.getLikedCategoriesList()),
        List.copyOf(stored.getBlockedItemIdsList()),
        stored.getMaxAgeRatingPlusOne() - 1,
        stored.getPendingList().stream().map(UserCodec::entry).toList(),
        stored.getMergeTarget().isEmpty()
            ? Merging.NONE
            : new Merging(
                stored.getMergeTarget(), stored.getMergeStartedSeq(), stored.getMergeTargetSeq()),
        stored.getJoinedList().stream()
            .map(one -> new Joined(one.getUserId(), one.getStartedSeq()))
            .toList());
  }

  private static StoredActs acts(Acts acts) {
    StoredActs.Builder stored = StoredActs.newBuilder();
    byte[] kinds = new byte[acts.size()];
    byte[] strengths = new byte[acts.size()];
    byte[] marks = new byte[acts.size()];
    for (int row = 0; row < acts.size(); row++) {
      stored.addKeys(acts.key(row)).addOrdinals(acts.ordinal(row)).addNames(acts.names(row));
      kinds[row] = acts.kind(row);
      strengths[row] = acts.strength(row);
      marks[row] = acts.mark(row);
    }
    return stored
        .setKinds(ByteString.copyFrom(kinds))
        .setStrengths(ByteString.copyFrom(strengths))
        .setMarks(ByteString.copyFrom(marks))
        .build();
  }

  private static Acts acts(StoredActs stored) {
    return Acts.of(
        longs(stored.getKeysList()),
        ints(stored.getOrdinalsList()),
        stored.getKinds().toByteArray(),
        stored.getStrengths().toByteArray(),
        stored.getMarks().toByteArray(),
        longs(stored.getNamesList()));
  }

  private static StoredEventIds eventIds(EventIds ids) {
    StoredEventIds.Builder stored = StoredEventIds.newBuilder();
    for (int row = 0; row < ids.size(); row++) {
      stored.addHashes(ids.hash(row)).addSeconds(ids.seconds(row));
    }
    return stored.build();
  }

  private static StoredSeen seen(Seen seen) {
    StoredSeen.Builder stored = StoredSeen.newBuilder().setBaseDay(seen.baseDay());
    ByteString.Output days = ByteString.newOutput();
    int[] before = {0};
    seen.each((ordinal, acted, day) -> {
      int value = ordinal << 1 | (acted ? 1 : 0);
      stored.addDistances(value - before[0]);
      before[0] = value;
      days.write(day - seen.baseDay());
    });
    return stored.setDays(days.toByteString()).build();
  }

  private static Seen seen(StoredSeen stored) {
    int[] packed = ints(stored.getDistancesList());
    for (int i = 1; i < packed.length; i++) {
      packed[i] += packed[i - 1];
    }
    return new Seen(stored.getBaseDay(), packed, stored.getDays().toByteArray());
  }

  private static StoredSlate slate(Slate slate) {
    StoredSlate.Builder stored =
        StoredSlate.newBuilder()
            .setRequest(slate.request())
            .setSurface(slate.surface())
            .setFeedSession(slate.feedSession())
            .setUserSeq(slate.userSeq())
            .setServedAtMillis(slate.servedAtMs())
            .setIdleMs(slate.idleMs())
            .setLongestMs(slate.longestMs())
            .addAllOrdinals(list(slate.ordinals()))
            .setSpares(slate.spares())
            .addAllItemHashes(list(slate.itemHashes()))
            .setPipelineVersion(slate.versions().pipeline())
            .setRulesVersion(slate.versions().rules())
            .setRankerVersion(slate.versions().ranker())
            .setGeneration(slate.versions().generation())
            .setReleased(slate.released());
    for (float chance : slate.propensities()) {
      stored.addPropensities(chance);
    }
    return stored.build();
  }

  private static Slate slate(StoredSlate stored) {
    float[] propensities = new float[stored.getPropensitiesCount()];
    for (int i = 0; i < propensities.length; i++) {
      propensities[i] = stored.getPropensities(i);
    }
    return new Slate(
        stored.getRequest(),
        stored.getSurface(),
        stored.getFeedSession(),
        stored.getUserSeq(),
        stored.getServedAtMillis(),
        stored.getIdleMs(),
        stored.getLongestMs(),
        ints(stored.getOrdinalsList()),
        stored.getSpares(),
        longs(stored.getItemHashesList()),
        propensities,
        new Versions(
            stored.getPipelineVersion(),
            stored.getRulesVersion(),
            stored.getRankerVersion(),
            stored.getGeneration()),
        stored.getReleased());
  }

  private static int[] ints(List<Integer> list) {
    int[] values = new int[list.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = list.get(i);
    }
    return values;
  }

  private static long[] longs(List<Long> list) {
    long[] values = new long[list.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = list.get(i);
    }
    return values;
  }

  private static List<Integer> list(int[] values) {
    return it.unimi.dsi.fastutil.ints.IntArrayList.wrap(values);
  }

  private static List<Long> list(long[] values) {
    return it.unimi.dsi.fastutil.longs.LongArrayList.wrap(values);
  }
}
