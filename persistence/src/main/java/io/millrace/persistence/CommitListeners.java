package io.millrace.persistence;

import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The wake-ups that readers of streams asked for, by stream; safe from any thread. */
final class CommitListeners {
  private static final Logger log = LoggerFactory.getLogger(CommitListeners.class);

  /** One subscription; compared by identity, so that a wake-up can be subscribed twice. */
  private static final class Listener {
    final Runnable wakeUp;

    Listener(Runnable wakeUp) {
      this.wakeUp = wakeUp;
    }
  }

  private final ConcurrentHashMap<String, List<Listener>> byStream = new ConcurrentHashMap<>();

  EventStream.Subscription add(String stream, Runnable wakeUp) {
    Listener own = new Listener(wakeUp);
    byStream.computeIfAbsent(stream, s -> new CopyOnWriteArrayList<>()).add(own);
    return () -> {
      List<Listener> listeners = byStream.get(stream);
      if (listeners != null) {
        listeners.remove(own);
      }
    };
  }

  void committed(Iterable<String> streams) {
    for (String stream : streams) {
      for (Listener listener : byStream.getOrDefault(stream, List.of())) {
        try {
          listener.wakeUp.run();
        } catch (RuntimeException e) {
          log.error("a wake-up failed stream={}", stream, e);
        }
      }
    }
  }
}
