package io.millrace.edge;

import io.millrace.feed.Feeds;
import io.millrace.feed.ImpressionTokens;
import io.millrace.item.Catalogue;
import io.millrace.item.ItemActor;
import io.millrace.learning.GenerationActor;
import io.millrace.learning.GenerationsState;
import io.millrace.persistence.Backup;
import io.millrace.user.UserActor;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Iterator;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;

/** What the edge asks of the node it stands in front of. */
public interface Backend {

  ActorSystem<?> system();

  CompletionStage<UserActor.Reply> askUser(
      String userId,
      Function<ActorRef<UserActor.Reply>, UserActor.Command> message,
      Duration timeout);

  /** Everything held of a user, line by line; reading it blocks for the disk. */
  CompletionStage<Iterator<String>> exportUser(String userId, Duration timeout);

  /** Makes everything held of a user unreadable, in the store and in memory. */
  CompletionStage<UserActor.Reply> forgetUser(String userId, Duration timeout);

  CompletionStage<ItemActor.Reply> askItem(
      String itemId,
      Function<ActorRef<ItemActor.Reply>, ItemActor.Command> message,
      Duration timeout);

  Catalogue catalogue();

  Feeds feeds();

  ImpressionTokens tokens();

  InstantSource clock();

  /** Whether it may be sent traffic: recovered, caught up, and not stopping. */
  boolean ready();

  /** How far evidence is behind the journal. */
  Duration evidenceLag();

  /** Items that can be served, as this node's index copy counts them. */
  long indexedItems();

  /** Values of the catalogue's client vectors; 0 while no item has one. */
  int vectorLength();

  /** Completes when everything acknowledged before the call is in the index. */
  CompletionStage<Void> drain();

  /** Completes when checkpoints hold all evidence there was at the call. */
  CompletionStage<Void> checkpoint();

  /** Writes a backup into a folder that is absent or empty. */
  CompletionStage<Backup.Contents> backup(Path to);

  /** A command about generations, once it knows whom to answer. */
  @FunctionalInterface
  interface GenerationCommand {
    GenerationActor.Command answering(ActorRef<GenerationActor.Decided> replyTo);
  }

  /** Has a generation trained or adopted; may take as long as a training. */
  CompletionStage<GenerationActor.Decided> decideGeneration(GenerationCommand command);

  /** Which generations there are. */
  CompletionStage<GenerationsState> describeGenerations();
}
