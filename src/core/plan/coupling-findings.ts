import type { Finding } from '../finding.ts';
import type { Coupling, ImageFacts } from '../image/image-facts.ts';

const ids = { toolkit: 'toolkit-in-app', 'log-pattern': 'log-pattern-prints-na', 'log-appender': 'log-appender-loses-logs' } as const satisfies {
  readonly [kind in Coupling['kind']]: string;
};
const MOST = 10;

/** What the application has of the old agent's own libraries and loses with the agent: nothing breaks, each is a `warn`. */
export function couplingFindings(facts: ImageFacts): readonly Finding[] {
  const found = Object.entries(facts.files?.couplings() ?? {}).flatMap(([path, couplings]) => couplings.map((each) => ({ path, ...each })));
  return (['toolkit', 'log-pattern', 'log-appender'] as const).flatMap((kind): readonly Finding[] => {
    const these = found.filter((each) => each.kind === kind);
    if (these.length === 0) return [];
    const params = { names: firstOf(these.map((each) => each.what)), paths: firstOf(these.map((each) => each.path)) };
    return [{ id: ids[kind], severity: 'warn', params }];
  });
}

function firstOf(all: readonly string[]): readonly string[] {
  return [...new Set(all)].slice(0, MOST);
}
