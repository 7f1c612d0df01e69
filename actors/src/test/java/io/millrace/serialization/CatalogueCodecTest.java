package io.millrace.serialization;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.evidence.EvidenceCheckpointState;
import io.millrace.evidence.EvidenceFolded;
import io.millrace.evidence.EvidencePartWritten;
import io.millrace.evidence.EvidenceState;
import io.millrace.index.EvidenceBatch;
import io.millrace.index.EvidencePart;
import io.millrace.index.EvidenceSums;
import io.millrace.index.ItemFacts;
import io.millrace.item.ItemEvent;
import io.millrace.item.ItemIds;
import io.millrace.item.ItemState;
import io.millrace.item.OrdinalAllocatorActor;
import io.millrace.persistence.Cursor;
import io.millrace.proto.journal.v1.StoredEvidenceBatch;
import io.millrace.proto.journal.v1.StoredPairs;
import io.millrace.retrieval.CheckpointHeader;
import io.millrace.retrieval.MovedItems;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What is on disk stays readable: the bytes on the right were written by an earlier build. */
class CatalogueCodecTest {
  private static final ItemFacts FACTS =
      new ItemFacts(
          "tt1",
          "Løve",
          List.of("drama", "crime"),
          List.of("slow"),
          "kubrick",
          1_500_000_000_000L,
          "da",
          9.5,
          3,
          16,
          ItemFacts.Safety.SENSITIVE,
          "acme",
          5_400_000,
          Map.of("release_year", "1999", "colour", "b/w"),
          List.of(new ItemFacts.Variant("v1", "Lion", "https://x/y.png")),
          new ItemFacts.Vector(0.5f, -1f));

  private static final ItemFacts BARE =
      new ItemFacts(
          "b",
          "",
          List.of(),
          List.of(),
          "",
          1,
          "",
          Double.NaN,
          -1,
          0,
          ItemFacts.Safety.SAFE,
          "",
          0,
          Map.of(),
          List.of(),
          ItemFacts.Vector.NONE);

