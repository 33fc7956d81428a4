package dev.changeover.bridge.sw8;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code vectors.json}, which the TypeScript half of the product tests itself with too. */
final class Vectors {
  private static final String TEXT = read();

  private Vectors() {}

  /** Rows of {@code [id, result]} or {@code [id, number, result]}, as texts. */
  static List<String[]> rows(String name) {
    String list = TEXT.substring(TEXT.indexOf('"' + name + '"'));
    Matcher row = Pattern.compile("\\[\"([^\"]*)\", (?:(\\d+), )?\"([^\"]*)\"]|\\n  ]").matcher(list);
    List<String[]> rows = new ArrayList<>();
    while (row.find() && row.group(3) != null) rows.add(new String[] {row.group(1), row.group(2), row.group(3)});
    return rows;
  }

  /** A text of the example header. */
  static String header(String name) {
    Matcher field = Pattern.compile("\"" + name + "\": \"([^\"]*)\"").matcher(TEXT.substring(TEXT.indexOf("\"header\"")));
    if (!field.find()) throw new IllegalStateException("vectors.json has no header." + name);
    return field.group(1);
  }

  private static String read() {
    try {
      return new String(Files.readAllBytes(Paths.get("src/test/resources/vectors.json")), StandardCharsets.UTF_8);
    } catch (IOException absent) {
      throw new IllegalStateException(absent);
    }
  }
}
