import { describe, expect, it } from 'vitest';
import { isLoopback, isPrivateLiteral } from './network-host.ts';

const hostOf = (url: string): string => new URL(url).hostname;

describe('network hosts', () => {
  it.each(['http://localhost:5000', 'http://127.0.0.1', 'http://127.8.9.10:5000', 'http://[::1]:5000', 'http://0x7f.1'])('%s is this machine', (url) => {
    expect(isLoopback(hostOf(url))).toBe(true);
    expect(isPrivateLiteral(hostOf(url))).toBe(true);
  });

  it.each([
    'http://10.1.2.3',
    'http://172.31.0.1',
    'http://192.168.1.1',
    'http://169.254.169.254',
    'http://100.64.0.1',
    'http://[fd00::1]',
    'http://[fe80::1]',
    'http://[::ffff:10.0.0.1]',
    'http://0.0.0.0',
    'http://[64:ff9b::a00:1]',
    'http://localhost.',
    'http://a.localhost',
  ])('%s is a private address', (url) => {
    expect(isPrivateLiteral(hostOf(url))).toBe(true);
    expect(isLoopback(hostOf(url))).toBe(false);
  });

  it.each([
    'http://registry.example.com',
    'http://8.8.8.8',
    'http://172.32.0.1',
    'http://[2001:db8::1]',
    'http://localhost.example.com',
    'http://127.example.com',
  ])('%s is neither', (url) => {
    expect(isPrivateLiteral(hostOf(url))).toBe(false);
    expect(isLoopback(hostOf(url))).toBe(false);
  });
});
