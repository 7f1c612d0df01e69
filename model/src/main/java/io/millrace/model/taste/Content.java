package io.millrace.model.taste;

import java.util.List;

/**
 * What is known of an item before anyone touched it.
 *
 * @param title empty when unknown
 * @param tags in any order
 * @param categories in any order
 * @param creator empty when unknown
 */
public record Content(String title, List<String> tags, List<String> categories, String creator) {

  public Content {
    tags = List.copyOf(tags);
    categories = List.copyOf(categories);
  }
}
