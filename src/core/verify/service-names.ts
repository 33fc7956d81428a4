import { serviceNameOf } from '../sw8/segment-to-otlp.ts';

/** One name per service, whatever the spans, headers and baselines of both agents call it. */
export type CanonicalName = (name: string) => string;

/**
 * SkyWalking says `name|namespace|cluster` where OpenTelemetry says `name`, and the policy may have given a service a new
 * name: `renamed` leads from the old one to it. A name that some service has today is never taken for an old one.
 */
export function canonicalNames(renamed: ReadonlyMap<string, string>): CanonicalName {
  const today = new Set(renamed.values());
  return (name) => {
    const own = serviceNameOf(name);
    return today.has(own) ? own : (renamed.get(own) ?? own);
  };
}
