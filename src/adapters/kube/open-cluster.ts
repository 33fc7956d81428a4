import type { Clock } from '../../ports/clock.ts';
import type { Cluster } from '../../ports/cluster.ts';
import { createApi } from './api.ts';
import { findConnection } from './connection.ts';
import { credentialSource } from './credentials.ts';
import { proxyFor } from '../files/proxy-for.ts';
import { createRestCluster } from './rest-cluster.ts';
import { openTransport } from './transport.ts';

export interface OpenClusterOptions {
  /** File of `--kubeconfig`; else `KUBECONFIG`, `~/.kube/config`, or the account of the pod we run in. */
  readonly kubeconfig?: string;
  readonly context?: string;
  /** User to impersonate. */
  readonly as?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
}

/**
 * Opens the cluster that kubectl would use with the same options. Sends nothing yet: a server that does not answer shows
 * at the first call. Throws `usage` or `invalid-file`, naming the kubeconfig and what is wrong in it.
 */
export async function openCluster(options: OpenClusterOptions): Promise<Cluster> {
  const { env, clock } = options;
  const connection = await findConnection(options);
  const transport = await openTransport(connection, proxyFor(connection.server, connection.proxyUrl, env));
  const closing = new AbortController();
  const credentials = credentialSource(connection, { clock, env, closed: closing.signal });
  const api = createApi({ transport, credentials, clock, peer: { server: connection.server, source: connection.source } });
  const close = async (): Promise<void> => {
    closing.abort();
    await transport.close();
  };
  return createRestCluster(api, { clock, ca: connection.ca, close });
}
