package io.millrace.index;

/** Where candidates come from; each has a name that commands and reasons use. */
public enum Source {
  POPULAR_1D("popular-1d"),
  POPULAR_3D("popular-3d"),
  POPULAR_7D("popular-7d"),
  POPULAR_14D("popular-14d"),
  POPULAR_60D("popular-60d"),
  POPULAR_EVER("popular-ever"),
  CO_VISITED("co-visited"),
  CO_VISITED_LAST("co-visited-last"),
  CO_VISITED_SESSION("co-visited-session"),
  TRENDING("trending"),
  ARRIVALS("arrivals"),
  FOLLOWED("followed"),
  CO_VISITED_COSINE("co-visited-cosine"),
  NEAREST("nearest"),
  NEAREST_RECENT("nearest-recent"),
  NEAR_ARRIVALS("near-arrivals"),
  NEAR_CONTENT("near-content"),
  RETURNING("returning");

  private final String label;

  Source(String label) {
    this.label = label;
  }

  public String label() {
    return label;
  }

  /**
   * The source of that name.
   *
   * @throws IllegalArgumentException on a name that no source has
   */
  public static Source labelled(String label) {
    for (Source source : values()) {
      if (source.label.equals(label)) {
        return source;
      }
    }
    throw new IllegalArgumentException("source " + label + ", expected one of " + labels());
  }

  private static String labels() {
    StringBuilder all = new StringBuilder();
    for (Source source : values()) {
      all.append(all.isEmpty() ? "" : " ").append(source.label);
    }
    return all.toString();
  }

  public int bit() {
    return 1 << ordinal();
  }
}
