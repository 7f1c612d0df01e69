package io.millrace.app;

import io.millrace.importing.DataSet;
import io.millrace.importing.Format;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/** The films and ratings that ship with the program. */
final class DemoFilms {
  private static final List<String> FILES = List.of("ratings.dat.gz", "movies.dat.gz");

  private DemoFilms() {}

  static DataSet open() throws IOException {
    Path folder = Files.createTempDirectory("millrace-demo");
    try {
      for (String file : FILES) {
        try (InputStream in = DemoFilms.class.getResourceAsStream("/demo/movietweetings/" + file)) {
          if (in == null) {
            throw new CommandFailed(
                CommandFailed.UNREACHABLE, "demo data " + file + " is missing from the program");
          }
          Files.copy(in, folder.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
      }
      return DataSet.open(folder, Format.MOVIETWEETINGS);
    } finally {
      for (String file : FILES) {
        Files.deleteIfExists(folder.resolve(file));
      }
      Files.deleteIfExists(folder);
    }
  }
}
