package io.millrace.index;

import java.io.IOException;
import java.util.Arrays;
import java.util.function.Supplier;
import org.apache.lucene.codecs.FilterCodec;
import org.apache.lucene.codecs.KnnVectorsFormat;
import org.apache.lucene.codecs.KnnVectorsReader;
import org.apache.lucene.codecs.hnsw.HnswGraphProvider;
import org.apache.lucene.codecs.lucene104.Lucene104Codec;
import org.apache.lucene.codecs.lucene99.Lucene99HnswVectorsFormat;
import org.apache.lucene.codecs.perfield.PerFieldKnnVectorsFormat;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.index.CodecReader;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.LogDocMergePolicy;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.index.SerialMergeScheduler;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.store.Directory;
import org.apache.lucene.util.hnsw.HnswGraph;
import org.jspecify.annotations.Nullable;

/**
 * Lucene's side of the graph: builds its HNSW over vectors into a Lucene directory of one segment,
 * and reads it out as a {@link WalkableGraph}.
 *
 * <p>Glossary (Malkov, Yashunin 2018): M = {@code connections}, efConstruction = {@code beam}.
 *
 * <p>Inner products with free norms: vectors are put into bands, each of norms within a factor of
 * two, and each band is a graph of its own, a Lucene field of its own. Within a band a vector gets
 * one more value, root(m^2 - |x|^2) of the band's largest norm m; then L2 distance orders the
 * neighbours of a query as the inner product does (Bachrach et al. 2014). One graph for all does
 * not do where norms differ a thousandfold: linked by inner product nothing leads to four fifths of
 * the vectors, padded to the largest norm of all every small vector lies in the same place.
 */
final class GraphFolder {

  /** A band of fewer is scanned: it would take a graph some 500 comparisons. */
  static final int GRAPH_AT_LEAST = 1_024;

  /** The last takes all that are smaller. */
  private static final int BANDS = 12;

  private static final String VECTOR = "vector-";
  private static final String ORDINAL = "ordinal";

  /** The graph is one segment that is flushed once; Lucene holds less than 2 GB a thread. */
  private static final double BUFFER_MB = 1_900;

  private GraphFolder() {}

  /** Vectors to build over, in some order. */
  interface Vectors {
    /** The next ordinal, -1 after the last. */
    int next();

    /** Of the ordinal that next() gave; not changed afterwards. */
    float[] vector();
  }

  /** How vectors become a graph. */
  record Shape(int connections, int beam) {}

  static void build(Directory directory, Shape shape, Supplier<? extends Vectors> vectors)
      throws IOException {
    double largest = 0;
    Vectors first = vectors.get();
    while (first.next() >= 0) {
      largest = Math.max(largest, norm(first.vector()));
    }
    double[] largestOfBand = new double[BANDS];
    Vectors second = vectors.get();
    while (second.next() >= 0) {
      double norm = norm(second.vector());
      int band = band(norm, largest);
      largestOfBand[band] = Math.max(largestOfBand[band], norm);
    }
    try (IndexWriter writer = new IndexWriter(directory, config(shape))) {
      Vectors third = vectors.get();
      for (int ordinal = third.next(); ordinal >= 0; ordinal = third.next()) {
        float[] vector = third.vector();
        int band = band(norm(vector), largest);
        Document document = new Document();
        document.add(new NumericDocValuesField(ORDINAL, ordinal));
        document.add(
            new KnnFloatVectorField(
                VECTOR + band,
                padded(vector, largestOfBand[band]),
                VectorSimilarityFunction.EUCLIDEAN));
        writer.addDocument(document);
      }
      writer.forceMerge(1);
      writer.commit();
    }
  }

  private static int band(double norm, double largest) {
    if (!(norm > 0)) {
      return BANDS - 1;
    }
    return Math.min(BANDS - 1, (int) (Math.log(largest / norm) / Math.log(2)));
  }

  private static float[] padded(float[] vector, double largest) {
    float[] longer = Arrays.copyOf(vector, vector.length + 1);
    double norm = norm(vector);
    longer[vector.length] = (float) Math.sqrt(Math.max(0, largest * largest - norm * norm));
    return longer;
  }

