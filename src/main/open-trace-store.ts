import { openJaeger } from '../adapters/jaeger/open-jaeger.ts';
import type { Policy } from '../core/policy/policy.ts';
import type { Cluster } from '../ports/cluster.ts';
import type { TraceStore } from '../ports/trace-store.ts';

/** The trace store of a policy; undefined where it names none. */
export function openTraceStore(cluster: Cluster, { verify: { jaeger } }: Policy): TraceStore | undefined {
  if (!jaeger) return undefined;
  return openJaeger(jaeger.kind === 'url' ? { url: jaeger.url } : { cluster, service: jaeger.service });
}
