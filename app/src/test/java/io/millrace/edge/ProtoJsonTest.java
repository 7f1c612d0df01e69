package io.millrace.edge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.proto.v1.EventResult;
import io.millrace.proto.v1.ExportChunk;
import io.millrace.proto.v1.FeedItem;
import io.millrace.proto.v1.Item;
import io.millrace.proto.v1.PutResult;
import io.millrace.proto.v1.RecordRequest;
import org.junit.jupiter.api.Test;

class ProtoJsonTest {

  @Test
  void numbers_of_64_bits_are_numbers_and_enums_are_names() {
    assertEquals(
        "{\"eventId\":\"e\",\"status\":\"RECORDED\",\"userSeq\":9007199254740993,\"detail\":\"\"}",
        ProtoJson.write(
            EventResult.newBuilder()
                .setEventId("e")
                .setStatus(EventResult.Status.RECORDED)
                .setUserSeq(9_007_199_254_740_993L)
                .build()));
    assertEquals(
        "{\"itemId\":\"\",\"itemSeq\":18446744073709551615,\"error\":\"\"}",
        ProtoJson.write(PutResult.newBuilder().setItemSeq(-1).build()));
  }

  @Test
  void empty_lists_and_zeros_are_printed_and_absent_parts_are_not() {
    assertEquals(
        "{\"itemId\":\"a\",\"token\":\"\",\"reasons\":[],\"score\":0.25,\"position\":0,"
            + "\"sources\":[\"x\"],\"propensity\":1,\"contributions\":[]}",
        ProtoJson.write(
            FeedItem.newBuilder()
                .setItemId("a")
                .setScore(.25)
                .addSources("x")
                .setPropensity(1)
                .build()));
    String bare = ProtoJson.write(Item.newBuilder().setItemId("a").build());
    assertTrue(!bare.contains("price") && !bare.contains("stock"), bare);
    assertTrue(bare.contains("\"attributes\":{}"), bare);
    String sold = ProtoJson.write(Item.newBuilder().setStock(0).setPrice(1e20).build());
    assertTrue(sold.contains("\"stock\":0") && sold.contains("\"price\":1.0E20"), sold);
  }

  @Test
  void text_cannot_leave_its_quotes() {
    assertEquals(
        "{\"itemId\":\"\\\"\\\\\\n\\t\\u0001\\u2028é\\u003c/script\\u003e\",\"itemSeq\":0,\"error\":\"\"}",
        ProtoJson.write(
            PutResult.newBuilder().setItemId("\"\\\n\t\u0001\u2028é</script>").build()));
    assertEquals(
        "{\"jsonLines\":\"AQI=\"}",
        ProtoJson.write(
            ExportChunk.newBuilder()
                .setJsonLines(com.google.protobuf.ByteString.copyFrom(new byte[] {1, 2}))
                .build()));
  }

  @Test
  void what_is_written_is_read_and_digits_may_be_quoted() {
    Item item =
        Item.newBuilder()
            .setItemId("i")
            .setStock(3)
            .setPrice(.1)
            .putAttributes("k", "v")
            .addVector(.5f)
            .build();

    assertEquals(item, ProtoJson.read(ProtoJson.write(item), Item.newBuilder()).build());
    assertEquals(7, ProtoJson.read("{\"stock\":\"7\"}", Item.newBuilder()).getStock());
  }

  @Test
  void what_cannot_be_read_is_refused_and_named() {
    for (String broken :
        new String[] {
          "",
          "null",
          "[]",
          "{",
          "{\"events\":{}}",
          "{\"events\":[1]}",
          "\"text\"",
          "{\"events\":[{\"timeMillis\":\"soon\"}]}",
          "{\"events\":[{\"kind\":\"LOVE\"}]}",
          "{\"events\":[{\"value\":\"much\"}]}",
          "{} {}"
        }) {
      Refusal refusal =
          assertThrows(
              Refusal.class, () -> ProtoJson.read(broken, RecordRequest.newBuilder()), broken);
      assertEquals(Trouble.INVALID_ARGUMENT, refusal.trouble());
    }
    Refusal unknown =
        assertThrows(
            Refusal.class,
            () -> ProtoJson.read("{\"events\":[{\"usrId\":\"a\"}]}", RecordRequest.newBuilder()));
    assertTrue(unknown.message().contains("usrId"), unknown.message());
  }
}
