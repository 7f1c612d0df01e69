package io.millrace.importing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.index.ItemFacts;
import io.millrace.user.InteractionKind;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataSetTest {
  @TempDir Path folder;

  @Test
  void ratings_come_in_time_order_with_titles_genres_and_years() throws IOException {
    write("ratings.dat", "1::20::7::200\n1::10::8::100\n2::10::3::200\n");
    write("movies.dat", "10::One: The (First) (1999)::Drama|War\n20::No year::\n");

    DataSet data = DataSet.open(folder, Format.AUTO);

    assertEquals(Format.MOVIETWEETINGS, data.format());
    assertEquals(
        List.of("1 10 100000", "1 20 200000", "2 10 200000"),
        data.events().stream().map(e -> e.userId() + " " + e.itemId() + " " + e.atMs()).toList());
    assertEquals(8.0, data.events().getFirst().interaction().value());
    ItemFacts one = data.items().getFirst();
    assertEquals("One: The (First)", one.title());
    assertEquals("1999", one.attributes().get(ItemFacts.RELEASE_YEAR));
    assertEquals(List.of("Drama", "War"), one.categories());
    assertEquals(100_000, one.createdAtMs());
    assertEquals("No year", data.items().get(1).title());
  }

  @Test
  void bad_lines_are_counted_and_named_and_the_rest_is_read() throws IOException {
    write(
        "ratings.dat", "1::10::8::100\nnonsense\n1::10::11::100\n1::10::x::100\n\n2::10::1::300\n");

    DataSet data = DataSet.open(folder.resolve("ratings.dat"), Format.AUTO);

    assertEquals(2, data.events().size());
    assertEquals(3, data.bad().count());
    assertEquals(
        "ratings.dat:2: line has 1 fields, expected user::movie::rating::seconds",
        data.bad().named().getFirst());
    assertEquals("ratings.dat:3: rating is 11, expected 0 to 10", data.bad().named().get(1));
  }

  @Test
  void an_invoice_line_is_a_purchase_only_with_customer_price_quantity_and_article_code()
      throws IOException {
    String header =
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";
    writeGzip(
        "later.csv.gz",
        header
            + "2,84406b,\"CUP, \"\"BIG\"\"\",2,2011-01-02 08:00:00,1.5,7.0,France\n"
            + "C3,84406B,CUP,-2,2011-01-02 09:00:00,1.5,7.0,France\n"
            + "4,84406B,CUP,2,2011-01-02 09:00:00,1.5,,France\n"
            + "4,POST,POSTAGE,2,2011-01-02 09:00:00,1.5,7.0,France\n"
            + "4,84406B,CUP,2,2011-01-02 09:00:00,0,7.0,France\n"
            + "5,84406B,CUP,1,2011-01-03 09:00:00,1.25,7.0,France\n");
    write("earlier.csv", header + "1,71053,LAMP,1,12/1/2010 8:26,3.39,17850,UK\n");
    write("other.csv", "a,b\n1,2\n");

    DataSet data = DataSet.open(folder, Format.AUTO);

    assertEquals(Format.ONLINE_RETAIL, data.format());
    assertEquals(
        List.of("17850 71053", "7 84406B", "7 84406B"),
        data.events().stream().map(e -> e.userId() + " " + e.itemId()).toList());
    assertEquals(4, data.leftOut());
    assertEquals(0, data.bad().count());
    assertEquals(1_291_191_960_000L, data.events().getFirst().atMs());
    assertEquals(2, data.firstOfEachPair().events().size());
    ItemFacts cup =
        data.items().stream().filter(i -> i.itemId().equals("84406B")).findFirst().orElseThrow();
    assertEquals("CUP, \"BIG\"", cup.title());
    assertEquals(1.5, cup.price());
    assertEquals(3.0, data.events().get(1).interaction().value());
  }

  @Test
  void lines_of_one_minute_keep_the_order_of_the_file() throws IOException {
    StringBuilder lines =
        new StringBuilder(
            "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n");
    for (int n = 0; n < 20; n++) {
      lines.append("1,%d,CUP,1,2011-01-02 08:00:00,1.5,7.0,UK\n".formatted(50_000 - n));
    }
    lines.append("2,60000,CUP,1,2011-01-02 08:01:00,1.5,7.0,UK\n");
    write("shop.csv", lines.toString());

    List<DataSet.Event> events = DataSet.open(folder, Format.AUTO).events();

    assertEquals("50000", events.getFirst().itemId());
    assertEquals("49981", events.get(19).itemId());
    for (int n = 1; n < events.size(); n++) {
      assertTrue(events.get(n).atMs() > events.get(n - 1).atMs());
    }
    assertEquals(0, events.getFirst().atMs() % 60_000);
    assertEquals(0, events.getLast().atMs() % 60_000);
  }

  @Test
  void a_video_log_drops_duplicates_and_feedback_counts_from_the_end_of_the_watching()
      throws IOException {
    String header =
        "user_id,video_id,date,hourmin,time_ms,is_click,is_like,is_follow,is_comment,is_forward,"
            + "is_hate,long_view,play_time_ms,duration_ms,profile_stay_time,comment_stay_time,"
            + "is_profile_enter,is_rand,tab\n";
    write(
        "log.csv",
        header
            + "1,5,20220425,0,1000,1,1,0,0,0,0,1,600,500,0,0,0,0,1\n"
            + "1,5,20220425,0,1000,1,1,0,0,0,0,1,600,500,0,0,0,0,1\n"
            + "2,6,20220425,0,1200,0,0,0,0,0,1,0,0,700,0,0,0,0,4\n");
    write(
        "video_features_basic.csv",
        "video_id,author_id,video_type,upload_dt,upload_type,visible_status,video_duration,"
            + "server_width,server_height,music_id,music_type,tag\n"
            + "5,9,NORMAL,2022-04-10,Web,0.0,500.0,1,1,3,9.0,\"20,43\"\n");

    DataSet data = DataSet.open(folder, Format.AUTO);

    assertEquals(Format.KUAIRAND, data.format());
    assertEquals(1, data.leftOut());
    assertEquals(
        List.of("IMPRESSION 1200", "NOT_INTERESTED 1200", "VIEW 1600", "CLICK 1600", "LIKE 1600"),
        data.events().stream().map(e -> e.interaction().kind() + " " + e.atMs()).toList());
    assertEquals(List.of("20", "43"), data.items().getFirst().categories());
    assertEquals(2, data.items().size());
    assertEquals(2, KuaiRand.impressions(folder).size());
    assertEquals(20_220_425, KuaiRand.impressions(folder).getFirst().day());
    assertEquals(List.of(), KuaiRand.earlier(folder));
  }

  @Test
  void what_users_watched_before_a_log_is_read_by_the_time_it_ended() throws IOException {
    write(
        "before.jsonl",
        "{\"user_id\": 3, \"history_len\": 70, \"last_time_ms\": 20, \"watch_seq\": [5, 6],"
            + " \"like_seq\": [], \"long_watch_seq\": [6]}\n"
            + "{\"user_id\": 1, \"history_len\": 1, \"last_time_ms\": 10, \"watch_seq\": [7],"
            + " \"like_seq\": [7], \"long_watch_seq\": []}\n"
            + "no history\n");

    assertEquals(
        List.of(
            new KuaiRand.Earlier("1", 10, 1, List.of("7"), List.of(), List.of("7")),
            new KuaiRand.Earlier("3", 20, 70, List.of("5", "6"), List.of("6"), List.of())),
        KuaiRand.earlier(folder));
  }

  @Test
  void a_sequence_has_its_ordinal_as_time_and_attributes_as_tags() throws IOException {
    write("Toys.txt", "1 4 2\n2 2 4 9\n");
    write("Toys_item2attributes.json", "{\"4\": [1, 2]}");

    DataSet data = DataSet.open(folder, Format.AUTO);

    assertEquals(Format.S3REC, data.format());
    assertEquals("Toys", data.name());
    assertEquals(
        List.of("1 4", "2 2", "1 2", "2 4", "2 9"),
        data.events().stream().map(e -> e.userId() + " " + e.itemId()).toList());
    assertEquals(3 * S3Rec.STEP.toMillis(), data.events().getLast().atMs());
    assertEquals(List.of("1", "2"), data.itemsById().get("4").tags());
  }

  @Test
  void plain_files_use_the_names_of_the_contract_and_unknown_fields_are_named() throws IOException {
    write(
        "items.jsonl",
        "{\"itemId\":\"a\",\"title\":\"A\",\"vector\":[1,2]}\n{\"itemId\":\"b\",\"vector\":[1]}\n");
    write(
        "interactions.jsonl",
        """
        {"eventId":"e","userId":"u","itemId":"a","kind":"LIKE","timeMillis":"5"}
        {"userId":"u","itemId":"a","kind":"LIKE","timeMillis":4}
        {"userId":"u","item":"a","kind":"LIKE","timeMillis":4}
        {"userId":"u","itemId":"a","kind":"LIKE"}
        """);

    DataSet data = DataSet.open(folder, Format.AUTO);

    assertEquals(2, data.events().size());
    assertEquals(InteractionKind.LIKE, data.events().getLast().interaction().kind());
    assertEquals(5, data.events().getLast().atMs());
    assertEquals(1, data.items().size());
    assertEquals(4, data.items().getFirst().createdAtMs());
    assertEquals(3, data.bad().count());
    assertTrue(data.bad().named().getFirst().contains("item"), data.bad().named().toString());
    assertTrue(
        data.bad().named().getLast().contains("vector has 1 values, expected 2"),
        data.bad().named().toString());
  }

  @Test
  void a_shift_moves_events_and_items_alike() throws IOException {
    write("ratings.dat", "1::20::7::200\n1::10::8::100\n");
    write("movies.dat", "10::One (1999)::Drama\n20::Two (2000)::War\n");

    DataSet moved = DataSet.open(folder, Format.MOVIETWEETINGS).endingAt(1_000_000);

    assertEquals(900_000, moved.events().getFirst().atMs());
    assertEquals(1_000_000, moved.events().getLast().atMs());
    assertEquals(900_000, moved.items().getFirst().createdAtMs());
  }

  @Test
  void what_cannot_be_read_is_said_in_one_sentence() {
    assertThrows(UnreadableData.class, () -> DataSet.open(folder.resolve("nothing"), Format.AUTO));
    UnreadableData unknown =
        assertThrows(UnreadableData.class, () -> DataSet.open(folder, Format.AUTO));
    assertTrue(unknown.getMessage().contains("name its format"), unknown.getMessage());
    assertThrows(UnreadableData.class, () -> DataSet.open(folder, Format.MOVIETWEETINGS));
    assertThrows(UnreadableData.class, () -> DataSet.open(folder, Format.S3REC));
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(folder.resolve(name), text);
  }

  private void writeGzip(String name, String text) throws IOException {
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(folder.resolve(name)))) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
  }
}
