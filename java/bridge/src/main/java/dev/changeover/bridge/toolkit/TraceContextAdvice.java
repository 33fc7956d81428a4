package dev.changeover.bridge.toolkit;

import java.util.Optional;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.implementation.bytecode.assign.Assigner;

/** Inlined into the toolkit's TraceContext: each method's answer is replaced. */
final class TraceContextAdvice {
  private TraceContextAdvice() {}

  static final class TraceId {
    @Advice.AssignReturned.ToReturned
    @Advice.OnMethodExit(suppress = Throwable.class)
    static String exit() {
      return ToolkitIds.current().traceId();
    }
  }

  static final class SegmentId {
    @Advice.AssignReturned.ToReturned
    @Advice.OnMethodExit(suppress = Throwable.class)
    static String exit() {
      return ToolkitIds.current().segmentId();
    }
  }

  static final class SpanId {
    /** An object, since 0 would count as no answer. */
    @Advice.AssignReturned.ToReturned(typing = Assigner.Typing.DYNAMIC)
    @Advice.OnMethodExit(suppress = Throwable.class)
    static Integer exit() {
      return ToolkitIds.current().spanId();
    }
  }

  static final class GetCorrelation {
    @Advice.AssignReturned.ToReturned
    @Advice.OnMethodExit(suppress = Throwable.class)
    static Optional<String> exit(@Advice.Argument(0) String key) {
      return ToolkitSpan.correlation(key);
    }
  }
}
