package dev.changeover.bridge.toolkit;

import net.bytebuddy.asm.Advice;

/** Inlined into the toolkit's Log4j 2 classes: the text is appended here, and the toolkit's own {@code N/A} is skipped. A failure leaves the toolkit's. */
final class Log4jAdvice {
  private Log4jAdvice() {}

  static final class EventTid {
    @Advice.OnMethodEnter(suppress = Throwable.class, skipOn = Advice.OnNonDefaultValue.class)
    static boolean enter(@Advice.Argument(0) Object event, @Advice.Argument(1) StringBuilder line) {
      line.append(Log4jEvent.ids(event).tid());
      return true;
    }
  }

  static final class EventContext {
    @Advice.OnMethodEnter(suppress = Throwable.class, skipOn = Advice.OnNonDefaultValue.class)
    static boolean enter(@Advice.Argument(0) Object event, @Advice.Argument(1) StringBuilder line) {
      line.append(Log4jEvent.ids(event).context());
      return true;
    }
  }

  static final class Tid {
    @Advice.OnMethodEnter(suppress = Throwable.class, skipOn = Advice.OnNonDefaultValue.class)
    static boolean enter(@Advice.Argument(0) StringBuilder line) {
      line.append(ToolkitIds.current().tid());
      return true;
    }
  }

  static final class Context {
    @Advice.OnMethodEnter(suppress = Throwable.class, skipOn = Advice.OnNonDefaultValue.class)
    static boolean enter(@Advice.Argument(0) StringBuilder line) {
      line.append(ToolkitIds.current().context());
      return true;
    }
  }

  /** Log4j 1: no event is asked, for its appenders write on the thread that logs. */
  static final class ReturnedTid {
    @Advice.AssignReturned.ToReturned
    @Advice.OnMethodExit(suppress = Throwable.class)
    static String exit() {
      return ToolkitIds.current().tid();
    }
  }
}
