package io.millrace.serialization;

import io.millrace.index.Candidates;
import io.millrace.index.RetrievalQuery;
import io.millrace.index.Source;
import io.millrace.retrieval.IndexPartitionActor;
import io.millrace.retrieval.IndexSearchActor;

/** Numbers 400 to 499: what the copies of the index are told and answer. */
final class RetrievalMessages {

  private RetrievalMessages() {}

  static void register(WireTable table) {
    table.record(400, IndexSearchActor.Retrieve.class);
    table.record(401, IndexSearchActor.Measure.class);
    table.record(402, IndexSearchActor.Similar.class);
    table.record(403, IndexSearchActor.Dress.class);
    table.record(410, RetrievalQuery.class);
    table.record(411, RetrievalQuery.Filter.class);
    table.constants(412, Source.class);
    table.record(413, Candidates.class);
    table.record(414, RetrievalQuery.Taste.class);
    table.record(415, RetrievalQuery.Refused.class);
    table.record(430, IndexSearchActor.Found.class);
    table.record(431, IndexSearchActor.Dressed.class);
    table.record(432, IndexSearchActor.Overloaded.class);
    table.record(433, IndexSearchActor.Failed.class);
    table.record(440, IndexPartitionActor.Drain.class);
    table.record(441, IndexPartitionActor.Applied.class);
    table.record(442, IndexPartitionActor.WriteCheckpoint.class);
    table.record(443, IndexPartitionActor.PrepareGeneration.class);
    table.record(444, IndexPartitionActor.GenerationPrepared.class);
  }
}
