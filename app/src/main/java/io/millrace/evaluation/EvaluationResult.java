package io.millrace.evaluation;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Figures by name, in the order in which they are printed; a value is a number, a string or another
 * such map.
 */
public record EvaluationResult(Map<String, Object> figures) {

  /** An empty one to fill. */
  static EvaluationResult of(String protocol, String data) {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("protocol", protocol);
    figures.put("data", data);
    return new EvaluationResult(figures);
  }

  EvaluationResult with(String name, Object value) {
    figures.put(name, value);
    return this;
  }
}
