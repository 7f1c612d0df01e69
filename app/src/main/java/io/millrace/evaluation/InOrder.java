package io.millrace.evaluation;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;

/**
 * Questions of which several are under way at once, and whose answers are used one by one in the
 * order of asking: as fast as the node's processors allow, and the same whatever answers first.
 */
final class InOrder {

  /** What is done with one answer. */
  @FunctionalInterface
  interface Use<Q, A> {
    void accept(Q question, A answer) throws InterruptedException, ExecutionException;
  }

  private record Asked<Q, A>(Q question, CompletionStage<A> answer) {}

  private InOrder() {}

  /**
   * Asks all questions.
   *
   * @param ahead questions under way at once, at least 1
   */
  static <Q, A> void ask(
      Iterable<Q> questions, int ahead, Function<Q, CompletionStage<A>> ask, Use<Q, A> use)
      throws InterruptedException, ExecutionException {
    Deque<Asked<Q, A>> underWay = new ArrayDeque<>(ahead);
    for (Q question : questions) {
      if (underWay.size() >= ahead) {
        answer(underWay.removeFirst(), use);
      }
      underWay.addLast(new Asked<>(question, ask.apply(question)));
    }
    while (!underWay.isEmpty()) {
      answer(underWay.removeFirst(), use);
    }
  }

  private static <Q, A> void answer(Asked<Q, A> asked, Use<Q, A> use)
      throws InterruptedException, ExecutionException {
    use.accept(asked.question(), Driver.await(asked.answer()));
  }
}