  private static void assertBytes(String golden, byte[] bytes) {
    assertEquals(golden, HexFormat.of().formatHex(bytes));
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex);
  }

  private static byte[] written(List<EvidenceBatch.Touch> touches, MovedItems moved) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      CheckpointCodec.write(touches, moved, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** With a byte more behind them, which is not theirs. */
  private static CheckpointCodec.Remembered remembered(byte[] bytes) {
    try {
      return CheckpointCodec.remembered(
          new ByteArrayInputStream(Arrays.copyOf(bytes, bytes.length + 1)), bytes.length);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void a_put_with_everything() {
    String golden =
        "0ab00108031007188080babbc82e208180babbc82e2a9b010a0374743112054cc3b876651a05"
            + "6472616d611a056372696d652204736c6f772a076b75627269636b3080b0def7d32b3a026461"
            + "410000000000002340480350105801620461636d6568c0cbc902720d0a06636f6c6f75721203"
            + "622f7772140a0c72656c656173655f796561721204313939397a1b0a02763112044c696f6e1a"
            + "0f68747470733a2f2f782f792e706e678201080000003f000080bf";
    ItemEvent put = new ItemEvent.ItemPut(3, 7, 1_600_000_000_000L, 1_600_000_000_001L, FACTS);

    assertBytes(golden, ItemCodec.toBytes(put));
    assertEquals(put, ItemCodec.event(bytes(golden)));
  }

  @Test
  void a_put_with_nothing_keeps_absent_price_and_stock() {
    String golden = "0a0d0801180520062a050a01623001";
    ItemEvent put = new ItemEvent.ItemPut(1, 0, 5, 6, BARE);

    assertBytes(golden, ItemCodec.toBytes(put));
    assertEquals(put, ItemCodec.event(bytes(golden)));
  }

  @Test
  void a_retirement() {
    String golden = "121c08041007180820092a0d6c6963656e636520656e6465643203747431";
    ItemEvent retired = new ItemEvent.ItemRetired("tt1", 4, 7, 8, 9, "licence ended");

    assertBytes(golden, ItemCodec.toBytes(retired));
    assertEquals(retired, ItemCodec.event(bytes(golden)));
  }

  @Test
  void an_item_snapshot() {
    String golden = "08041007180122050a01623001";
    ItemState state = new ItemState(BARE, 7, 4, true);

    assertBytes(golden, ItemCodec.toBytes(state));
    assertEquals(state, ItemCodec.state(bytes(golden)));
    assertEquals(ItemState.EMPTY, ItemCodec.state(ItemCodec.toBytes(ItemState.EMPTY)));
  }

  @Test
  void an_ordinal_block_and_its_snapshot() {
    String golden = "0880021080011a1070656b6b6f3a2f2f6d696c6c72616365202a";
    OrdinalAllocatorActor.OrdinalBlockGranted granted =
        new OrdinalAllocatorActor.OrdinalBlockGranted(256, 128, "pekko://millrace", 42);

    assertBytes(golden, ItemCodec.toBytes(granted));
    assertEquals(granted, ItemCodec.ordinalBlock(bytes(golden)));
    assertBytes("088003", ItemCodec.toBytes(new OrdinalAllocatorActor.State(384)));
    assertEquals(new OrdinalAllocatorActor.State(384), ItemCodec.ordinals(bytes("088003")));
  }

  private static final EvidenceFolded FOLDED =
      new EvidenceFolded(
          new EvidenceBatch(
              3,
              9,
              1_700_000_000_000L,
              List.of(new EvidenceBatch.ItemDelta(-5, 5_666_666, 1, 2, 256, 3)),
              List.of(new EvidenceBatch.PairDelta(11, -5, 19_675, 819, 0)),
              List.of(
                  new EvidenceBatch.Choice(
                      -5,
                      1_700_000_000_000L,
                      new int[] {4, 0},
                      new long[] {1_699_999_999_000L, 1_600_000_000_000L},
                      1,
                      1_600_000_000_000L,
                      2,
                      1_699_999_999_000L))),
          new Cursor(77, ""),
          1_700_000_000_500L);

  private static void assertFolded(EvidenceFolded read) {
    assertEquals(FOLDED.source(), read.source());
    assertEquals(FOLDED.batch().items(), read.batch().items());
    assertEquals(FOLDED.batch().pairs(), read.batch().pairs());
    assertArrayEquals(
        FOLDED.batch().choices().getFirst().historyAtMs(),
        read.batch().choices().getFirst().historyAtMs());
  }

  @Test
  void an_evidence_batch_with_its_place() {
    String golden =
        "080310091a08000000000000004d2080d095ffbc3128f4d395ffbc31321709fbffffffffffff"
            + "ff10d4ddb305180220042880043006423009fbffffffffffffff1080d095ffbc311a02040022"
            + "08d00f80a0b787e9052801308080babbc82e38024098c895ffbc3152240a100b000000000000"
            + "00fbffffffffffffff1201001a01012203b6b3022a02e60c320100";

    assertBytes(golden, EvidenceCodec.toBytes(FOLDED));
    EvidenceFolded read = EvidenceCodec.folded(bytes(golden));
    assertArrayEquals(bytes(golden), EvidenceCodec.toBytes(read));
    assertFolded(read);
  }

  @Test
  void an_evidence_batch_of_a_folder_of_format_1() {
    assertFolded(
        EvidenceCodec.folded(
            bytes(
                "080310091a08000000000000004d2080d095ffbc3128f4d395ffbc31321709fbffffffffffff"
                    + "ff10d4ddb3051802200428800430063a19090b0000000000000011fbffffffffffffff18b6b3"
                    + "0220e60c423009fbffffffffffffff1080d095ffbc311a0204002208d00f80a0b787e9052801"
                    + "308080babbc82e38024098c895ffbc31")));
  }

  @Test
  void pairs_of_an_evidence_batch_are_read_as_they_were_written() {
    List<EvidenceBatch.PairDelta> pairs =
        List.of(
            new EvidenceBatch.PairDelta(11, -5, 19_675, 819, 0),
            new EvidenceBatch.PairDelta(-5, 11, 19_675, 410, 410),
            new EvidenceBatch.PairDelta(0, Long.MIN_VALUE, -3, 1, 0),
            new EvidenceBatch.PairDelta(-5, Long.MIN_VALUE, 19_676, Integer.MAX_VALUE, -1));
    EvidenceBatch batch = new EvidenceBatch(0, 1, 5, List.of(), pairs, List.of());

    byte[] bytes = EvidenceCodec.toBytes(new EvidenceFolded(batch, new Cursor(1, ""), 5));

    assertEquals(pairs, EvidenceCodec.batch(bytes).pairs());
  }

  @Test
  void columns_of_pairs_that_do_not_belong_together_are_refused() {
    StoredPairs.Builder pairs =
        StoredPairs.newBuilder()
            .addItemHashes(7)
            .addPredecessors(0)
            .addItems(1)
            .addDaySteps(1)
            .addWeights(1);

    assertEquals(
        "pairs have 1 weights, 1 predecessors, 1 items, 1 days and 0 session weights, expected equally many",
        refusal(pairs));
    assertEquals("a pair is of item 1 of 1, counted from 0", refusal(pairs.addSessionWeights(1)));
  }

  private static String refusal(StoredPairs.Builder pairs) {
    byte[] bytes = StoredEvidenceBatch.newBuilder().setPairColumns(pairs).build().toByteArray();
    return assertThrows(IllegalArgumentException.class, () -> EvidenceCodec.batch(bytes))
        .getMessage();
  }

  @Test
  void an_evidence_snapshot() {
    String golden = "080310091a08000000000000004d2080d095ffbc31";
    EvidenceState state = new EvidenceState(3, 9, new Cursor(77, ""), 1_700_000_000_000L);

    assertBytes(golden, EvidenceCodec.toBytes(state));
    assertEquals(state, EvidenceCodec.state(bytes(golden)));
  }

  @Test
  void a_part_of_a_checkpoint_of_evidence() {
    String golden =
        "080310091880d095ffbc31203f2a08000000000000004d3081d095ffbc313a2809fbffffffff"
            + "ffffff10d4ddb3051802200228800630033a020400420500d4ddb3054a0480088004423909f9"
            + "ffffffffffffff1218fbfffffffffffffffbffffffffffffff0b000000000000001a069a0a9e"
            + "0a9e0a2206c801e60c9e0a2a0464009e0a421d09faffffffffffffff12080b00000000000000"
            + "1a029e0a2201022a01024a1009fbffffffffffffff10e8071a020300";
    EvidenceSums sums = new EvidenceSums();
    sums.add(new EvidenceBatch.ItemDelta(-5, 5_666_666, 1, 2, 256, 3), 5_666_666);
    sums.add(new EvidenceBatch.ItemDelta(-5, 5_000_000, 1, 0, 512, 0), 5_666_666);
    sums.add(new EvidenceBatch.PairDelta(-7, -5, 19_675, 819, 0));
    sums.add(new EvidenceBatch.PairDelta(-7, -5, 19_600, 100, 50));
    sums.add(new EvidenceBatch.PairDelta(-7, 11, 19_675, 655, 655));
    sums.add(new EvidenceBatch.PairDelta(-6, 11, 19_675, 1, 1));
    EvidencePartWritten written =
        new EvidencePartWritten(
            new EvidencePart(3, 9, 1_700_000_000_000L, 63, sums),
            new Cursor(77, ""),
            List.of(new EvidenceBatch.Touch(-5, 1_000, new int[] {3, 0})),
            1_700_000_000_001L);

    assertBytes(golden, EvidenceCodec.toBytes(written));

    EvidencePartWritten read = EvidenceCodec.part(bytes(golden));
    assertBytes(golden, EvidenceCodec.toBytes(read));
    assertEquals(new Cursor(77, ""), read.batches());
    assertEquals(4 + 1, read.part().sums().size());
    assertEquals(1_700_000_000_001L, read.acceptedAtMs());
    assertArrayEquals(new int[] {3, 0}, read.touches().getFirst().history());
  }

  @Test
  void a_snapshot_of_who_writes_checkpoints_of_evidence() {
    String golden =
        "080310421a12080910e8071a08000000000000004d20d00f2212080c10dc0b1a08000000000000006320b817";
    EvidenceCheckpointState state =
        new EvidenceCheckpointState(
            3,
            66,
            List.of(new EvidenceCheckpointState.Mark(9, 1_000, new Cursor(77, ""), 2_000)),
            new EvidenceCheckpointState.Mark(12, 1_500, new Cursor(99, ""), 3_000));

    assertBytes(golden, EvidenceCodec.toBytes(state));
    assertEquals(state, EvidenceCodec.checkpoints(bytes(golden)));
  }

  @Test
  void a_checkpoint_header() {
    String golden =
        "102a1a170a0a65766964656e63652d3012090000000000000006781a120a066974656d2d3112"
            + "08000000000000000520e807";
    CheckpointHeader header =
        new CheckpointHeader(
            0, 42, Map.of("item-1", new Cursor(5, ""), "evidence-0", new Cursor(6, "x")), 1_000, 0);

    assertBytes(golden, CheckpointCodec.toBytes(header));
    assertEquals(header, CheckpointCodec.header(bytes(golden)));
    CheckpointHeader withTouches = new CheckpointHeader(0, 42, Map.of(), 1_000, 7);
    assertBytes("102a20e8072807", CheckpointCodec.toBytes(withTouches));
    assertEquals(withTouches, CheckpointCodec.header(bytes("102a20e8072807")));
  }

  @Test
  void touches_behind_a_checkpoint() {
    String golden = "0a12095634120000000000" + "10e807" + "1a0403010002";
    List<EvidenceBatch.Touch> touches =
        List.of(new EvidenceBatch.Touch(0x123456, 1_000, new int[] {3, 1, 0, 2}));

    assertBytes(golden, written(touches, MovedItems.NONE));
    CheckpointCodec.Remembered remembered = remembered(bytes(golden));
    EvidenceBatch.Touch read = remembered.touches().getFirst();
    assertEquals(0x123456, read.itemHash());
    assertEquals(1_000, read.atMs());
    assertArrayEquals(new int[] {3, 1, 0, 2}, read.history());
    assertEquals(0, remembered.moved().itemHashes().length);
  }

  @Test
  void where_touches_have_moved_items_to() {
    String golden =
        "122f"
            + "0804"
            + "10e807"
            + "180a"
            + "22105634120000000000ffffffffffffffff"
            + "2a100000803f000000c000000000"
            + "0000003f"
            + "32020701";
    MovedItems moved =
        new MovedItems(
            4, 1_000, 10, new long[] {0x123456, -1}, new float[] {1, -2, 0, .5f}, new int[] {7, 1});

    assertBytes(golden, written(List.of(), moved));
    MovedItems read = remembered(bytes(golden)).moved();
    assertEquals(4, read.generation());
    assertEquals(1_000, read.generationAtMs());
    assertEquals(10, read.oldestItemMs());
    assertArrayEquals(new long[] {0x123456, -1}, read.itemHashes());
    assertArrayEquals(new float[] {1, -2, 0, .5f}, read.vectors());
    assertArrayEquals(new int[] {7, 1}, read.awaited());
  }

  @Test
  void moved_items_with_part_of_a_vector_are_refused() {
    byte[] twoItemsThreeValues =
        bytes(
            "1222"
                + "22105634120000000000ffffffffffffffff"
                + "2a0c0000803f000000c000000000"
                + "0800");

    assertThrows(IllegalArgumentException.class, () -> remembered(twoItemsThreeValues));
  }

  @Test
  void the_names_of_items_and_their_streams_are_frozen() {
    assertEquals("6476341af8e7e59c", Long.toHexString(ItemIds.hash("tt1")));
    assertEquals("item-6", ItemIds.stream("tt1"));
  }

  @Test
  void bytes_that_are_none_of_ours_are_refused() {
    byte[] broken = {1, 2, 3};

    assertThrows(IllegalArgumentException.class, () -> ItemCodec.event(broken));
    assertThrows(IllegalArgumentException.class, () -> ItemCodec.event(new byte[0]));
    assertThrows(IllegalArgumentException.class, () -> ItemCodec.state(broken));
    assertThrows(IllegalArgumentException.class, () -> ItemCodec.ordinalBlock(broken));
    assertThrows(IllegalArgumentException.class, () -> ItemCodec.ordinals(broken));
    assertThrows(IllegalArgumentException.class, () -> EvidenceCodec.batch(broken));
    assertThrows(IllegalArgumentException.class, () -> EvidenceCodec.state(broken));
    assertThrows(IllegalArgumentException.class, () -> CheckpointCodec.header(broken));
    assertThrows(IllegalArgumentException.class, () -> remembered(broken));
  }
}
