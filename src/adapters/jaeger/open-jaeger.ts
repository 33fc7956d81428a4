import type { z } from 'zod';
import type { Json } from '../../core/json.ts';
import type { Cluster } from '../../ports/cluster.ts';
import type { TraceStore } from '../../ports/trace-store.ts';
import { requestJson, wrongAnswer } from '../http/request-json.ts';
import { readSpans } from './read-spans.ts';
import { dependenciesSchema, servicesSchema, tracesSchema } from './schema.ts';

/** A Jaeger query service: at a URL, or through the API server's proxy (`namespace/name:port`). */
export type JaegerPlace = { readonly url: string } | { readonly cluster: Cluster; readonly service: string };

/**
 * Reads traces from Jaeger's query API (`/api/services`, `/api/traces`, `/api/dependencies`: versions 1 and 2). Nothing is sent before the
 * first call. Errors: `unreachable` naming the place (no connection, 5xx, or something that is no Jaeger answers),
 * `denied` (401, 403), `too-large`, `aborted`; through the cluster also those of `Cluster.serviceJson`.
 */
export function openJaeger(place: JaegerPlace): TraceStore {
  const name = 'url' in place ? place.url : `service ${place.service}`;
  const get = (path: string, signal?: AbortSignal): Promise<Json> =>
    'url' in place
      ? requestJson({ ...words, name, url: join(place.url, path), ...(signal ? { signal } : {}) })
      : place.cluster.serviceJson(place.service, path, signal);
  return {
    services: async (signal) => parse(servicesSchema, await get('/api/services', signal), name).data,
    traces: async (query, signal) => {
      const search = new URLSearchParams({
        service: query.service,
        start: String(Math.floor(query.fromMs) * 1000),
        end: String(Math.ceil(query.toMs) * 1000),
        limit: String(query.limit),
      });
      const { data } = parse(tracesSchema, await get(`/api/traces?${search.toString()}`, signal), name);
      return data.map(readSpans).filter((spans) => spans.length > 0);
    },
    dependencies: async ({ fromMs, toMs }, signal) => {
      const search = new URLSearchParams({ endTs: String(Math.ceil(toMs)), lookback: String(Math.ceil(toMs - fromMs)) });
      const { data } = parse(dependenciesSchema, await get(`/api/dependencies?${search.toString()}`, signal), name);
      return data.filter(({ parent, child }) => parent !== child).map(({ parent, child, callCount }) => ({ from: parent, to: child, calls: callCount }));
    },
  };
}

const words = {
  kind: "Jaeger's query API",
  hint: 'Check verify.jaeger in the policy: it must be the query service (port 16686), with its base path if it has one.',
  deniedHint: 'Name a query service without login, or use verify.jaeger.service.',
  tooLargeHint: 'Look at less time at once (--since).',
};

function join(base: string, path: string): string {
  const { origin, pathname } = new URL(base);
  return `${origin}${pathname.replace(/\/+$/, '')}${path}`;
}

function parse<T extends z.ZodType>(schema: T, value: Json, name: string): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw wrongAnswer({ ...words, url: name }, '', parsed.error);
}
