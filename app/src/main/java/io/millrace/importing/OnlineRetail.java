package io.millrace.importing;

import io.millrace.index.ItemFacts;
import io.millrace.user.InteractionKind;
import java.io.IOException;
import java.nio.file.Path;
import java.text.ParsePosition;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.TemporalAccessor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A shop's invoices: every line in which a known customer buys an article is a PURCHASE, in the
 * file's order. Left out are returns, lines without a customer or price, and what is no article
 * (postage, vouchers: codes that do not begin with five digits). Every {@code .csv} or {@code
 * .csv.gz} of a folder that has the header belongs to it. An article is created by its first line
 * and keeps that line's title and price. Dates are whole minutes; lines of one minute are put a
 * millisecond apart, in the order of the file, because what a user did at one instant has no order.
 */
final class OnlineRetail {
  static final String[] COLUMNS = {
    "InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID"
  };
  private static final int MOST_IN_A_MINUTE = 59_999;
  private static final Pattern ARTICLE = Pattern.compile("\\d{5}.*");
  private static final List<DateTimeFormatter> DATES =
      List.of(
          DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss", Locale.ROOT),
          DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm", Locale.ROOT),
          DateTimeFormatter.ofPattern("M/d/uuuu H:mm", Locale.ROOT));

  private final BadLines bad = new BadLines();
  private final Map<String, ItemFacts> articles = new LinkedHashMap<>();
  private final Map<String, Integer> linesOfInvoice = new HashMap<>();
  private final List<DataSet.Event> events = new ArrayList<>();
  private long leftOut;

  private OnlineRetail() {}

  static DataSet read(Path path) throws IOException {
    OnlineRetail shop = new OnlineRetail();
    boolean found = false;
    for (Path file : Lines.files(path)) {
      String header = Lines.first(file);
      if (Lines.name(file).contains(".csv") && header != null && new Csv(header).has(COLUMNS)) {
        found = true;
        shop.readFile(file, new Csv(header));
      }
    }
    if (!found) {
      throw new UnreadableData(
          path + " holds no csv file with the columns " + String.join(", ", COLUMNS));
    }
    shop.events.sort(Comparator.comparingLong(DataSet.Event::atMs));
    return new DataSet(
        Lines.name(path),
        Format.ONLINE_RETAIL,
        List.copyOf(shop.articles.values()),
        apart(shop.events),
        shop.bad,
        shop.leftOut);
  }

  private static List<DataSet.Event> apart(List<DataSet.Event> sorted) {
    List<DataSet.Event> apart = new ArrayList<>(sorted.size());
    long minute = Long.MIN_VALUE;
    int before = 0;
    for (DataSet.Event event : sorted) {
      before = event.atMs() == minute ? Math.min(before + 1, MOST_IN_A_MINUTE) : 0;
      minute = event.atMs();
      apart.add(
          new DataSet.Event(
              event.userId(), Interactions.at(event.interaction(), event.atMs() + before)));
    }
    return apart;
  }

  private void readFile(Path file, Csv csv) throws IOException {
    Lines.each(
        file,
        bad,
        (number, line) -> {
          if (number > 1) {
            readLine(csv.row(line));
          }
        });
  }

  private void readLine(Csv.Row row) {
    String code = row.get("StockCode").strip().toUpperCase(Locale.ROOT);
    String customer = customer(row.get("CustomerID"));
    double quantity = Lines.decimal("Quantity", row.get("Quantity"));
    double price = Lines.decimal("UnitPrice", row.get("UnitPrice"));
    if (customer.isEmpty() || !(quantity > 0) || !(price > 0) || !ARTICLE.matcher(code).matches()) {
      leftOut++;
      return;
    }
    long atMs = time(row.get("InvoiceDate").strip());
    String invoice = row.get("InvoiceNo").strip();
    int line = linesOfInvoice.merge(invoice, 1, Integer::sum);
    articles.computeIfAbsent(
        code,
        id ->
            Facts.of(id)
                .title(row.get("Description").strip())
                .price(price)
                .createdAt(atMs)
                .build());
    events.add(
        new DataSet.Event(
            customer,
            Interactions.ordered(
                Interactions.of(
                    "or-" + invoice + "-" + line,
                    code,
                    InteractionKind.PURCHASE,
                    atMs,
                    Math.round(quantity * price * 100) / 100.0),
                (int) Math.min(1_000_000, Math.max(1, quantity)),
                invoice)));
  }

  /** The file writes whole numbers as 17850.0. */
  private static String customer(String text) {
    String id = text.strip();
    return id.endsWith(".0") ? id.substring(0, id.length() - 2) : id;
  }

  private static long time(String text) {
    for (DateTimeFormatter format : DATES) {
      ParsePosition position = new ParsePosition(0);
      TemporalAccessor parsed = format.parseUnresolved(text, position);
      if (parsed != null && position.getIndex() == text.length()) {
        return LocalDateTime.parse(text, format).toInstant(ZoneOffset.UTC).toEpochMilli();
      }
    }
    throw new IllegalArgumentException(
        "InvoiceDate is \"" + text + "\", expected year-month-day hour:minute:second");
  }
}