  static double norm(float[] values) {
    double squares = 0;
    for (float value : values) {
      squares += (double) value * value;
    }
    return Math.sqrt(squares);
  }

  private static IndexWriterConfig config(Shape shape) {
    KnnVectorsFormat format =
        new Lucene99HnswVectorsFormat(
            shape.connections, shape.beam, 1, null, /* a graph however few they are */ 0);
    KnnVectorsFormat byField =
        new PerFieldKnnVectorsFormat() {
          @Override
          public KnnVectorsFormat getKnnVectorsFormatForField(String field) {
            return format;
          }
        };
    return new IndexWriterConfig()
        .setCodec(
            new FilterCodec("Lucene104", new Lucene104Codec()) {
              @Override
              public KnnVectorsFormat knnVectorsFormat() {
                return byField;
              }
            })
        .setUseCompoundFile(false)
        .setRAMBufferSizeMB(BUFFER_MB)
        .setRAMPerThreadHardLimitMB(2_047)
        .setMergePolicy(new LogDocMergePolicy())
        .setMergeScheduler(new SerialMergeScheduler());
  }

  /**
   * Reads the one segment of a directory.
   *
   * @throws IOException when it cannot be read, or is not what {@link #build} wrote
   */
  static WalkableGraph read(Directory directory, Shape shape) throws IOException {
    try (DirectoryReader reader = DirectoryReader.open(directory)) {
      if (reader.leaves().size() != 1) {
        throw new IOException("graph has " + reader.leaves().size() + " segments, expected 1");
      }
      return new Reading(reader.leaves().getFirst().reader(), shape).all();
    }
  }

  /** Puts one band after the other into the arrays of a graph. */
  private static final class Reading {
    private final LeafReader leaf;
    private final Shape shape;
    private final int stride;
    private final int size;
    private final int[] ordinals;
    private final int[] links;

    Reading(LeafReader leaf, Shape shape) throws IOException {
      this.leaf = leaf;
      this.shape = shape;
      this.stride = 2 * shape.connections;
      this.size = leaf.maxDoc();
      if (leaf.numDocs() != size) {
        throw new IOException("graph has deleted documents, expected none");
      }
      this.ordinals = new int[size];
      this.links = new int[Math.multiplyExact(size, stride)];
      Arrays.fill(links, -1);
    }

    WalkableGraph all() throws IOException {
      int[] byDocument = ordinalsByDocument();
      WalkableGraph.Band[] bands = new WalkableGraph.Band[BANDS];
      int count = 0;
      int from = 0;
      int length = 0;
      float[] rows = {};
      for (int band = 0; band < BANDS; band++) {
        FloatVectorValues values = leaf.getFloatVectorValues(VECTOR + band);
        if (values == null || values.size() == 0) {
          continue;
        }
        if (rows.length == 0) {
          length = values.dimension() - 1;
          rows = new float[Math.multiplyExact(size, length)];
        }
        int[] order;
        WalkableGraph.Level[] upper = {};
        boolean walked = values.size() >= GRAPH_AT_LEAST;
        if (walked) {
          HnswGraph graph = graph(VECTOR + band);
          int[] found = links(graph, 0, values.size(), stride, null);
          order = WalkableGraph.breadthFirst(found, stride, graph.entryNode());
          int[] place = WalkableGraph.inverse(order);
          for (int i = 0; i < order.length; i++) {
            for (int j = 0; j < stride; j++) {
              int other = found[order[i] * stride + j];
              links[(from + i) * stride + j] = other < 0 ? -1 : from + place[other];
            }
          }
          upper = levels(graph, place, from);
        } else {
          order = new int[values.size()];
          Arrays.setAll(order, i -> i);
        }
        double largest = 0;
        for (int i = 0; i < order.length; i++) {
          float[] vector = values.vectorValue(order[i]);
          System.arraycopy(vector, 0, rows, (from + i) * length, length);
          largest = Math.max(largest, norm(Arrays.copyOf(vector, length)));
          ordinals[from + i] = byDocument[values.ordToDoc(order[i])];
        }
        bands[count++] =
            new WalkableGraph.Band(
                from, from + order.length, (float) (largest * (1 + 1e-6)), walked, upper);
        from += order.length;
      }
      if (from != size) {
        throw new IOException("graph has %d vectors, expected %d".formatted(from, size));
      }
      int codeStride = ByteRows.stride(length);
      byte[] codes = ByteRows.allocate(size, codeStride);
      float[] scales = new float[size];
      for (int node = 0; node < size; node++) {
        scales[node] = ByteRows.encode(rows, node * length, length, codes, node, codeStride);
      }
      return new WalkableGraph(
          size,
          length,
          ordinals,
          WalkableGraph.nodesByOrdinal(ordinals),
          links,
          stride,
          Arrays.copyOf(bands, count),
          rows,
          codes,
          scales,
          count == 0 ? 0 : bands[0].largestNorm());
    }

