package io.millrace.feed;

import io.millrace.user.Profile;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The newest profile this node has seen of each of its latest users: who they were, for when their
 * home cannot be asked. Bounded; guarded by its own lock.
 */
final class ProfileCache {

  private final Map<String, Profile> latest;

  ProfileCache(int capacity) {
    this.latest =
        new LinkedHashMap<>(16, 0.75f, true) {
          private static final long serialVersionUID = 1L;

          @Override
          protected boolean removeEldestEntry(Map.Entry<String, Profile> eldest) {
            return size() > capacity;
          }
        };
  }

  synchronized void put(String surface, Profile profile) {
    latest.put(key(surface, profile.userId()), profile);
  }

  synchronized @Nullable Profile find(String surface, String userId) {
    return latest.get(key(surface, userId));
  }

  synchronized void forget(String userId) {
    latest.values().removeIf(profile -> profile.userId().equals(userId));
  }

  private static String key(String surface, String userId) {
    return surface + '\n' + userId;
  }
}
