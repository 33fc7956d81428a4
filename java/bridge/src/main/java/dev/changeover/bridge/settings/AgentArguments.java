package dev.changeover.bridge.settings;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * SkyWalking's agent arguments, {@code key=value,key=value} ({@code SnifferConfigInitializer}): either quote toggles quoting and
 * vanishes, nothing escapes, commas around the whole are trimmed. A term that is no {@code key=value} ends the reading.
 */
final class AgentArguments {
  private AgentArguments() {}

  static Map<String, String> parse(String arguments) {
    String text = arguments.replaceAll("^,+|,+$", "").trim();
    Map<String, String> pairs = new LinkedHashMap<>();
    if (text.isEmpty()) return pairs;
    for (List<String> terms : split(text)) {
      if (terms.size() != 2) return pairs;
      pairs.put(terms.get(0), terms.get(1));
    }
    return pairs;
  }

  private static List<List<String>> split(String text) {
    List<List<String>> options = new ArrayList<>();
    List<String> terms = new ArrayList<>();
    StringBuilder term = new StringBuilder();
    boolean quoted = false;
    for (char mark : text.toCharArray()) {
      if (mark == '"' || mark == '\'') {
        quoted = !quoted;
      } else if (!quoted && (mark == ',' || mark == '=')) {
        terms.add(term.toString());
        term.setLength(0);
        if (mark == '=') continue;
        options.add(terms);
        terms = new ArrayList<>();
      } else {
        term.append(mark);
      }
    }
    terms.add(term.toString());
    options.add(terms);
    return options;
  }
}
