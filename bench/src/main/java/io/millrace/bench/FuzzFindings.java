package io.millrace.bench;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;

/** What was answered how often, and what may not be, each with its first example. Any thread. */
final class FuzzFindings {

  private static final class Finding {
    final String example;
    final LongAdder count = new LongAdder();

    Finding(String example) {
      this.example = example;
    }
  }

  private final Map<String, LongAdder> answers = new ConcurrentSkipListMap<>();
  private final Map<String, Finding> found = new ConcurrentSkipListMap<>();
  private final Map<String, Boolean> told = new ConcurrentHashMap<>();

  void answered(FuzzCase asked, FuzzAnswer answer) {
    String carrier = asked.name().split(" ", 2)[0];
    answers.computeIfAbsent(carrier + ": " + answer.code(), any -> new LongAdder()).increment();
    if (!answer.known()) {
      found(asked.name() + ": " + answer.code(), "case " + asked.number() + ": " + asked.told());
    }
  }

  /** Something that no request may bring about. */
  void found(String what, String example) {
    found.computeIfAbsent(what, any -> new Finding(example)).count.increment();
    if (told.put(what, true) == null) {
      System.err.println("found: " + what + "\n  " + example);
    }
  }

  boolean any() {
    return !found.isEmpty();
  }

  void addTo(JsonObject result) {
    JsonObject counts = new JsonObject();
    answers.forEach((code, count) -> counts.addProperty(code, count.sum()));
    result.add("answers", counts);
    JsonArray findings = new JsonArray();
    found.forEach((what, finding) -> {
      JsonObject one = new JsonObject();
      one.addProperty("what", what);
      one.addProperty("count", finding.count.sum());
      one.addProperty("example", finding.example);
      findings.add(one);
    });
    result.add("findings", findings);
  }
}
