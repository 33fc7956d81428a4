import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Json } from '../../core/json.ts';
import type { Cluster } from '../../ports/cluster.ts';
import { openJaeger } from './open-jaeger.ts';

const query = { service: 'orders', fromMs: 1_795_533_752_702, toMs: 1_795_533_813_702, limit: 20 };

const answer = {
  data: [
    {
      traceID: '8448EB211C80319D',
      spans: [
        {
          traceID: '8448EB211C80319D',
          spanID: 'ad6b7169203332',
          operationName: 'GET /',
          references: [
            { refType: 'FOLLOWS_FROM', traceID: '8448eb211c80319d', spanID: '1' },
            { refType: 'CHILD_OF', traceID: '1', spanID: '2' },
            { refType: 'CHILD_OF', traceID: '8448eb211c80319d', spanID: 'ad6b7169203331' },
          ],
          startTime: 1_795_533_806_166_000,
          duration: 1500,
          tags: [
            { key: 'span.kind', type: 'string', value: 'client' },
            { key: 'error', type: 'bool', value: true },
            { key: 'http.response.status_code', type: 'int64', value: 503 },
            { key: 'http.request.header.sw8', type: 'string', value: '["1-…"]' },
            { key: 'sw8.parent_service', type: 'string', value: 'gateway' },
            { key: 'thread.name', type: 'string', value: 'main' },
          ],
          processID: 'p1',
          warnings: null,
        },
      ],
      processes: {
        p1: {
          serviceName: 'orders',
          tags: [
            { key: 'host.name', type: 'string', value: 'orders-7d9f' },
            { key: 'os.type', value: 'linux' },
          ],
        },
      },
    },
  ],
  errors: null,
};

describe('openJaeger', () => {
  let server: Server | undefined;

  afterEach(async () => {
    const running = server;
    server = undefined;
    await new Promise<void>((resolve) => (running ? running.close(() => resolve()) : resolve()));
  });

  async function serve(listener: RequestListener): Promise<string> {
    const started = createServer(listener);
    server = started;
    await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(started.address() as AddressInfo).port}`;
  }

  it('asks for a window in microseconds and reduces spans to what judging needs', async () => {
    const asked: string[] = [];
    const base = await serve((request, response) => {
      asked.push(request.url ?? '');
      response.end(JSON.stringify(answer));
    });

    const traces = await openJaeger({ url: `${base}/jaeger/` }).traces(query);

    expect(asked).toEqual(['/jaeger/api/traces?service=orders&start=1795533752702000&end=1795533813702000&limit=20']);
    expect(traces).toEqual([
      [
        {
          traceId: '00000000000000008448eb211c80319d',
          spanId: '00ad6b7169203332',
          parentSpanId: '00ad6b7169203331',
          service: 'orders',
          operation: 'GET /',
          kind: 'client',
          startMs: 1_795_533_806_166,
          durationMs: 1.5,
          resource: { 'host.name': 'orders-7d9f' },
          attributes: { error: 'true', 'http.response.status_code': '503', 'http.request.header.sw8': '["1-…"]', 'sw8.parent_service': 'gateway' },
        },
      ],
    ]);
  });

  it('takes the one reference within a trace for the parent, as a link to it makes Jaeger forget CHILD_OF', async () => {
    const linked = structuredClone(answer);
    linked.data[0]?.spans[0]?.references.splice(0, 3, { refType: 'FOLLOWS_FROM', traceID: '8448eb211c80319d', spanID: 'ad6b7169203331' });
    const base = await serve((_, response) => void response.end(JSON.stringify(linked)));

    const [[span] = []] = await openJaeger({ url: base }).traces(query);

    expect(span?.parentSpanId).toBe('00ad6b7169203331');
  });

  it('asks for the calls of a window by its end and its length', async () => {
    const asked: string[] = [];
    const base = await serve((request, response) => {
      asked.push(request.url ?? '');
      response.end('{"data":[{"parent":"a","child":"b","callCount":3},{"parent":"a","child":"a","callCount":9}],"total":0,"errors":null}');
    });

    const dependencies = await openJaeger({ url: base }).dependencies(query);

    expect(asked).toEqual(['/api/dependencies?endTs=1795533813702&lookback=61000']);
    expect(dependencies).toEqual([{ from: 'a', to: 'b', calls: 3 }]);
  });

  it('takes null for an empty list', async () => {
    const base = await serve((_, response) => response.end('{"data":null}'));

    expect(await openJaeger({ url: base }).services()).toEqual([]);
  });

  it('reads through the API server where the policy names a service', async () => {
    const asked: string[] = [];
    const cluster = {
      serviceJson: async (service: string, path: string): Promise<Json> => {
        asked.push(`${service} ${path}`);
        return { data: ['orders'] };
      },
    } as unknown as Cluster;

    const services = await openJaeger({ cluster, service: 'observability/jaeger-query:16686' }).services();

    expect(services).toEqual(['orders']);
    expect(asked).toEqual(['observability/jaeger-query:16686 /api/services']);
  });

  it('says unreachable and names the URL when nothing listens', async () => {
    const base = await serve(() => undefined);
    await new Promise<void>((resolve) => server?.close(() => resolve()));
    server = undefined;

    await expect(openJaeger({ url: base }).services()).rejects.toMatchObject({
      code: 'unreachable',
      target: base,
      message: `${base} cannot be reached: ECONNREFUSED`,
    });
  });

  it.each([
    [500, '{"errors":[{"msg":"storage is down"}]}', 'unreachable', 'storage is down'],
    [401, '', 'denied', '401'],
    [403, '', 'denied', '403'],
    [200, '<!DOCTYPE html><title>Jaeger UI</title>', 'unreachable', "does not answer like Jaeger's query API"],
    [200, '{"status":"success"}', 'unreachable', "does not answer like Jaeger's query API"],
    [200, '{"data":[{"spans":[{"traceID":1}],"processes":{}}]}', 'unreachable', "does not answer like Jaeger's query API"],
  ])('turns the answer %i %s into %s', async (status, body, code, message) => {
    const base = await serve((_, response) => response.writeHead(status).end(body));

    await expect(openJaeger({ url: base }).traces(query)).rejects.toMatchObject({ code, target: base, message: expect.stringContaining(message) as string });
  });

  it('stops at the signal', async () => {
    const controller = new AbortController();
    const base = await serve(() => controller.abort());

    await expect(openJaeger({ url: base }).traces(query, controller.signal)).rejects.toMatchObject({ code: 'aborted' });
    server?.closeAllConnections();
  });
});
