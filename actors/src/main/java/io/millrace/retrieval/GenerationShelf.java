package io.millrace.retrieval;

import io.millrace.model.taste.Generation;
import org.jspecify.annotations.Nullable;

/** Where the index's writer gets generations from, and says that it has made their vectors. */
public interface GenerationShelf {

  /** Fails when there is none of that number, or its file cannot be read. */
  Generation load(int number);

  /**
   * The items' vectors of it are in the index and kept up to date from now on; one in use is
   * replaced when it is made again.
   */
  void prepared(TasteSpace space);

  /** What feeds use; null before the first. Any thread. */
  @Nullable TasteSpace now();

  /** Of a node without vectors. */
  GenerationShelf NONE =
      new GenerationShelf() {
        @Override
        public Generation load(int number) {
          throw new IllegalStateException("generation " + number + ", expected none on this node");
        }

        @Override
        public void prepared(TasteSpace space) {}

        @Override
        public @Nullable TasteSpace now() {
          return null;
        }
      };
}
