package io.millrace.index;

/**
 * How a {@link GraphVectorIndex} is built and searched.
 *
 * @param length values of each vector; 0 when the first one decides
 * @param connections M of the graph, 2 to 32; twice as many links a node on the ground level
 * @param beam candidates looked at when a node is linked (efConstruction)
 * @param graphFrom vectors from which on there is a graph; below, all are scanned
 * @param foldShare share of changed vectors from which on the graph is folded by itself
 * @param fewAllowed a filter that admits fewer is answered by scanning what it admits
 * @param still relative L2 distance up to which a vector is taken to be where the graph has it; its
 *     scores are exact all the same
 */
public record VectorIndexSettings(
    int length,
    int connections,
    int beam,
    int graphFrom,
    double foldShare,
    int fewAllowed,
    double still) {

  /**
   * All chosen, none tuned yet. {@code bench ann} has the walk cheaper than a scan at 40,000
   * already (by 2 to 5 at .95), so {@code graphFrom} may go down; below it no fold is paid for.
   */
  public static final VectorIndexSettings USUAL =
      new VectorIndexSettings(0, 16, 100, 40_000, .05, 10_000, .02);

  public VectorIndexSettings {
    if (length < 0 || connections < 2 || connections > 32 || beam < 1 || graphFrom < 1) {
      throw new IllegalArgumentException(
          "length is %d, connections %d, beam %d, graphFrom %d, expected at least 0, 2 to 32, 1, 1"
              .formatted(length, connections, beam, graphFrom));
    }
    if (!(foldShare > 0) || fewAllowed < 0 || !(still >= 0)) {
      throw new IllegalArgumentException(
          "foldShare is %s, fewAllowed %d, still %s, expected more than 0, at least 0, at least 0"
              .formatted(foldShare, fewAllowed, still));
    }
  }

  public VectorIndexSettings withLength(int values) {
    return new VectorIndexSettings(
        values, connections, beam, graphFrom, foldShare, fewAllowed, still);
  }

  public VectorIndexSettings withGraphFrom(int vectors) {
    return new VectorIndexSettings(
        length, connections, beam, vectors, foldShare, fewAllowed, still);
  }

  public VectorIndexSettings withFoldShare(double share) {
    return new VectorIndexSettings(length, connections, beam, graphFrom, share, fewAllowed, still);
  }

  public VectorIndexSettings withFewAllowed(int few) {
    return new VectorIndexSettings(length, connections, beam, graphFrom, foldShare, few, still);
  }

  public VectorIndexSettings withShape(int links, int candidates) {
    return new VectorIndexSettings(
        length, links, candidates, graphFrom, foldShare, fewAllowed, still);
  }
}
