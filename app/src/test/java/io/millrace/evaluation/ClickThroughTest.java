package io.millrace.evaluation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.importing.UnreadableData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClickThroughTest {
  private static final String HEADER =
      "user_id,video_id,date,hourmin,time_ms,is_click,is_like,is_follow,is_comment,is_forward,"
          + "is_hate,long_view,play_time_ms,duration_ms,profile_stay_time,comment_stay_time,"
          + "is_profile_enter,is_rand,tab\n";
  private static final long MINUTE = 60_000;

  @TempDir private Path folder;

  private static String row(int user, int video, int day, long atMs, boolean click, long playMs) {
    return "%d,%d,%d,0,%d,%d,0,0,0,0,0,0,%d,30000,0,0,0,0,1\n"
        .formatted(user, video, day, atMs, click ? 1 : 0, playMs);
  }

  private Map<String, Object> run(String rows) throws IOException {
    Files.writeString(folder.resolve("log.csv"), HEADER + rows);
    return ClickThrough.run(folder, line -> {}).figures();
  }

  private static double figure(Map<String, Object> figures, String name) {
    return figures.get(name) instanceof Number number ? number.doubleValue() : Double.NaN;
  }

  @Test
  void the_test_is_the_second_half_of_the_days_without_duplicates() throws IOException {
    StringBuilder rows = new StringBuilder();
    for (int n = 0; n < 400; n++) {
      String row = row(n % 7, n % 5, 20220401 + n / 100, n * MINUTE, n % 7 < 3, 1_000);
      rows.append(row);
      if (n % 50 == 0) {
        rows.append(row);
      }
    }

    Map<String, Object> figures = run(rows.toString());

    assertEquals(200, figures.get("events"));
    assertEquals(7, figures.get("users"));
    assertEquals(1, figure(figures, "auc.click"), 1e-9);
    assertEquals(1, figure(figures, "calibration.click"), 0.1);
    assertTrue(figure(figures, "logloss.click") < 0.3);
    assertEquals(1, figure(figures, "auc-of-rates.click"), 1e-9);
    assertTrue(Double.isNaN(figure(figures, "auc.like")), "nothing was liked");
  }

  @Test
  void what_came_of_an_impression_is_not_known_before_it_ended() throws IOException {
    StringBuilder rows = new StringBuilder();
    for (int n = 0; n < 400; n++) {
      rows.append(row(n % 7, n % 5, 20220401 + n / 100, n * MINUTE, n % 7 < 3, 400 * MINUTE));
    }

    Map<String, Object> figures = run(rows.toString());

    assertEquals(0.5, figure(figures, "auc.click"), 1e-9);
  }

  @Test
  void a_log_of_one_day_is_no_test() {
    assertThrows(UnreadableData.class, () -> run(row(1, 2, 20220401, MINUTE, true, 1_000)));
  }

  @Test
  void two_runs_give_the_same_figures() throws IOException {
    StringBuilder rows = new StringBuilder();
    for (int n = 0; n < 300; n++) {
      rows.append(
          row(n * 31 % 11, n * 17 % 13, 20220401 + n / 100, n * MINUTE, n * 7 % 10 < 4, 90_000));
    }

    Map<String, Object> first = run(rows.toString());
    Map<String, Object> second = run(rows.toString());

    first.remove("seconds");
    second.remove("seconds");
    assertEquals(first, second);
  }
}
