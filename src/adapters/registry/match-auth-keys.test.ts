import { describe, expect, it } from 'vitest';
import { matchAuthKeys, plainAuthKey } from './match-auth-keys.ts';

describe('matchAuthKeys', () => {
  it.each([
    ['r.test', 'r.test', 'a/b', true],
    ['R.Test', 'r.test', 'a/b', true],
    ['r.test:5000', 'r.test:5000', 'a', true],
    ['r.test:5000', 'r.test', 'a', false],
    ['r.test', 'r.test:5000', 'a', false],
    ['r.test/a', 'r.test', 'a/b', true],
    ['r.test/a/b', 'r.test', 'a/b', true],
    ['r.test/a/b/c', 'r.test', 'a/b', false],
    ['r.test/a', 'r.test', 'ab/c', false],
    ['r.test/b', 'r.test', 'a/b', false],
    ['*.test', 'r.test', 'a', true],
    ['*.test', 'x.r.test', 'a', false],
    ['*.r', 'x.r.test', 'a', false],
    ['*.*.test', 'x.r.test', 'a', true],
    ['*.test', 'test', 'a', false],
    ['reg*.test', 'registry.test', 'a', true],
    ['*.test:5000', 'r.test:5000', 'a', true],
    ['*.test', 'r.test:5000', 'a', false],
    ['*.test/team', 'r.test', 'team/app', true],
    ['*.test/team', 'r.test', 'other/app', false],
    ['*.io', 'docker.io', 'library/nginx', true],
    ['index.docker.io', 'docker.io', 'library/nginx', true],
    ['registry-1.docker.io', 'docker.io', 'library/nginx', true],
    ['index.docker.io', 'index.docker.io.evil.test', 'a', false],
    ['r.te.t', 'r.test', 'a', false],
    ['*r.t.st', 'r.test', 'a', false],
  ])('says whether %s fits %s/%s', (key, registry, path, expected) => {
    expect(matchAuthKeys(new Map([[key, 'login']]), { registry, path })).toEqual(expected ? ['login'] : []);
  });

  it('puts the longest path first, then a host without a wildcard', () => {
    const keys = ['*.test', 'r.test', '*.test/team', 'r.test/team/app', 'other.test', 'r.test/team'];

    const found = matchAuthKeys(new Map(keys.map((key) => [key, key])), { registry: 'r.test', path: 'team/app' });

    expect(found).toEqual(['r.test/team/app', 'r.test/team', '*.test/team', 'r.test', '*.test']);
  });
});

describe('plainAuthKey', () => {
  it.each([
    ['https://index.docker.io/v1/', 'index.docker.io'],
    ['http://r.test:5000', 'r.test:5000'],
    ['r.test/v2/team', 'r.test/team'],
    ['r.test/v2', 'r.test'],
    ['r.test/v2x', 'r.test/v2x'],
    ['r.test/team/v2', 'r.test/team/v2'],
  ])('of %s is %s', (key, expected) => {
    expect(plainAuthKey(key)).toBe(expected);
  });
});
