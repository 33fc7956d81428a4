import type { ExpectedService } from './expected-service.ts';

/** The host a client span says it called, from today's and older attribute names; undefined when it says none. */
export function calledHost(attributes: { readonly [key: string]: string }): string | undefined {
  const named = attributes['peer.service'] ?? attributes['server.address'] ?? attributes['net.peer.name'];
  if (named !== undefined) return named.replace(/:\d+$/, '');
  const url = attributes['url.full'] ?? attributes['http.url'];
  return url !== undefined && URL.canParse(url) ? new URL(url).hostname : undefined;
}

/** `serviceAt` that looks each host up once: a fleet's spans name the same few hosts again and again. */
export function rememberServices(services: readonly ExpectedService[]): (host: string) => ExpectedService | undefined {
  const known = new Map<string, ExpectedService | undefined>();
  return (host) => {
    if (!known.has(host)) known.set(host, serviceAt(host, services));
    return known.get(host);
  };
}

/**
 * The switched service behind a host name: a service's own name, or `name`, `name.namespace`, `name.namespace.svc…` of its
 * workload. Undefined when none or more than one fits: a guess would report a broken chain that is whole.
 */
function serviceAt(host: string, services: readonly ExpectedService[]): ExpectedService | undefined {
  const [name = '', namespace] = host.split('.');
  const fitting = services.filter(({ service, workloads }) => {
    if (service === host) return true;
    return workloads.some(({ id }) => {
      const [ownNamespace, , ownName] = id.split('/');
      return name === ownName && (namespace === undefined || namespace === ownNamespace);
    });
  });
  return fitting.length === 1 ? fitting[0] : undefined;
}
