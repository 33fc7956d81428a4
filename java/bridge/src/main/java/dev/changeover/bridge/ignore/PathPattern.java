package dev.changeover.bridge.ignore;

/**
 * A pattern of {@code trace.ignore_path} as SkyWalking's trace-ignore plugin reads it: {@code ?} is one character and {@code *} any
 * run within a part of the path, {@code **} any run over several; a {@code **} at the end takes nothing that ends with a slash. All
 * ways through the pattern are followed at once, so no path makes it slow.
 */
final class PathPattern {
  private static final char ONE = '\uffff';
  private static final char RUN = '\ufffe';
  private static final char DEEP_RUN = '\ufffd';

  /** The pattern without a {@code **} at its end. */
  private final String tokens;
  private final boolean openEnd;

  PathPattern(String pattern) {
    String marked = pattern.replace("**", String.valueOf(DEEP_RUN)).replace('*', RUN).replace('?', ONE);
    openEnd = marked.endsWith(String.valueOf(DEEP_RUN));
    tokens = openEnd ? marked.substring(0, marked.length() - 1) : marked;
  }

  boolean matches(String path) {
    boolean[] now = new boolean[tokens.length() + 1];
    now[0] = true;
    skipRuns(now);
    boolean begun = false;
    for (int at = 0; at < path.length(); at++) {
      begun |= now[tokens.length()];
      now = step(now, path.charAt(at));
    }
    return now[tokens.length()] || (openEnd && begun && !path.endsWith("/"));
  }

  private boolean[] step(boolean[] now, char mark) {
    boolean[] next = new boolean[now.length];
    for (int at = 0; at < tokens.length(); at++) {
      if (!now[at]) continue;
      char token = tokens.charAt(at);
      if (token == DEEP_RUN || (token == RUN && mark != '/')) next[at] = true;
      else if (token == mark || (token == ONE && mark != '/')) next[at + 1] = true;
    }
    skipRuns(next);
    return next;
  }

  /** A run may be empty. */
  private void skipRuns(boolean[] now) {
    for (int at = 0; at < tokens.length(); at++) {
      if (now[at] && (tokens.charAt(at) == RUN || tokens.charAt(at) == DEEP_RUN)) now[at + 1] = true;
    }
  }
}
