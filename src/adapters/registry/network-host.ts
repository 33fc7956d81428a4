import { BlockList, isIP } from 'node:net';

const LOOPBACK = list([['127.0.0.0', 8]], [['::1', 128]]);
const PRIVATE = list(
  [
    ['0.0.0.0', 8],
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
    ['172.16.0.0', 12],
    ['192.168.0.0', 16],
  ],
  [
    ['::', 127],
    ['64:ff9b::', 96],
    ['fc00::', 7],
    ['fe80::', 10],
  ],
);

/** Whether a URL's host name is this machine: `localhost`, 127.0.0.0/8 or `[::1]`. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || contains(LOOPBACK, hostname);
}

/** Whether a URL's host name is this machine or the literal address of a private network, where no public registry sends its clients. Addresses that only translate to IPv4 (64:ff9b::/96) count. */
export function isPrivateLiteral(hostname: string): boolean {
  return isLocalName(hostname) || contains(PRIVATE, hostname);
}

/** `localhost` and the names below it (RFC 6761), also with a dot at the end. */
function isLocalName(hostname: string): boolean {
  return /(?:^|\.)localhost\.?$/.test(hostname);
}

function contains(addresses: BlockList, hostname: string): boolean {
  const address = hostname.replace(/^\[(.*)\]$/, '$1');
  const family = isIP(address);
  return family !== 0 && addresses.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

type Subnet = readonly [address: string, prefix: number];

function list(ipv4: readonly Subnet[], ipv6: readonly Subnet[]): BlockList {
  const addresses = new BlockList();
  for (const [address, prefix] of ipv4) addresses.addSubnet(address, prefix, 'ipv4');
  for (const [address, prefix] of ipv6) addresses.addSubnet(address, prefix, 'ipv6');
  return addresses;
}
