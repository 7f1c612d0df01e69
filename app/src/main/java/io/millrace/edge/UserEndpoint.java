package io.millrace.edge;

import io.millrace.feed.Feeds;
import io.millrace.model.taste.TasteMap;
import io.millrace.proto.v1.ExportRequest;
import io.millrace.proto.v1.ForgetRequest;
import io.millrace.proto.v1.ForgetResponse;
import io.millrace.proto.v1.GetMapRequest;
import io.millrace.proto.v1.GetMapResponse;
import io.millrace.proto.v1.GetUserRequest;
import io.millrace.proto.v1.GetUserResponse;
import io.millrace.proto.v1.MergeRequest;
import io.millrace.proto.v1.MergeResponse;
import io.millrace.proto.v1.Place;
import io.millrace.proto.v1.PlacedItem;
import io.millrace.proto.v1.Preferences;
import io.millrace.proto.v1.RecentInteraction;
import io.millrace.proto.v1.Region;
import io.millrace.proto.v1.SetPreferencesRequest;
import io.millrace.proto.v1.SetPreferencesResponse;
import io.millrace.proto.v1.Taste;
import io.millrace.user.Profile;
import io.millrace.user.UserActor;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.ActorAttributes;
import org.apache.pekko.stream.javadsl.Source;

/** What is believed about users, and what they decide about it. */
final class UserEndpoint {
  private static final int MOST_RECENT = 128;
  private static final String BLOCKING = "pekko.actor.default-blocking-io-dispatcher";
  private static final int POPULAR = 300;
  private static final int MOST_POPULAR = 500;
  private static final int MOST_INCLUDED = 100;

  private final Backend backend;

  UserEndpoint(Backend backend) {
    this.backend = backend;
  }

  CompletionStage<GetUserResponse> get(GetUserRequest request, Budget budget) {
    Problems problems = new Problems();
    problems.id("userId", request.getUserId(), 1, 256);
    if (problems.any()) {
      return CompletableFuture.failedStage(Refusal.invalid(problems));
    }
    return backend
        .askUser(request.getUserId(), UserActor.Describe::new, budget.left())
        .thenApply(reply -> {
          if (reply instanceof UserActor.Described described) {
            return response(request.getUserId(), described);
          }
          throw unexpected(reply);
        });
  }

  CompletionStage<GetMapResponse> map(GetMapRequest request, Budget budget) {
    Problems problems = new Problems();
    problems.id("userId", request.getUserId(), 1, 256);
    problems.count("popular", Integer.toUnsignedLong(request.getPopular()), MOST_POPULAR);
    if (request.getIncludeCount() > MOST_INCLUDED) {
      problems.add(
          "include has "
              + request.getIncludeCount()
              + " entries, expected at most "
              + MOST_INCLUDED);
    } else {
      for (int i = 0; i < request.getIncludeCount(); i++) {
        problems.id("include[" + i + "]", request.getInclude(i), 1, 256);
      }
    }
    if (problems.any()) {
      return CompletableFuture.failedStage(Refusal.invalid(problems));
    }
    return backend
        .askUser(request.getUserId(), UserActor.Describe::new, budget.left())
        .thenCompose(reply -> {
          if (reply instanceof UserActor.Described described) {
            return backend
                .feeds()
                .stand(
                    described.profile(),
                    request.hasPopular() ? request.getPopular() : POPULAR,
                    List.copyOf(request.getIncludeList()),
                    budget.left())
                .thenApply(standing ->
                    response(request.getUserId(), described.profile().userSeq(), standing));
          }
          throw unexpected(reply);
        });
  }

  private static GetMapResponse response(String userId, long userSeq, Feeds.Standing standing) {
    GetMapResponse.Builder map =
        GetMapResponse.newBuilder()
            .setUserId(userId)
            .setUserSeq(userSeq)
            .setGeneration(standing.generation())
            .setLearning(standing.learning());
    if (standing.user() != null) {
      map.setUser(place(standing.user()));
    }
    if (standing.recent() != null) {
      map.setUserRecent(place(standing.recent()));
    }
    for (Feeds.Placed placed : standing.items()) {
      PlacedItem.Builder item =
          PlacedItem.newBuilder()
              .setItemId(placed.facts().itemId())
              .setTitle(placed.facts().title())
              .setPlace(place(placed.place()));
      if (!placed.facts().categories().isEmpty()) {
        item.setCategory(placed.facts().categories().getFirst());
      }
      if (placed.strength() != null) {
        item.setStrength(placed.strength() / 100.0);
      }
      map.addItems(item);
    }
    for (TasteMap.Region region : standing.regions()) {
      map.addRegions(
          Region.newBuilder()
              .setCategory(region.category())
              .setPlace(place(region.place()))
              .setItems(region.items()));
    }
    return map.build();
  }

  private static Place place(TasteMap.Place place) {
    return Place.newBuilder().setX(rounded(place.x())).setY(rounded(place.y())).build();
  }

  /** A picture has a few hundred dots across. */
  private static double rounded(double coordinate) {
    return Math.rint(coordinate * 10_000) / 10_000;
  }

