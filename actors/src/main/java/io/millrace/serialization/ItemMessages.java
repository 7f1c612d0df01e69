package io.millrace.serialization;

import com.esotericsoftware.kryo.kryo5.Kryo;
import com.esotericsoftware.kryo.kryo5.Serializer;
import com.esotericsoftware.kryo.kryo5.io.Input;
import com.esotericsoftware.kryo.kryo5.io.Output;
import io.millrace.index.ItemFacts;
import io.millrace.item.CatalogueFollowerActor;
import io.millrace.item.ItemActor;
import io.millrace.item.OrdinalAllocatorActor;

/** Numbers 200 to 299: what items and the catalogue are told and answer. */
final class ItemMessages {

  private ItemMessages() {}

  static void register(WireTable table) {
    table.record(200, ItemActor.Put.class);
    table.record(201, ItemActor.Retire.class);
    table.record(202, ItemActor.GetItem.class);
    table.record(210, ItemFacts.class);
    table.constants(211, ItemFacts.Safety.class);
    table.record(212, ItemFacts.Variant.class);
    table.with(213, ItemFacts.Vector.class, new Vectors());
    table.record(230, ItemActor.Stored.class);
    table.record(231, ItemActor.ItemIs.class);
    table.record(232, ItemActor.Unknown.class);
    table.record(233, ItemActor.Rejected.class);
    table.record(240, CatalogueFollowerActor.Drain.class);
    table.record(241, CatalogueFollowerActor.Applied.class);
    table.record(242, CatalogueFollowerActor.Learn.class);
    table.record(243, CatalogueFollowerActor.Learned.class);
    table.record(250, OrdinalAllocatorActor.Grant.class);
    table.record(251, OrdinalAllocatorActor.Granted.class);
    table.record(252, OrdinalAllocatorActor.Exhausted.class);
  }

  /** Length, then the floats. */
  private static final class Vectors extends Serializer<ItemFacts.Vector> {
    Vectors() {
      super(false, true);
    }

    @Override
    public void write(Kryo kryo, Output output, ItemFacts.Vector vector) {
      output.writeVarInt(vector.length(), true);
      for (int i = 0; i < vector.length(); i++) {
        output.writeFloat(vector.get(i));
      }
    }

    @Override
    public ItemFacts.Vector read(Kryo kryo, Input input, Class<? extends ItemFacts.Vector> type) {
      int length = input.readVarInt(true);
      return length == 0 ? ItemFacts.Vector.NONE : new ItemFacts.Vector(input.readFloats(length));
    }
  }
}
