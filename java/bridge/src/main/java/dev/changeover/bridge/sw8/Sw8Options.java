package dev.changeover.bridge.sw8;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** How the propagator works: {@code changeover.sw8.*}, and the namespace of a SkyWalking agent before 8.10. */
public final class Sw8Options {
  /** Which of two contexts is the parent when {@code sw8} and another header are both there. */
  public enum Prefer {
    /** The one written last, as far as the ids tell. */
    AUTO,
    SW8,
    W3C;

    /** {@link #AUTO} for what is neither. */
    public static Prefer of(String name) {
      for (Prefer prefer : values()) if (prefer.name().equals(name.trim().toUpperCase(Locale.ROOT))) return prefer;
      return AUTO;
    }
  }

  static final String SW8 = "sw8";
  static final String CORRELATION = "sw8-correlation";
  /** SOFA-RPC's plugin uses this request property. */
  private static final String SOFA = "skywalking.sw8";

  final List<String> readKeys;
  final List<String> writtenKeys;
  /** Empty when correlation and baggage stay apart. */
  final List<String> correlationKeys;
  final Prefer prefer;

  /**
   * @param prefixes namespaces of agents 8.0 to 8.9, which write {@code <namespace>-sw8}
   * @param extraKeys keys to write besides
   * @param correlation whether {@code sw8-correlation} and baggage are one
   */
  public Sw8Options(Collection<String> prefixes, Collection<String> extraKeys, boolean correlation, Prefer prefer) {
    List<String> written = prefixed(prefixes, SW8);
    for (String key : extraKeys) if (!written.contains(key)) written.add(key);
    Set<String> read = new LinkedHashSet<>(written);
    read.add(SOFA);
    this.readKeys = new ArrayList<>(read);
    this.writtenKeys = written;
    this.correlationKeys = correlation ? prefixed(prefixes, CORRELATION) : Collections.<String>emptyList();
    this.prefer = prefer;
  }

  private static List<String> prefixed(Collection<String> prefixes, String key) {
    Set<String> keys = new LinkedHashSet<>();
    keys.add(key);
    for (String prefix : prefixes) if (!prefix.isEmpty()) keys.add(prefix + '-' + key);
    return new ArrayList<>(keys);
  }
}
