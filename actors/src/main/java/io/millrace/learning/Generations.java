package io.millrace.learning;

import io.millrace.model.taste.Generation;
import io.millrace.retrieval.GenerationShelf;
import io.millrace.retrieval.TasteSpace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The generations of one node: their files, those in memory, and the one that feeds use. Safe from
 * any thread.
 */
public final class Generations implements GenerationShelf {

  private final Path folder;
  private final ConcurrentHashMap<Integer, Generation> loaded = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Integer, TasteSpace> prepared = new ConcurrentHashMap<>();
  private final AtomicReference<@Nullable TasteSpace> adopted = new AtomicReference<>();
  private final AtomicInteger refusals = new AtomicInteger();
  private volatile boolean lastRefused;
  private volatile String progress = "";

  /**
   * Of a folder, which is made when the first is saved.
   *
   * @param folder of the files, {@code generation-N.bin}
   */
  public Generations(Path folder) {
    this.folder = folder;
  }

  @Override
  public @Nullable TasteSpace now() {
    return adopted.get();
  }

  /** How far the training is, or why there was none, for a person; empty before the first look. */
  public String progress() {
    return progress;
  }

  void progress(String line) {
    progress = line;
  }

  /** From its file, or as it was saved. Fails with {@link UncheckedIOException}. */
  @Override
  public Generation load(int number) {
    return loaded.computeIfAbsent(
        number,
        n -> {
          try {
            return Generation.load(file(n));
          } catch (IOException e) {
            throw new UncheckedIOException(
                "generation %d cannot be read from %s: %s".formatted(n, file(n), e.getMessage()),
                e);
          }
        });
  }

  /** Generations refused since the start. */
  public int refusals() {
    return refusals.get();
  }

  /** Whether the newest was refused while an older one is in use: a person should look. */
  public boolean lastRefused() {
    return lastRefused && now() != null;
  }

  void refused() {
    refusals.incrementAndGet();
    lastRefused = true;
  }

  /** On disk when it returns; its length. */
  long save(Generation generation) throws IOException {
    int number = Math.toIntExact(generation.number());
    Files.createDirectories(folder);
    generation.save(file(number));
    loaded.put(number, generation);
    lastRefused = false;
    return Files.size(file(number));
  }

  @Override
  public void prepared(TasteSpace space) {
    prepared.put(space.number(), space);
    adopted.updateAndGet(used -> used != null && used.number() == space.number() ? space : used);
  }

  /**
   * Feeds use it from now on; those before the last one leave memory.
   *
   * @throws IllegalStateException when the index has not prepared it
   */
  void adopt(int number) {
    TasteSpace next = prepared.get(number);
    if (next == null) {
      throw new IllegalStateException("generation " + number + " is not prepared in the index");
    }
    TasteSpace before = adopted.getAndSet(next);
    int kept = before == null ? number : before.number();
    prepared.keySet().removeIf(n -> n != number && n != kept);
    loaded.keySet().removeIf(n -> n != number && n != kept);
  }

  /** Its file goes; nothing when there is none. */
  void delete(int number) throws IOException {
    loaded.remove(number);
    Files.deleteIfExists(file(number));
  }

  private Path file(int number) {
    return folder.resolve("generation-" + number + ".bin");
  }
}
