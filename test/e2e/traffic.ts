import { serviceUrl } from '../../lab/lab.ts';

export interface Traffic {
  readonly sent: () => number;
  /** One line for each request that did not bring the whole chain. */
  readonly failures: () => readonly string[];
  stop(): Promise<void>;
}

/** Asks the entries of the chain in turn, about ten times a second, each time on a new connection, until stopped. */
export async function startTraffic(entries: readonly string[] = ['gateway']): Promise<Traffic> {
  const urls = await Promise.all(entries.map(async (entry) => await serviceUrl(entry)));
  const failures: string[] = [];
  let sent = 0;
  const stop = new AbortController();
  const loop = (async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const problem = await askGateway(urls[sent % urls.length] ?? '');
      sent += 1;
      if (problem !== undefined) failures.push(`${new Date().toISOString()} ${problem}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  return {
    sent: () => sent,
    failures: () => failures,
    stop: async () => {
      stop.abort();
      await loop;
    },
  };
}

/** One request through the whole chain; what was wrong with the answer, if anything. */
export async function askGateway(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(`${url}/`, { headers: { connection: 'close' }, signal: AbortSignal.timeout(20_000) });
    const body = await response.text();
    const whole = ['gateway', 'orders', 'payments', 'inventory'].every((service) => body.includes(service));
    return response.ok && whole ? undefined : `${response.status} ${body.slice(0, 300)}`;
  } catch (error) {
    return String(error);
  }
}
