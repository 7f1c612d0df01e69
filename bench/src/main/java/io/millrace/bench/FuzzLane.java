package io.millrace.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Sends cases and reads how they are answered: calls many at once on one h2 connection, requests in
 * a row on one HTTP/1.1 connection, garbage each on its own. What is lost together with a
 * connection is asked again alone, so that only the guilty one is blamed. Owned by its thread.
 */
final class FuzzLane implements Runnable, AutoCloseable {
  private static final int TOGETHER = 64;

  /** Five times the longest default deadline, for a busy machine. */
  private static final int ANSWER_WITHIN_MS = 10_000;

  private final FuzzCases cases;
  private final AtomicLong next;
  private final long end;
  private final InetSocketAddress to;
  private final FuzzFindings findings;
  private @Nullable H2Wire h2;
  private @Nullable Http1Wire http1;

  /** Takes its numbers from {@code next}, up to {@code end}. */
  FuzzLane(
      FuzzCases cases, AtomicLong next, long end, InetSocketAddress to, FuzzFindings findings) {
    this.cases = cases;
    this.next = next;
    this.end = end;
    this.to = to;
    this.findings = findings;
  }

  @Override
  public void run() {
    for (long from = next.getAndAdd(TOGETHER); from < end; from = next.getAndAdd(TOGETHER)) {
      List<FuzzCase.Call> calls = new ArrayList<>();
      List<FuzzCase.Exchange> exchanges = new ArrayList<>();
      for (long number = from; number < Math.min(end, from + TOGETHER); number++) {
        switch (cases.make(number)) {
          case FuzzCase.Call call -> calls.add(call);
          case FuzzCase.Exchange exchange -> exchanges.add(exchange);
          case FuzzCase.Garbage garbage -> throwAt(garbage);
        }
      }
      call(calls);
      exchange(exchanges);
    }
  }

  private void call(List<FuzzCase.Call> calls) {
    List<FuzzCase.Call> left = calls;
    boolean alone = false;
    while (!left.isEmpty()) {
      List<FuzzCase.Call> now = alone ? left.subList(0, 1) : left;
      List<FuzzAnswer> answers = ask(now);
      List<FuzzCase.Call> lost = new ArrayList<>();
      for (int i = 0; i < now.size(); i++) {
        FuzzAnswer answer = answers.get(i);
        if (answer != null) {
          findings.answered(now.get(i), answer);
        } else if (alone) {
          findings.answered(now.get(i), FuzzAnswer.trouble("connection ended"));
        } else {
          lost.add(now.get(i));
        }
      }
      left = alone ? left.subList(1, left.size()) : lost;
      alone = true;
    }
  }

  private List<FuzzAnswer> ask(List<FuzzCase.Call> calls) {
    try {
      if (h2 == null || !h2.isUsable()) {
        close(h2);
        h2 = new H2Wire(to, ANSWER_WITHIN_MS);
      }
      return h2.ask(calls);
    } catch (IOException refused) {
      h2 = null;
      findings.found("h2 connect: " + refused.getMessage(), String.valueOf(calls.size()));
      return new ArrayList<>(java.util.Collections.nCopies(calls.size(), null));
    }
  }

  private void exchange(List<FuzzCase.Exchange> exchanges) {
    int done = 0;
    boolean alone = false;
    while (done < exchanges.size()) {
      int until = alone ? done + 1 : Math.min(exchanges.size(), done + 16);
      int before = done;
      try {
        Http1Wire wire = http1 == null ? new Http1Wire(to, ANSWER_WITHIN_MS) : http1;
        http1 = wire;
        byte[] together =
            FuzzMutations.concat(
                exchanges.subList(done, until).stream()
                    .map(FuzzCase.Exchange::bytes)
                    .toArray(byte[][]::new));
        wire.send(together);
        while (done < until) {
          findings.answered(exchanges.get(done), wire.read(exchanges.get(done).bodyless()));
          done++;
          if (wire.isLast()) {
            close(wire);
            http1 = null;
            break;
          }
        }
        alone = false;
      } catch (SocketTimeoutException late) {
        findings.answered(exchanges.get(done++), FuzzAnswer.trouble("no answer"));
        dropHttp1();
      } catch (IOException ended) {
        // What was on its way may have been lost with what was sent behind it.
        if (alone && before == done) {
          findings.answered(exchanges.get(done++), FuzzAnswer.trouble("connection ended"));
        }
        alone = true;
        dropHttp1();
      }
    }
  }

  private void dropHttp1() {
    close(http1);
    http1 = null;
  }

  private void throwAt(FuzzCase.Garbage garbage) {
    FuzzAnswer answer;
    try (Http1Wire wire = new Http1Wire(to, ANSWER_WITHIN_MS)) {
      wire.send(garbage.bytes());
      wire.end();
      answer = FuzzAnswer.ended(wire.drain() == 0 ? "closed" : "answered and closed");
    } catch (SocketTimeoutException open) {
      answer = FuzzAnswer.trouble("kept open");
    } catch (IOException reset) {
      answer = FuzzAnswer.ended("closed");
    }
    findings.answered(garbage, answer);
  }

  private static void close(@Nullable AutoCloseable wire) {
    try {
      if (wire != null) {
        wire.close();
      }
    } catch (Exception gone) {
      // it is closed in any case
    }
  }

  @Override
  public void close() {
    close(h2);
    close(http1);
  }
}
