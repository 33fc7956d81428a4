package dev.changeover.bridge.ignore;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What SkyWalking was told not to trace: {@code agent.ignore_suffix} and {@code trace.ignore_path}, lists with commas. */
public final class IgnoreRules {
  private final Set<String> suffixes;
  private final List<PathPattern> paths = new ArrayList<>();

  public IgnoreRules(String suffixes, String paths) {
    this.suffixes = new HashSet<>(Arrays.asList(suffixes.split(",")));
    this.suffixes.remove("");
    for (String path : paths.split(",")) if (!path.isEmpty()) this.paths.add(new PathPattern(path));
  }

  public boolean isEmpty() {
    return suffixes.isEmpty() && paths.isEmpty();
  }

  /** By the suffix alone: SkyWalking asks this of every request, also of one that is part of a trace. */
  boolean ignoresSuffix(String operation) {
    int dot = operation.lastIndexOf('.');
    return dot >= 0 && suffixes.contains(operation.substring(dot));
  }

  /** By the whole name: SkyWalking asks this only where a trace would start. */
  boolean ignoresPath(String operation) {
    for (PathPattern path : paths) if (path.matches(operation)) return true;
    return false;
  }
}