  CompletionStage<SetPreferencesResponse> setPreferences(
      SetPreferencesRequest request, Budget budget) {
    Problems problems = new Problems();
    problems.id("userId", request.getUserId(), 1, 256);
    Preferences p = request.getPreferences();
    problems.texts("preferences.likedCategories", p.getLikedCategoriesList(), 100, 256);
    problems.texts("preferences.blockedCategories", p.getBlockedCategoriesList(), 100, 256);
    problems.texts("preferences.blockedCreators", p.getBlockedCreatorsList(), 100, 256);
    problems.texts("preferences.blockedItems", p.getBlockedItemsList(), 100, 256);
    problems.texts("preferences.followedCreators", p.getFollowedCreatorsList(), 100, 256);
    if (p.hasMaxAgeRating()) {
      problems.count("preferences.maxAgeRating", Integer.toUnsignedLong(p.getMaxAgeRating()), 100);
    }
    if (problems.any()) {
      return CompletableFuture.failedStage(Refusal.invalid(problems));
    }
    UserActor.Preferences preferences =
        new UserActor.Preferences(
            List.copyOf(p.getLikedCategoriesList()),
            List.copyOf(p.getBlockedCategoriesList()),
            List.copyOf(p.getBlockedCreatorsList()),
            List.copyOf(p.getBlockedItemsList()),
            List.copyOf(p.getFollowedCreatorsList()),
            p.hasMaxAgeRating() ? p.getMaxAgeRating() : -1);
    return backend
        .askUser(
            request.getUserId(),
            replyTo -> new UserActor.SetPreferences(preferences, replyTo),
            budget.left())
        .thenApply(reply -> {
          if (reply instanceof UserActor.PreferencesSet set) {
            return SetPreferencesResponse.newBuilder().setUserSeq(set.userSeq()).build();
          }
          throw unexpected(reply);
        });
  }

  CompletionStage<MergeResponse> merge(MergeRequest request, Budget budget) {
    Problems problems = new Problems();
    problems.id("sourceUserId", request.getSourceUserId(), 1, 256);
    problems.id("targetUserId", request.getTargetUserId(), 1, 256);
    if (problems.any()) {
      return CompletableFuture.failedStage(Refusal.invalid(problems));
    }
    return backend
        .askUser(
            request.getSourceUserId(),
            replyTo -> new UserActor.Merge(request.getTargetUserId(), replyTo),
            budget.left())
        .thenApply(reply -> {
          if (reply instanceof UserActor.Merged merged) {
            return MergeResponse.newBuilder().setUserSeq(merged.userSeq()).build();
          }
          throw unexpected(reply);
        });
  }

  CompletionStage<ForgetResponse> forget(ForgetRequest request, Budget budget) {
    Problems problems = new Problems();
    problems.id("userId", request.getUserId(), 1, 256);
    if (problems.any()) {
      return CompletableFuture.failedStage(Refusal.invalid(problems));
    }
    return backend
        .forgetUser(request.getUserId(), budget.left())
        .thenApply(reply -> {
          if (reply instanceof UserActor.Forgotten) {
            return ForgetResponse.getDefaultInstance();
          }
          throw unexpected(reply);
        });
  }

  /** Lines of JSON, each with its end; fails before the first or breaks off without the last. */
  CompletionStage<Source<String, NotUsed>> export(ExportRequest request, Budget budget) {
    Problems problems = new Problems();
    problems.id("userId", request.getUserId(), 1, 256);
    if (problems.any()) {
      return CompletableFuture.failedStage(Refusal.invalid(problems));
    }
    return backend
        .exportUser(request.getUserId(), budget.left())
        .thenApply(lines ->
            Source.fromIterator(() -> lines)
                .map(line -> line + "\n")
                .withAttributes(ActorAttributes.dispatcher(BLOCKING)));
  }

  private static RuntimeException unexpected(UserActor.Reply reply) {
    return reply instanceof UserActor.Rejected rejected
        ? Trouble.of(rejected)
        : new IllegalStateException("user answered " + reply.getClass().getSimpleName());
  }

  private static GetUserResponse response(String userId, UserActor.Described described) {
    Profile profile = described.profile();
    GetUserResponse.Builder response =
        GetUserResponse.newBuilder()
            .setUserId(userId)
            .setUserSeq(profile.userSeq())
            .setInteractions(described.interactions())
            .setSeen(profile.viewed())
            .setReserved(described.reserved())
            .setPreferences(preferences(described.preferences()));
    for (UserActor.Recent recent :
        described.recent().subList(0, Math.min(MOST_RECENT, described.recent().size()))) {
      response.addRecent(
          RecentInteraction.newBuilder()
              .setItemId(recent.itemId())
              .setKind(recent.kind().name())
              .setTimeMillis(recent.atMs())
              .setStrength(recent.strength()));
    }
    for (Profile.Taste taste : profile.tastes()) {
      response.addTastes(
          Taste.newBuilder()
              .setCategory(taste.category())
              .setDay(taste.day())
              .setMonth(taste.month())
              .setEver(taste.ever()));
    }
    return response.build();
  }

  private static Preferences preferences(UserActor.Preferences p) {
    Preferences.Builder preferences =
        Preferences.newBuilder()
            .addAllLikedCategories(p.likedCategories())
            .addAllBlockedCategories(p.blockedCategories())
            .addAllBlockedCreators(p.blockedCreators())
            .addAllBlockedItems(p.blockedItems())
            .addAllFollowedCreators(p.followedCreators());
    if (p.maxAgeRating() >= 0) {
      preferences.setMaxAgeRating(p.maxAgeRating());
    }
    return preferences.build();
  }
}
