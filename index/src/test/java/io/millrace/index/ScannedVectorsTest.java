package io.millrace.index;

final class ScannedVectorsTest extends VectorIndexContract {
  @Override
  VectorIndex newIndex() {
    return new ScannedVectors();
  }

  @Override
  double recall() {
    return 1;
  }
}
