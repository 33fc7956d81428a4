package dev.changeover.bridge.settings;

import java.math.BigDecimal;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The strings, numbers and booleans directly in a JSON object; nested values and nulls are passed over. */
final class JsonScalars {
  private static final Pattern NUMBER = Pattern.compile("-?(?:0|[1-9]\\d*)(?:\\.\\d+)?(?:[eE][+-]?\\d+)?");
  private static final int MAX_DEPTH = 100;

  private final String text;
  private int at;
  private int depth;
  /** What the value just read says; null for one that is no scalar. */
  private String scalar;

  private JsonScalars(String text) {
    this.text = text;
  }

  /** Empty for what is no JSON object. */
  static Map<String, String> parse(String text) {
    JsonScalars parser = new JsonScalars(text);
    try {
      parser.blanks();
      Map<String, String> scalars = parser.object();
      parser.blanks();
      return parser.at == text.length() ? scalars : Collections.<String, String>emptyMap();
    } catch (IllegalArgumentException | IndexOutOfBoundsException malformed) {
      return Collections.emptyMap();
    }
  }

  private Map<String, String> object() {
    Map<String, String> scalars = new LinkedHashMap<>();
    expect('{');
    if (takes('}')) return scalars;
    do {
      blanks();
      String key = string();
      expect(':');
      value();
      if (scalar == null) scalars.remove(key);
      else scalars.put(key, scalar);
    } while (takes(','));
    expect('}');
    return scalars;
  }

  private void array() {
    expect('[');
    if (takes(']')) return;
    do value(); while (takes(','));
    expect(']');
  }

  private void value() {
    blanks();
    char first = text.charAt(at);
    String read = null;
    if (++depth > MAX_DEPTH) throw new IllegalArgumentException("nested too deeply");
    if (first == '"') read = string();
    else if (first == '{') object();
    else if (first == '[') array();
    else if (first == 't') read = literal("true");
    else if (first == 'f') read = literal("false");
    else if (first == 'n') literal("null");
    else read = number();
    depth--;
    scalar = read;
  }

  private String number() {
    Matcher matcher = NUMBER.matcher(text).region(at, text.length());
    if (!matcher.lookingAt()) throw new IllegalArgumentException("no JSON value");
    at = matcher.end();
    double number = Double.parseDouble(matcher.group());
    // As JavaScript prints it, so that a plan and the bridge say the same.
    boolean whole = Math.rint(number) == number && Math.abs(number) < 1e21;
    return whole ? new BigDecimal(number).toPlainString() : Double.toString(number);
  }

  private String literal(String literal) {
    if (!text.startsWith(literal, at)) throw new IllegalArgumentException("no JSON value");
    at += literal.length();
    return literal;
  }

  private String string() {
    StringBuilder out = new StringBuilder();
    if (text.charAt(at++) != '"') throw new IllegalArgumentException("no JSON string");
    for (char mark = text.charAt(at++); mark != '"'; mark = text.charAt(at++)) {
      if (mark < ' ') throw new IllegalArgumentException("a control character in a JSON string");
      out.append(mark == '\\' ? escaped() : mark);
    }
    return out.toString();
  }

  private char escaped() {
    char mark = text.charAt(at++);
    if (mark == 'u') {
      at += 4;
      return (char) Integer.parseInt(text.substring(at - 4, at), 16);
    }
    int known = "\"\\/bfnrt".indexOf(mark);
    if (known < 0) throw new IllegalArgumentException("an unknown escape in a JSON string");
    return "\"\\/\b\f\n\r\t".charAt(known);
  }

  private void expect(char mark) {
    if (!takes(mark)) throw new IllegalArgumentException("no JSON object");
  }

  private boolean takes(char mark) {
    blanks();
    if (at >= text.length() || text.charAt(at) != mark) return false;
    at++;
    return true;
  }

  private void blanks() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) at++;
  }
}
