import { describe, expect, it } from 'vitest';
import { proxyFor } from './proxy-for.ts';

const env = {
  HTTPS_PROXY: 'http://proxy:3128',
  http_proxy: 'proxy:8080',
  NO_PROXY: 'plain.test, .sub.test,*.star.test,10.1.0.0/16,192.168.1.1,fd00::/8,port.test:6443',
};

describe('proxyFor', () => {
  it('prefers the proxy-url of the kubeconfig, whatever the environment says', () => {
    expect(proxyFor('https://10.1.2.3', 'socks5://jump:1080', env)).toBe('socks5://jump:1080');
  });

  it('takes the proxy of the environment by scheme, and adds a missing scheme', () => {
    expect(proxyFor('https://k8s.test', undefined, env)).toBe('http://proxy:3128');
    expect(proxyFor('http://k8s.test', undefined, env)).toBe('http://proxy:8080');
    expect(proxyFor('https://k8s.test', undefined, {})).toBeUndefined();
  });

  it.each([
    'https://plain.test',
    'https://api.plain.test:6443',
    'https://a.sub.test',
    'https://a.star.test',
    'https://10.1.200.3:6443',
    'https://192.168.1.1',
    'https://[fd12::1]:6443',
    'https://port.test:6443',
    'https://127.0.0.1:6443',
    'https://localhost',
    'https://[::1]',
  ])('goes straight to %s', (server) => {
    expect(proxyFor(server, undefined, env)).toBeUndefined();
  });

  it.each(['https://notplain.test', 'https://sub.test', 'https://10.2.0.1', 'https://192.168.1.11', 'https://port.test:443', 'https://plain.test.evil'])(
    'goes through the proxy to %s',
    (server) => {
      expect(proxyFor(server, undefined, env)).toBe('http://proxy:3128');
    },
  );

  it('knows the usual port of each scheme', () => {
    const exempt = { ...env, NO_PROXY: 'r.test:80' };

    expect(proxyFor('http://r.test', undefined, exempt)).toBeUndefined();
    expect(proxyFor('https://r.test', undefined, exempt)).toBe('http://proxy:3128');
  });

  it('goes straight everywhere with *', () => {
    expect(proxyFor('https://k8s.test', undefined, { ...env, NO_PROXY: '*' })).toBeUndefined();
  });

  it('refuses a proxy of another kind without showing its password', () => {
    const attempt = (): unknown => proxyFor('https://k8s.test', 'ftp://user:hunter2@host', {});

    expect(attempt).toThrow(expect.objectContaining({ code: 'unsupported', target: 'ftp://user:***@host' }));
  });
});
