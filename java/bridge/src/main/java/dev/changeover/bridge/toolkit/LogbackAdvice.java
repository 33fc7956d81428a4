package dev.changeover.bridge.toolkit;

import net.bytebuddy.asm.Advice;

/** Inlined into the toolkit's Logback classes, whose answer is the text {@code N/A}. */
final class LogbackAdvice {
  private LogbackAdvice() {}

  static final class Tid {
    @Advice.AssignReturned.ToReturned
    @Advice.OnMethodExit(suppress = Throwable.class)
    static String exit(@Advice.Argument(0) Object event) {
      return LogbackEvent.ids(event).tid();
    }
  }

  static final class Context {
    @Advice.AssignReturned.ToReturned
    @Advice.OnMethodExit(suppress = Throwable.class)
    static String exit(@Advice.Argument(0) Object event) {
      return LogbackEvent.ids(event).context();
    }
  }
}
