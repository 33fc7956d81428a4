import type { z } from 'zod';
import type { Json } from '../../core/json.ts';
import type { FleetTopology, TopologySource } from '../../ports/topology-source.ts';
import { requestJson, wrongAnswer } from '../http/request-json.ts';
import { durationOf } from './duration.ts';
import { answerSchema, timeInfoSchema, topologySchema, type GlobalTopology } from './schema.ts';

const TIME_INFO = 'query { getTimeInfo { timezone } }';
const TOPOLOGY =
  'query ($duration: Duration!) { getGlobalTopology(duration: $duration) { nodes { id name type isReal } calls { source target detectPoints } } }';

/**
 * Reads the topology from SkyWalking's GraphQL endpoint (`http://oap:12800/graphql`), as the published query protocol has
 * it: `getTimeInfo`, `getGlobalTopology`. Nothing is sent before the first call. Errors as `TopologySource` lists them.
 */
export function openSkywalking(url: string): TopologySource {
  return {
    topology: async (window, signal) => {
      const { getTimeInfo } = await query(url, { query: TIME_INFO }, { schema: timeInfoSchema, signal });
      const duration = durationOf(window, getTimeInfo.timezone);
      const { getGlobalTopology } = await query(url, { query: TOPOLOGY, variables: { duration } }, { schema: topologySchema, signal });
      return toTopology(getGlobalTopology, url);
    },
  };
}

const words = {
  kind: "SkyWalking's GraphQL endpoint",
  hint: 'Check verify.skywalking in the policy: it must be the query address of the OAP (port 12800) with the path /graphql.',
  deniedHint: 'Name an address of the OAP that wants no login, from inside the cluster or through `kubectl port-forward`.',
  tooLargeHint: 'Look at less time at once (--since).',
};

async function query<T extends z.ZodType>(
  url: string,
  body: { readonly [member: string]: Json },
  { schema, signal }: { readonly schema: T; readonly signal: AbortSignal | undefined },
): Promise<z.output<T>> {
  const answer = answerSchema.safeParse(await requestJson({ ...words, url, body, ...(signal ? { signal } : {}) }));
  if (!answer.success) throw wrongAnswer({ ...words, url }, describe(answer.error), answer.error);
  const [error] = answer.data.errors;
  if (error) throw wrongAnswer({ ...words, url }, `it says "${error.message.slice(0, 300)}"`);
  const data = schema.safeParse(answer.data.data);
  if (data.success) return data.data;
  throw wrongAnswer({ ...words, url }, describe(data.error), data.error);
}

function describe({ issues: [issue] }: z.ZodError): string {
  return `${issue?.path.join('.') || 'the answer'}: ${issue?.message ?? 'not as expected'}`;
}

function toTopology({ nodes, calls }: GlobalTopology, url: string): FleetTopology {
  const byId = new Map(nodes.map((node) => [node.id, { name: node.name, real: node.isReal && node.type !== 'USER' }]));
  const find = (id: string): Node => {
    const node = byId.get(id) ?? decode(id);
    if (!node) throw wrongAnswer({ ...words, url }, `a call leads to ${id.slice(0, 100)}, which is none of its nodes`);
    return node;
  };
  const ends = calls.map((call) => ({ from: find(call.source), to: find(call.target) }));
  const all = [...byId.values(), ...ends.flatMap(({ from, to }) => [from, to])];
  const namesOf = (real: boolean): readonly string[] => [...new Set(all.filter((node) => node.real === real).map((node) => node.name))].sort();
  return {
    services: namesOf(true),
    edges: ends.filter(({ from, to }) => from.real && to.real && from.name !== to.name).map(({ from, to }) => ({ from: from.name, to: to.name })),
    apart: namesOf(false),
  };
}

interface Node {
  readonly name: string;
  readonly real: boolean;
}

/** A service's id is its name in Base64 and whether it is a real one: `b3JkZXJz.1`. */
function decode(id: string): Node | undefined {
  const [, text, real] = /^([A-Za-z0-9+/]+={0,2})\.([01])$/.exec(id) ?? [];
  return text === undefined ? undefined : { name: Buffer.from(text, 'base64').toString('utf8'), real: real === '1' };
}
