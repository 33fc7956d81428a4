import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openSkywalking } from './open-skywalking.ts';

const window = { fromMs: Date.parse('2026-11-24T11:00:00Z'), toMs: Date.parse('2026-11-24T12:00:00Z') };
const timeInfo = { data: { getTimeInfo: { timezone: '+0800' } } };

/** Ids as the backend makes them: the name in Base64, and whether it is a real service. */
const id = (name: string, real = true): string => `${Buffer.from(name).toString('base64')}.${real ? 1 : 0}`;
const node = (name: string, type: string | null = 'Tomcat', isReal = true): object => ({ id: id(name, isReal), name, type, isReal });
const call = (source: string, target: string): object => ({ source, target, detectPoints: ['CLIENT', 'SERVER'] });

const topology = {
  data: {
    getGlobalTopology: {
      nodes: [node('User', 'USER', false), node('shop::gateway'), node('orders|prod|'), node('mysql:3306', 'Mysql', false), node('lonely', null)],
      calls: [
        call(id('User', false), id('shop::gateway')),
        call(id('shop::gateway'), id('orders|prod|')),
        call(id('orders|prod|'), id('mysql:3306', false)),
        call(id('orders|prod|'), id('orders|prod|')),
        call(id('orders|prod|'), id('库存')),
      ],
    },
  },
};

/** There is no SkyWalking backend to ask here: the answers are written by hand to the published schema (skywalking-query-protocol: common, metadata-v2, topology). */
describe('openSkywalking, against answers written to the published schema', () => {
  let server: Server | undefined;

  afterEach(async () => {
    const running = server;
    server = undefined;
    await new Promise<void>((resolve) => (running ? running.close(() => resolve()) : resolve()));
  });

  /** Answers each request in turn; what was asked can be read. */
  async function serve(...answers: readonly object[]): Promise<{ url: string; asked: object[] }> {
    const asked: object[] = [];
    const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      asked.push({ method: request.method, url: request.url, type: request.headers['content-type'], body: JSON.parse(await textOf(request)) as object });
      response.end(JSON.stringify(answers[asked.length - 1] ?? {}));
    };
    const started = createServer((request, response) => void answer(request, response));
    return { url: await listen(started), asked };
  }

  async function listen(started: Server): Promise<string> {
    server = started;
    await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(started.address() as AddressInfo).port}/graphql`;
  }

  it("asks for the backend's zone, then for the topology of the window as its clock shows it", async () => {
    const { url, asked } = await serve(timeInfo, topology);

    await openSkywalking(url).topology(window);

    expect(asked).toMatchObject([
      { method: 'POST', url: '/graphql', type: 'application/json', body: { query: 'query { getTimeInfo { timezone } }' } },
      {
        body: {
          query: expect.stringMatching(/getGlobalTopology\(duration: \$duration\) \{ nodes \{ id name type isReal \} calls \{ source target/) as string,
          variables: { duration: { start: '2026-11-24 1900', end: '2026-11-24 2000', step: 'MINUTE' } },
        },
      },
    ]);
  });

  it('tells services and the calls between them from users and databases, and knows a service by its id alone', async () => {
    const { url } = await serve(timeInfo, topology);

    expect(await openSkywalking(url).topology(window)).toEqual({
      services: ['lonely', 'orders|prod|', 'shop::gateway', '库存'],
      edges: [
        { from: 'shop::gateway', to: 'orders|prod|' },
        { from: 'orders|prod|', to: '库存' },
      ],
      apart: ['User', 'mysql:3306'],
    });
  });

  it.each([
    ['an error of GraphQL', { errors: [{ message: "Field 'getTimeInfo' is undefined" }], data: null }, 'it says "Field \'getTimeInfo\' is undefined"'],
    ['no data', {}, 'the answer: '],
    ['a zone that is none', { data: { getTimeInfo: { timezone: 'UTC' } } }, 'getTimeInfo.timezone: is no zone such as +0800'],
    ['a list', [], 'the answer: '],
  ])('names the URL and what was wrong: %s', async (_, first, message) => {
    const { url } = await serve(first);

    await expect(openSkywalking(url).topology(window)).rejects.toMatchObject({
      code: 'unreachable',
      target: url,
      message: expect.stringContaining(`${url} does not answer like SkyWalking's GraphQL endpoint: ${message}`) as string,
      hint: expect.stringContaining('verify.skywalking') as string,
    });
  });

  it.each([
    ['no topology', { data: { getGlobalTopology: null } }, 'getGlobalTopology: '],
    ['a node without a name', { data: { getGlobalTopology: { nodes: [{ id: 'a.1', isReal: true }], calls: [] } } }, 'getGlobalTopology.nodes.0.name: '],
    ['a call to nowhere', { data: { getGlobalTopology: { nodes: [], calls: [call('?', id('orders'))] } } }, 'a call leads to ?, which is none of its nodes'],
    ['errors beside data', { ...topology, errors: [{ message: 'timeout' }] }, 'it says "timeout"'],
  ])('trusts no topology with %s', async (_, second, message) => {
    const { url } = await serve(timeInfo, second);

    await expect(openSkywalking(url).topology(window)).rejects.toMatchObject({ code: 'unreachable', message: expect.stringContaining(message) as string });
  });

  it.each([
    [404, 'not here', 'unreachable', 'answers 404: not here'],
    [401, '', 'denied', 'answers 401'],
    [200, '<html>', 'unreachable', "does not answer like SkyWalking's GraphQL endpoint"],
  ])('turns the answer %i %s into %s', async (status, text, code, message) => {
    const url = await listen(createServer((_, response) => response.writeHead(status).end(text)));

    await expect(openSkywalking(url).topology(window)).rejects.toMatchObject({ code, target: url, message: expect.stringContaining(message) as string });
  });

  it('stops at an answer without end', async () => {
    const endless = createServer((_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(1024 * 1024, ' ')));
      };
      response.on('drain', more);
      more();
    });
    const url = await listen(endless);

    await expect(openSkywalking(url).topology(window)).rejects.toMatchObject({ code: 'too-large', target: url });
    endless.closeAllConnections();
  });

  it('says unreachable when nothing listens', async () => {
    const { url } = await serve();
    await new Promise<void>((resolve) => server?.close(() => resolve()));
    server = undefined;

    await expect(openSkywalking(url).topology(window)).rejects.toMatchObject({ code: 'unreachable', message: `${url} cannot be reached: ECONNREFUSED` });
  });
});

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of request) text += String(part);
  return text;
}
