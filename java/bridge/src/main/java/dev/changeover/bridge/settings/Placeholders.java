package dev.changeover.bridge.settings;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * {@code ${NAME:default}} in a value of agent.config ({@code PropertyPlaceholderHelper}): nested in names, values and defaults; an
 * unknown name without a default stays as it is.
 */
final class Placeholders {
  private final UnaryOperator<String> lookup;
  private final Deque<String> visiting = new ArrayDeque<>();
  /** Names that had a value. */
  final Set<String> found = new LinkedHashSet<>();

  /** @param lookup the value of a name, null for none */
  Placeholders(UnaryOperator<String> lookup) {
    this.lookup = lookup;
  }

  /** Throws IllegalArgumentException at a placeholder that leads to itself or has no name. */
  String resolve(String text) {
    StringBuilder out = new StringBuilder();
    int at = 0;
    for (int start = text.indexOf("${"); start >= 0; start = text.indexOf("${", at)) {
      int end = endOf(text, start);
      if (end < 0) break;
      out.append(text, at, start);
      String value = valueOf(text.substring(start + 2, end));
      at = end + 1;
      out.append(value == null ? text.substring(start, at) : value);
    }
    return out.append(text, at, text.length()).toString();
  }

  private String valueOf(String written) {
    if (visiting.contains(written)) throw new IllegalArgumentException("${" + written + "} leads to itself");
    visiting.push(written);
    String name = resolve(written);
    int colon = name.indexOf(':');
    String value = ask(name);
    if (value == null && colon >= 0) value = ask(name.substring(0, colon));
    if (value == null && colon >= 0) value = name.substring(colon + 1);
    String resolved = value == null ? null : resolve(value);
    visiting.pop();
    return resolved;
  }

  private String ask(String name) {
    if (name.isEmpty()) throw new IllegalArgumentException("a placeholder has no name");
    String value = lookup.apply(name);
    if (value != null) found.add(name);
    return value;
  }

  private static int endOf(String text, int start) {
    int depth = 0;
    for (int at = start + 2; at < text.length(); at++) {
      if (text.charAt(at) == '{') depth++;
      else if (text.charAt(at) == '}' && --depth < 0) return at;
    }
    return -1;
  }
}
