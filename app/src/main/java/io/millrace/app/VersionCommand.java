package io.millrace.app;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;

@Command(
    name = "version",
    description = "Prints the version of the program and of Java.",
    mixinStandardHelpOptions = true)
final class VersionCommand implements Callable<Integer>, IVersionProvider {
  @Option(names = "--json", description = "Print one JSON object on one line.")
  private boolean json;

  @Override
  public Integer call() {
    String java = Runtime.version().toString();
    System.out.println(
        json
            ? "{\"version\":\"" + current() + "\",\"java\":\"" + java + "\"}"
            : "millrace " + current() + ", java " + java);
    return 0;
  }

  @Override
  public String[] getVersion() {
    return new String[] {"millrace " + current()};
  }

  static String current() {
    try (InputStream in = VersionCommand.class.getResourceAsStream("version.properties")) {
      Properties properties = new Properties();
      if (in != null) {
        properties.load(in);
      }
      return properties.getProperty("version", "unknown");
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
