import type { Coupling } from '../../core/image/image-facts.ts';

const LOG_CONFIG = /(?:^|\/)(?:logback|log4j2?)[\w.-]*\.(?:xml|properties|ya?ml|json)$/;

/** Layouts, converters and JSON providers of SkyWalking's toolkit, and its pattern words: without its agent they print `N/A` or nothing. */
const PRINTS_NOTHING =
  /TraceId(?:MDC)?PatternLogbackLayout|TraceIdPatternLayout|TraceIdJsonProvider|SkyWalkingContextJsonProvider|toolkit\.log\.logback\.[\w.]*PatternConverter|%(?:-?\d*\.?\d*)(?:traceId|swCtx|sw_ctx)\b/g;
/** Sends logs through the agent's own connection. */
const SENDS_NOTHING = /GRPCLogClientAppender/;

/** Whether a file configures logback or log4j, by its name. */
export function isLogConfig(name: string): boolean {
  return LOG_CONFIG.test(name);
}

/** What a logging configuration gets from the old agent; comments do not count. */
export function logCouplings(text: string): readonly Coupling[] {
  const live = text.replaceAll(/<!--[\s\S]*?-->/g, '').replaceAll(/^\s*#.*$/gm, '');
  const patterns = [...new Set(live.match(PRINTS_NOTHING))].map((what): Coupling => ({ kind: 'log-pattern', what }));
  return SENDS_NOTHING.test(live) ? [...patterns, { kind: 'log-appender', what: 'GRPCLogClientAppender' }] : patterns;
}

/**
 * The toolkit that a file, or an entry of a jar, shows to be there: its jar by name, or its classes in a jar of any name. The agent's own
 * `-activation` jars, and the toolkit's classes that only support others, are none.
 */
export function toolkitOf(name: string): string | undefined {
  const jar = /(?:^|\/)(apm-toolkit-[\w.-]+)\.jar$/.exec(name)?.[1];
  if (jar !== undefined) return jar.includes('-activation') ? undefined : jar;
  const module = /^(?:WEB-INF\/classes\/|BOOT-INF\/classes\/)?org\/(?:apache\/)?skywalking\/apm\/(?:toolkit|meter\/micrometer)(?:\/([a-z]\w*)\/|\/)/.exec(name);
  return module === null ? undefined : `classes of apm-toolkit${module[1] === undefined ? '' : `-${module[1]}`}`;
}
