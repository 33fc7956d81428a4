import { BlockList, isIP } from 'node:net';
import { ChangeoverError } from '../../core/error.ts';
import { redact } from '../../core/redact.ts';

/**
 * The proxy for a server: the one its own settings name (a kubeconfig's `proxy-url`), else HTTPS_PROXY or HTTP_PROXY unless NO_PROXY (host names,
 * `.suffix`, `*`, addresses, CIDR ranges; as in Go, so that kubectl, container tools and we take the same way) or loopback exempts it.
 */
export function proxyFor(server: string, proxyUrl: string | undefined, env: Readonly<Record<string, string | undefined>>): string | undefined {
  if (proxyUrl !== undefined) return checked(proxyUrl);
  const { protocol, hostname, port } = new URL(server);
  const usualPort = protocol === 'https:' ? '443' : '80';
  const read = (name: string): string => env[name] || env[name.toLowerCase()] || '';
  const proxy = read(protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY');
  const host = hostname.replaceAll(/[[\]]/g, '');
  if (
    proxy === '' ||
    isLoopback(host) ||
    read('NO_PROXY')
      .split(',')
      .some((rule) => isExempt(host, port || usualPort, rule.trim()))
  )
    return undefined;
  return checked(/:\/\//.test(proxy) ? proxy : `http://${proxy}`);
}

function checked(proxy: string): string {
  if (URL.canParse(proxy) && /^(https?|socks5):/.test(proxy)) return proxy;
  throw new ChangeoverError('unsupported', 'the proxy is not an http, https or socks5 URL', { target: redact(proxy) });
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function isExempt(host: string, port: string, rule: string): boolean {
  if (rule === '*') return true;
  if (rule.includes('/')) return inRange(host, rule);
  const [name = '', onPort] = isIP(rule) === 6 ? [rule] : rule.split(':');
  if (name === '' || (onPort !== undefined && onPort !== port)) return false;
  const domain = name.replace(/^\*(?=\.)/, '').toLowerCase();
  return host === domain || (isIP(host) === 0 && host.endsWith(domain.startsWith('.') ? domain : `.${domain}`));
}

function inRange(host: string, range: string): boolean {
  const [address = '', bits = ''] = range.split('/');
  const family = isIP(host);
  const widest = family === 4 ? 32 : 128;
  if (family === 0 || isIP(address) !== family || !/^\d+$/.test(bits) || Number(bits) > widest) return false;
  const list = new BlockList();
  list.addSubnet(address, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
  return list.check(host, family === 4 ? 'ipv4' : 'ipv6');
}
