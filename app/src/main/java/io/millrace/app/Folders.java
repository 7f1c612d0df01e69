package io.millrace.app;

import java.nio.file.Path;

/** Where data lies unless the command line says otherwise; works without HOME too. */
final class Folders {
  private Folders() {}

  /**
   * {@code $XDG_DATA_HOME/millrace/NAME}, else {@code .millrace/NAME} under the user's home, else
   * under the working folder.
   */
  static Path data(String name) {
    String xdg = System.getenv("XDG_DATA_HOME");
    if (xdg != null && !xdg.isBlank()) {
      return Path.of(xdg, "millrace", name);
    }
    String home = System.getenv("HOME");
    if (home == null || home.isBlank()) {
      home = System.getProperty("user.home", "");
    }
    Path base = home.isBlank() || home.equals("?") ? Path.of("") : Path.of(home);
    return base.resolve(".millrace").resolve(name).toAbsolutePath();
  }
}
