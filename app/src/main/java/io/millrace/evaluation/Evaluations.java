package io.millrace.evaluation;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import io.millrace.importing.Format;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;

/**
 * The door of the command line to evaluation: options in, one result out. Progress is told in short
 * lines for a person.
 */
public final class Evaluations {

  private Evaluations() {}

  /** Test-then-train in time order. */
  public static JsonObject prequential(PrequentialOptions options, Consumer<String> progress)
      throws IOException {
    try {
      return json(Prequential.run(options, progress).figures());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } catch (ExecutionException e) {
      throw new IOException("the node failed: " + e.getCause(), e);
    }
  }

  private static JsonObject json(Map<String, Object> figures) {
    return new Gson().toJsonTree(figures).getAsJsonObject();
  }

  /**
   * The last item of each sequence, ranked among all others.
   *
   * @param alsoValidation learn from the second to last items of all users too
   */
  public static JsonObject leaveOneOut(Path file, boolean alsoValidation, Consumer<String> progress)
      throws IOException {
    try {
      return json(LeaveOneOut.run(file, alsoValidation, progress).figures());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } catch (ExecutionException e) {
      throw new IOException("the node failed: " + e.getCause(), e);
    }
  }

  /**
   * Whether a like lifts what is like it.
   *
   * @param warmUp events before the first like that is tested
   */
  public static JsonObject taste(
      Path path, Format format, int warmUp, int users, Consumer<String> progress)
      throws IOException {
    try {
      return json(TasteShift.run(path, format, warmUp, users, progress).figures());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } catch (ExecutionException e) {
      throw new IOException("the node failed: " + e.getCause(), e);
    }
  }

  /** Probabilities of click, long view and like, before each impression. */
  public static JsonObject ctr(Path path, Consumer<String> progress) throws IOException {
    return json(ClickThrough.run(path, progress).figures());
  }
}
