package dev.changeover.bridge.sw8;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;

/** Reads lines {@code <span> <id>} and writes {@code <F(id)> <G(id, span)>} for each: another program compares them with its own. */
public final class IdsMain {
  private IdsMain() {}

  public static void main(String[] args) throws IOException {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (Writer out = new BufferedWriter(new OutputStreamWriter(System.out, StandardCharsets.US_ASCII))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        int blank = line.indexOf(' ');
        String id = line.substring(blank + 1);
        out.write(SkyWalkingIds.traceIdOf(id) + ' ' + SkyWalkingIds.spanIdOf(id, Integer.parseInt(line.substring(0, blank))) + '\n');
      }
    }
  }
}
