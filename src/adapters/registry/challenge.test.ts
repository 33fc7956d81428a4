import { describe, expect, it } from 'vitest';
import { parseChallenge } from './challenge.ts';

describe('parseChallenge', () => {
  it.each([
    ['Basic realm="registry"', { kind: 'basic' }],
    ['basic', { kind: 'basic' }],
    [
      'Bearer realm="https://auth.example.com/token",service="registry.example.com",scope="repository:a/b:pull,push repository:c:pull"',
      { kind: 'bearer', realm: 'https://auth.example.com/token', service: 'registry.example.com', scopes: ['repository:a/b:pull,push', 'repository:c:pull'] },
    ],
    ['BEARER Realm = "https://a/t" , error=insufficient_scope', { kind: 'bearer', realm: 'https://a/t', service: undefined, scopes: [] }],
    ['Basic realm="a", Bearer realm="https://a/t",service="s"', { kind: 'bearer', realm: 'https://a/t', service: 's', scopes: [] }],
    ['Bearer realm="https://a/t?x=\\"1\\""', { kind: 'bearer', realm: 'https://a/t?x="1"', service: undefined, scopes: [] }],
    ['Bearer service="without a realm"', undefined],
    ['Negotiate', undefined],
    ['', undefined],
    ['=,,"broken', undefined],
  ])('reads %s', (header, expected) => {
    expect(parseChallenge(header)).toEqual(expected);
  });
});
