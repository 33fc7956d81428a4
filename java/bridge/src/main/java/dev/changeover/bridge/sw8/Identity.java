package dev.changeover.bridge.sw8;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.resources.Resource;

/** Who this process is in the headers it writes: service and instance, cut as SkyWalking cuts them and encoded once. */
public final class Identity {
  /** Before the SDK has said who we are, and where a text is missing: no part of the header may be empty. */
  static final String UNKNOWN = "unknown";
  private static final AttributeKey<String> SERVICE = AttributeKey.stringKey("service.name");
  private static final AttributeKey<String> INSTANCE = AttributeKey.stringKey("service.instance.id");
  private static final int LENGTH = 50;
  private static volatile Identity current = new Identity(UNKNOWN, UNKNOWN);

  /** Base64. */
  final byte[] service;
  /** Base64. */
  final byte[] instance;

  private Identity(String service, String instance) {
    this.service = Base64Text.encode(cut(service, LENGTH));
    this.instance = Base64Text.encode(cut(instance, LENGTH));
  }

  static Identity current() {
    return current;
  }

  /** Takes the identity of the resource all spans of this process get. */
  public static void set(Resource resource) {
    current = new Identity(resource.getAttribute(SERVICE), resource.getAttribute(INSTANCE));
  }

  /** At most so many characters, never half of one; {@link #UNKNOWN} for nothing. */
  static String cut(String text, int length) {
    if (text == null || text.isEmpty()) return UNKNOWN;
    if (text.length() <= length) return text;
    return text.substring(0, Character.isHighSurrogate(text.charAt(length - 1)) ? length - 1 : length);
  }
}