    private int[] ordinalsByDocument() throws IOException {
      NumericDocValues documents = leaf.getNumericDocValues(ORDINAL);
      if (documents == null) {
        throw new IOException("graph has no ordinals");
      }
      int[] ordinals = new int[size];
      for (int document = documents.nextDoc();
          document != DocIdSetIterator.NO_MORE_DOCS;
          document = documents.nextDoc()) {
        ordinals[document] = (int) documents.longValue();
      }
      return ordinals;
    }

    private HnswGraph graph(String field) throws IOException {
      if (leaf instanceof CodecReader segment) {
        KnnVectorsReader vectors = segment.getVectorReader();
        if (vectors instanceof PerFieldKnnVectorsFormat.FieldsReader fields) {
          vectors = fields.getFieldReader(field);
        }
        if (vectors instanceof HnswGraphProvider provider) {
          HnswGraph graph = provider.getGraph(field);
          if (graph != null) {
            return graph;
          }
        }
      }
      throw new IOException("directory holds no graph of field " + field);
    }

    private WalkableGraph.Level[] levels(HnswGraph graph, int[] place, int from)
        throws IOException {
      int width = shape.connections;
      int count = graph.numLevels() - 1;
      WalkableGraph.Level[] levels = new WalkableGraph.Level[Math.max(0, count)];
      int[] below = {};
      for (int level = 1; level <= count; level++) {
        HnswGraph.NodesIterator iterator = graph.getNodesOnLevel(level);
        int[] nodes = new int[iterator.size()];
        for (int i = 0; i < nodes.length; i++) {
          nodes[i] = iterator.nextInt();
        }
        Arrays.sort(nodes);
        int[] across = links(graph, level, nodes.length, width, nodes);
        for (int i = 0; i < across.length; i++) {
          across[i] = across[i] < 0 ? -1 : Arrays.binarySearch(nodes, across[i]);
        }
        int[] ground = new int[nodes.length];
        int[] down = new int[nodes.length];
        for (int i = 0; i < nodes.length; i++) {
          ground[i] = from + place[nodes[i]];
          down[i] = level == 1 ? ground[i] : Arrays.binarySearch(below, nodes[i]);
        }
        int entry = level == count ? Arrays.binarySearch(nodes, graph.entryNode()) : 0;
        levels[level - 1] = new WalkableGraph.Level(ground, down, across, width, entry);
        below = nodes;
      }
      return levels;
    }
  }

  /** Links of a level in places of a fixed stride; the nodes of the level, or all, are the rows. */
  private static int[] links(
      HnswGraph graph, int level, int rows, int stride, int @Nullable [] nodes) throws IOException {
    int[] links = new int[Math.multiplyExact(rows, stride)];
    Arrays.fill(links, -1);
    for (int row = 0; row < rows; row++) {
      graph.seek(level, nodes == null ? row : nodes[row]);
      int at = row * stride;
      int end = at + stride;
      for (int other = graph.nextNeighbor();
          other != DocIdSetIterator.NO_MORE_DOCS && at < end;
          other = graph.nextNeighbor()) {
        links[at++] = other;
      }
    }
    return links;
  }
}
