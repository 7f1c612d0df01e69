package io.millrace.edge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.http.javadsl.model.AttributeKeys;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.RemoteAddress;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.junit.jupiter.api.Test;

final class CallersTest {
  private static final long SECOND = 1_000_000_000L;

  private final AtomicLong clock = new AtomicLong();
  private final Callers callers = callers("x-caller");

  @Test
  void a_caller_has_its_burst_and_then_its_rate_and_is_told_when_to_come_back() {
    Callers.Share anna = share("anna");
    for (int i = 0; i < 10; i++) {
      assertNull(anna.feed());
    }

    Refusal refused = anna.feed();

    assertNotNull(refused);
    assertEquals(Trouble.RESOURCE_EXHAUSTED, refused.trouble());
    assertEquals("more than 5 feeds a second, the caller's share", refused.message());
    assertEquals(201, refused.retryAfterMs());
    clock.addAndGet(SECOND / 5);
    assertNull(anna.feed());
    assertNotNull(anna.feed());
    assertNull(share("bob").feed());
  }

  @Test
  void a_batch_is_let_in_whole_and_paid_for_afterwards() {
    Callers.Share anna = share("anna");
    assertNull(anna.events(1_000));

    Refusal refused = anna.events(1);

    assertNotNull(refused);
    // 200 of the burst were there, 800 and one more are owed at 100 a second.
    assertEquals(8_011, refused.retryAfterMs());
    clock.addAndGet(9 * SECOND);
    assertNull(anna.events(1));
  }

  @Test
  void events_of_a_stream_wait_each_for_its_turn() {
    Callers.Share anna = share("anna");
    for (int i = 0; i < 200; i++) {
      assertEquals(0, anna.turn());
    }

    assertEquals(SECOND / 100, anna.turn());
    assertEquals(2 * SECOND / 100, anna.turn());
  }

  @Test
  void a_caller_is_whom_the_header_names_else_an_address_and_never_whom_it_says_it_is()
      throws Exception {
    HttpRequest plain = from("192.0.2.7");

    assertSame(named(plain.addHeader(RawHeader.create("x-caller", "app"))), share("app"));
    assertSame(named(plain), named(from("192.0.2.7")));
    assertTrue(named(plain) != named(from("192.0.2.8")));
    assertSame(
        named(plain), named(plain.addHeader(RawHeader.create("millrace-caller-is", "other"))));
    Callers byAddress = callers("");
    assertSame(
        byAddress.of(byAddress.named(plain)),
        byAddress.of(byAddress.named(plain.addHeader(RawHeader.create("x-caller", "app")))));
  }

  @Test
  void all_addresses_of_a_network_of_ipv6_are_one_caller() throws Exception {
    assertSame(named(from("2001:db8::1")), named(from("2001:db8::ffff:1")));
    assertTrue(named(from("2001:db8::1")) != named(from("2001:db8:0:1::1")));
  }

  @Test
  void without_limits_nothing_is_remembered() {
    Callers none = new Callers(Callers.Limits.NONE, clock::get);
    HttpRequest request = HttpRequest.GET("/");

    assertSame(request, none.named(request));
    assertNull(none.of(request));
    assertEquals(0, none.known());
  }

  private Callers callers(String byHeader) {
    return new Callers(new Callers.Limits(byHeader, 100, 5, Duration.ofSeconds(2)), clock::get);
  }

  private Callers.Share share(String name) {
    return named(HttpRequest.GET("/").addHeader(RawHeader.create("x-caller", name)));
  }

  private Callers.Share named(HttpRequest request) {
    Callers.Share share = callers.of(callers.named(request));
    assertNotNull(share);
    return share;
  }

  private static HttpRequest from(String address) throws Exception {
    return HttpRequest.GET("/")
        .addAttribute(
            AttributeKeys.remoteAddress,
            RemoteAddress.create(new InetSocketAddress(InetAddress.getAllByName(address)[0], 1)));
  }
}
