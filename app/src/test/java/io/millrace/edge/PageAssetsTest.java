package io.millrace.edge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The page's files as the node serves them: {@code /webjars/..} from the WebJars, the rest from
 * {@code web/}.
 */
@Tag("server")
class PageAssetsTest {

  private static final Pattern LINK = Pattern.compile("(?:src|href)=\"(/[^\"]*)\"");
  private static final Pattern IMPORT_MAP =
      Pattern.compile("<script type=\"importmap\">(.*?)</script>", Pattern.DOTALL);
  private static final Pattern MAPPED = Pattern.compile("\"([^\"]+)\":\\s*\"(/[^\"]+)\"");
  private static final Pattern IMPORT =
      Pattern.compile(
          "(?:^|[;\\s}])(?:import|export)[\\s\\w{},$*]*?(?:from)?\\s*[\"']([^\"'\\s]+)[\"']");
  private static final Pattern STYLE_URL = Pattern.compile("url\\(\"?(/[^)\"]+)\"?\\)");

  private final String index = text("/index.html");

  @Test
  void every_file_that_the_page_names_is_served() {
    List<String> links = new ArrayList<>(firstGroups(LINK, index));
    links.addAll(importMap().values());
    links.addAll(firstGroups(STYLE_URL, text("/page.css")));

    List<String> missing = links.stream().filter(link -> !isServed(link)).toList();

    assertTrue(links.size() >= 9, () -> "found only " + links);
    assertEquals(List.of(), missing);
  }

  @Test
  void every_import_of_every_module_leads_to_a_module() {
    Map<String, String> map = importMap();
    Set<String> met = new LinkedHashSet<>();
    List<String> dead = new ArrayList<>();

    Deque<String> unread = new ArrayDeque<>(List.of("/app.js"));
    while (!unread.isEmpty()) {
      String module = unread.remove();
      if (!met.add(module)) {
        continue;
      }
      for (String name : firstGroups(IMPORT, text(module))) {
        String path =
            name.startsWith("./") ? "/" + name.substring(2) : map.getOrDefault(name, name);
        if (path.startsWith("/") && isServed(path)) {
          unread.add(path);
        } else {
          dead.add(module + " imports " + name);
        }
      }
    }

    assertEquals(List.of(), dead);
    assertTrue(
        met.containsAll(map.values()), () -> "the import map names what nothing imports: " + map);
    assertTrue(
        met.containsAll(
            List.of("/feed.js", "/beliefs.js", "/map.js", "/starters.js", "/newcomer.js")),
        met::toString);
  }

  @Test
  void the_page_asks_no_other_host() {
    for (String file : List.of("/index.html", "/page.css", "/app.js", "/api.js", "/counters.js")) {
      assertEquals(
          List.of(), firstGroups(Pattern.compile("[\"'(](https?://[^\"')]*)"), text(file)), file);
    }
  }

  private Map<String, String> importMap() {
    Map<String, String> map = new LinkedHashMap<>();
    String json = firstGroups(IMPORT_MAP, index).getFirst();
    MAPPED.matcher(json).results().forEach(entry -> map.put(entry.group(1), entry.group(2)));
    return map;
  }

  private static List<String> firstGroups(Pattern pattern, String text) {
    return pattern.matcher(text).results().map((MatchResult found) -> found.group(1)).toList();
  }

  private static boolean isServed(String path) {
    return path.equals("/") || PageAssetsTest.class.getResource(resource(path)) != null;
  }

  private static String resource(String path) {
    return path.startsWith("/webjars/") ? "/META-INF/resources" + path : "/web" + path;
  }

  private static String text(String path) {
    try (InputStream in = PageAssetsTest.class.getResourceAsStream(resource(path))) {
      assertTrue(in != null, () -> path + " is not on the class path");
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
