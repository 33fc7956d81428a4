package dev.changeover.bridge.toolkit;

import net.bytebuddy.asm.Advice;

/** Inlined into every method of the toolkit's ActiveSpan. */
final class ActiveSpanAdvice {
  private ActiveSpanAdvice() {}

  @Advice.OnMethodExit(suppress = Throwable.class)
  static void exit(@Advice.Origin("#m") String method, @Advice.AllArguments Object[] arguments) {
    ToolkitSpan.say(method, arguments);
  }
}
