package io.millrace.persistence;

import java.io.RandomAccessFile;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * A process that adds numbered lines to ledgers as fast as they are acknowledged and notes each
 * acknowledgement in mapped memory, which outlives it: an int a ledger, how many lines it holds.
 */
final class KilledWriter {
  static final int LEDGERS = 24;

  private KilledWriter() {}

  static String ledger(int number) {
    return "user|test|" + number;
  }

  static String stream(int number) {
    return "user-" + number % 4;
  }

  static MappedByteBuffer acknowledged(Path file) throws Exception {
    try (RandomAccessFile notes = new RandomAccessFile(file.toFile(), "rw")) {
      notes.setLength((long) LEDGERS * Integer.BYTES);
      MappedByteBuffer mapped = notes.getChannel().map(MapMode.READ_WRITE, 0, notes.length());
      mapped.order(ByteOrder.BIG_ENDIAN);
      return mapped;
    }
  }

  /** Arguments: the data folder, the file of acknowledgements. */
  public static void main(String[] args) throws Exception {
    MappedByteBuffer notes = acknowledged(Path.of(args[1]));
    ActorSystem.create(
        Behaviors.setup(context -> {
          UserKeys keys = RocksStoreExtension.of(context.getSystem()).keys();
          for (int i = 0; i < LEDGERS; i++) {
            int number = i;
            ActorRef<LedgerActor.Command> ledger =
                context.spawn(LedgerActor.create(ledger(i), stream(i), keys), "ledger-" + i);
            context.spawn(client(ledger, number, notes), "client-" + i);
          }
          return Behaviors.empty();
        }),
        "killed",
        TestSystems.config(Path.of(args[0])));
  }

  private static Behavior<Integer> client(
      ActorRef<LedgerActor.Command> ledger, int number, MappedByteBuffer notes) {
    return Behaviors.setup(context -> {
      ledger.tell(new LedgerActor.Count(context.getSelf()));
      return Behaviors.receiveMessage(lines -> {
        notes.putInt(number * Integer.BYTES, lines);
        ledger.tell(new LedgerActor.Add("line " + (lines + 1), context.getSelf()));
        return Behaviors.same();
      });
    });
  }
}
