package io.millrace.serialization;

import com.google.protobuf.InvalidProtocolBufferException;
import io.millrace.learning.GenerationEvent;
import io.millrace.learning.GenerationEvent.Adopted;
import io.millrace.learning.GenerationEvent.Refused;
import io.millrace.learning.GenerationEvent.Trained;
import io.millrace.learning.GenerationsState;
import io.millrace.learning.TrainedGeneration;
import io.millrace.proto.journal.v1.StoredGenerationAdopted;
import io.millrace.proto.journal.v1.StoredGenerationEvent;
import io.millrace.proto.journal.v1.StoredGenerationRefused;
import io.millrace.proto.journal.v1.StoredGenerationTrained;
import io.millrace.proto.journal.v1.StoredGenerations;

/** Protobuf of what is decided about generations. */
public final class GenerationCodec {

  private GenerationCodec() {}

  public static byte[] write(GenerationEvent event) {
    StoredGenerationEvent.Builder out =
        StoredGenerationEvent.newBuilder().setAcceptedAtMillis(event.acceptedAtMs());
    switch (event) {
      case Trained trained -> out.setTrained(stored(trained.generation()));
      case Refused refused ->
          out.setRefused(
              StoredGenerationRefused.newBuilder()
                  .setNumber(refused.number())
                  .setReason(refused.reason())
                  .setReport(refused.report()));
      case Adopted adopted ->
          out.setAdopted(StoredGenerationAdopted.newBuilder().setNumber(adopted.number()));
    }
    return out.build().toByteArray();
  }

  /** Fails with IllegalArgumentException on bytes of another kind. */
  public static GenerationEvent event(byte[] bytes) {
    try {
      StoredGenerationEvent in = StoredGenerationEvent.parseFrom(bytes);
      long at = in.getAcceptedAtMillis();
      return switch (in.getEventCase()) {
        case TRAINED -> new Trained(at, trained(in.getTrained()));
        case REFUSED ->
            new Refused(
                at,
                in.getRefused().getNumber(),
                in.getRefused().getReason(),
                in.getRefused().getReport());
        case ADOPTED -> new Adopted(at, in.getAdopted().getNumber());
        case EVENT_NOT_SET ->
            throw new IllegalArgumentException(
                "stored generation event is of no kind that is known");
      };
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("stored generation event cannot be read", e);
    }
  }

  public static byte[] write(GenerationsState state) {
    StoredGenerations.Builder out =
        StoredGenerations.newBuilder().setAdopted(state.adopted()).setLast(state.last());
    state.kept().forEach(one -> out.addKept(stored(one)));
    return out.build().toByteArray();
  }

  /** Fails with IllegalArgumentException on bytes of another kind. */
  public static GenerationsState state(byte[] bytes) {
    try {
      StoredGenerations in = StoredGenerations.parseFrom(bytes);
      return new GenerationsState(
          in.getKeptList().stream().map(GenerationCodec::trained).toList(),
          in.getAdopted(),
          in.getLast());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("stored generations cannot be read", e);
    }
  }

  private static StoredGenerationTrained stored(TrainedGeneration one) {
    return StoredGenerationTrained.newBuilder()
        .setNumber(one.number())
        .setBytes(one.bytes())
        .setFacts(one.facts())
        .setAsOfMillis(one.asOfMs())
        .setItems(one.items())
        .setUsers(one.users())
        .setReport(one.report())
        .build();
  }

  private static TrainedGeneration trained(StoredGenerationTrained in) {
    return new TrainedGeneration(
        in.getNumber(),
        in.getBytes(),
        in.getFacts(),
        in.getAsOfMillis(),
        in.getItems(),
        in.getUsers(),
        in.getReport());
  }
}
