import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openClient, standIn } from './stand-in.ts';

const stops: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** A forward proxy that leads every host to one server of this machine. */
async function openProxy(target: string) {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server = createHttpServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(404).end();
  });
  server.on('connect', (request, socket: Socket) => {
    asked.push(`CONNECT ${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim());
    const [host = '', port = ''] = target.split(':');
    const onward = connect({ host, port: Number(port) }, () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    for (const each of [onward, socket]) sockets.add(each.on('error', () => undefined));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return { asked, host: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe('a proxy of the environment', () => {
  it('is asked for registries over plain HTTP, but not for those NO_PROXY exempts and for this machine', async () => {
    const local = await standIn(() => ({ status: 404 }));
    stops.push(() => local.close());
    const proxy = await openProxy(local.host);
    const settings = { 'registry.invalid': { plainHttp: true }, 'exempt.invalid': { plainHttp: true } };
    const client = openClient({ settings, env: { HTTP_PROXY: `http://${proxy.host}`, NO_PROXY: '.internal,exempt.invalid' } });
    stops.unshift(() => client.close());

    const found = await client.manifest({ registry: 'registry.invalid', path: 'team/app' }, '1.0');
    await client.manifest({ registry: local.host, path: 'team/app' }, '1.0');

    expect(found).toBeUndefined();
    expect(proxy.asked).toEqual(['GET http://registry.invalid/v2/', 'GET http://registry.invalid/v2/team/app/manifests/1.0']);
    await expect(client.manifest({ registry: 'exempt.invalid', path: 'team/app' }, '1.0')).rejects.toMatchObject({ code: 'unreachable' });
    expect(proxy.asked).toHaveLength(2);
  });

  it('gets a tunnel for TLS, with its own password and never ours', async () => {
    const server = await standIn(() => ({ status: 404 }));
    stops.push(() => server.close());
    const proxy = await openProxy(server.host);
    const env = { HTTPS_PROXY: `http://user:pass@${proxy.host}`, LOGIN: 'robot:secret' };
    const client = openClient({ settings: { 'registry.invalid:8443': { auth: 'env:LOGIN' } }, env });
    stops.unshift(() => client.close());

    const read = client.manifest({ registry: 'registry.invalid:8443', path: 'team/app' }, '1.0');

    await expect(read).rejects.toMatchObject({ code: 'unreachable' });
    expect(proxy.asked[0]).toBe(`CONNECT registry.invalid:8443 Basic ${Buffer.from('user:pass').toString('base64')}`);
  });

  it('of another kind is refused without showing its password', async () => {
    const client = openClient({ env: { HTTPS_PROXY: 'ftp://user:hunter2@proxy' } });
    stops.unshift(() => client.close());

    const read = client.manifest({ registry: 'registry.invalid', path: 'team/app' }, '1.0');

    await expect(read).rejects.toMatchObject({ code: 'unsupported', target: 'ftp://user:***@proxy' });
  });
});
