package io.millrace.item;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;

/**
 * One node's purse of ordinals: hands them out one by one from a block of the {@link
 * OrdinalAllocatorActor}, and asks for the next block when half of it is spent. A restart loses
 * what is left; no ordinal is handed out twice. Never leaves its node.
 */
public final class OrdinalsActor extends AbstractBehavior<OrdinalsActor.Command> {

  /** What the purse can be asked. */
  public sealed interface Command extends NoSerializationVerificationNeeded {}

  /** Asks for one ordinal. Reply: {@link Taken} or {@link NoneLeft}. */
  public record Take(ActorRef<Reply> replyTo) implements Command {}

  private record BlockArrived(int first, int count) implements Command {}

  private record BlockMissed(String detail) implements Command {}

  private record AllocatorThere() implements Command {}

  private record AllocatorAway() implements Command {}

  /** What the purse answers. */
  public sealed interface Reply extends NoSerializationVerificationNeeded {}

  /** The ordinal is the asker's for ever. */
  public record Taken(int ordinal) implements Reply {}

  /** The allocator cannot be reached, or has none left. */
  public record NoneLeft(String detail) implements Reply {}

  private final ActorRef<OrdinalAllocatorActor.Command> allocator;
  private final String node;
  private final int blockSize;
  private final Duration patience;
  private final Runnable reached;
  private final Deque<Take> waiting = new ArrayDeque<>();
  private int next;
  private int end;
  private int reserveFirst;
  private int reserveEnd;
  private boolean asking;

  /**
   * A purse without ordinals yet.
   *
   * @param node its address, for people
   * @param patience how long one request to the allocator may take
   * @param reached run when the allocator has answered for the first time: new items can be put
   */
  public static Behavior<Command> create(
      ActorRef<OrdinalAllocatorActor.Command> allocator,
      String node,
      int blockSize,
      Duration patience,
      Runnable reached) {
    return Behaviors.setup(
        context -> new OrdinalsActor(context, allocator, node, blockSize, patience, reached));
  }

  private OrdinalsActor(
      ActorContext<Command> context,
      ActorRef<OrdinalAllocatorActor.Command> allocator,
      String node,
      int blockSize,
      Duration patience,
      Runnable reached) {
    super(context);
    this.allocator = allocator;
    this.node = node;
    this.blockSize = blockSize;
    this.patience = patience;
    this.reached = reached;
    lookForAllocator();
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Take.class, this::onTake)
        .onMessage(BlockArrived.class, this::onBlockArrived)
        .onMessage(BlockMissed.class, this::onBlockMissed)
        .onMessage(AllocatorThere.class, message -> onAllocatorThere())
        .onMessage(AllocatorAway.class, message -> lookForAllocator())
        .build();
  }

  private Behavior<Command> lookForAllocator() {
    getContext()
        .ask(
            OrdinalAllocatorActor.Reply.class,
            allocator,
            patience,
            replyTo -> new OrdinalAllocatorActor.Grant(node, 0, replyTo),
            (reply, failure) -> reply == null ? new AllocatorAway() : new AllocatorThere());
    return this;
  }

  private Behavior<Command> onAllocatorThere() {
    reached.run();
    return this;
  }

  private Behavior<Command> onTake(Take take) {
    waiting.add(take);
    handOut();
    return this;
  }

  private Behavior<Command> onBlockArrived(BlockArrived block) {
    asking = false;
    reserveFirst = block.first();
    reserveEnd = block.first() + block.count();
    handOut();
    return this;
  }

  private Behavior<Command> onBlockMissed(BlockMissed missed) {
    asking = false;
    getContext().getLog().warn("no ordinals came detail={}", missed.detail());
    waiting.forEach(take -> take.replyTo().tell(new NoneLeft(missed.detail())));
    waiting.clear();
    return this;
  }

  private void handOut() {
    while (!waiting.isEmpty() && (next < end || openReserve())) {
      waiting.remove().replyTo().tell(new Taken(next++));
    }
    boolean low = reserveFirst == reserveEnd && end - next <= blockSize / 2;
    if (!asking && (!waiting.isEmpty() || (next > 0 && low))) {
      askForBlock();
    }
  }

  private boolean openReserve() {
    next = reserveFirst;
    end = reserveEnd;
    reserveFirst = reserveEnd;
    return next < end;
  }

  private void askForBlock() {
    asking = true;
    getContext()
        .ask(
            OrdinalAllocatorActor.Reply.class,
            allocator,
            patience,
            replyTo -> new OrdinalAllocatorActor.Grant(node, blockSize, replyTo),
            (reply, failure) ->
                switch (reply) {
                  case OrdinalAllocatorActor.Granted granted ->
                      new BlockArrived(granted.first(), granted.count());
                  case OrdinalAllocatorActor.Exhausted exhausted ->
                      new BlockMissed(exhausted.detail());
                  case null -> new BlockMissed("the allocator did not answer: " + failure);
                });
  }
}
