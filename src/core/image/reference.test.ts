import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatReference, parseImageReference, repositoryName } from './reference.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('parseImageReference', () => {
  it.each([
    ['nginx', { repository: { registry: 'docker.io', path: 'library/nginx' } }],
    ['nginx:1.27', { repository: { registry: 'docker.io', path: 'library/nginx' }, tag: '1.27' }],
    ['team/app', { repository: { registry: 'docker.io', path: 'team/app' } }],
    ['docker.io/nginx', { repository: { registry: 'docker.io', path: 'library/nginx' } }],
    ['index.docker.io/library/nginx:1', { repository: { registry: 'docker.io', path: 'library/nginx' }, tag: '1' }],
    ['localhost/app', { repository: { registry: 'localhost', path: 'app' } }],
    ['localhost:5000/app:v1', { repository: { registry: 'localhost:5000', path: 'app' }, tag: 'v1' }],
    ['registry:5000/app', { repository: { registry: 'registry:5000', path: 'app' } }],
    ['app:5000', { repository: { registry: 'docker.io', path: 'library/app' }, tag: '5000' }],
    ['[::1]:5000/app:v1', { repository: { registry: '[::1]:5000', path: 'app' }, tag: 'v1' }],
    ['Registry/app', { repository: { registry: 'Registry', path: 'app' } }],
    [`r.example.com/a/b__c/d--e:v1_x@${DIGEST}`, { repository: { registry: 'r.example.com', path: 'a/b__c/d--e' }, tag: 'v1_x', digest: DIGEST }],
    [`nginx@${DIGEST}`, { repository: { registry: 'docker.io', path: 'library/nginx' }, digest: DIGEST }],
  ])('reads %s', (text, expected) => {
    expect(parseImageReference(text)).toEqual(expected);
  });

  it.each([
    '',
    ':tag',
    'app:',
    'app@',
    'app/',
    '/app',
    'r.example.com/',
    'r.example.com/App',
    'r.example.com/a//b',
    'team/app_',
    'app:ta g',
    'app:-x',
    `app:${'x'.repeat(129)}`,
    'app@sha256:abc',
    `app@sha256:${'A'.repeat(64)}`,
    `app@${DIGEST}:tag`,
    'a'.repeat(64),
    'https://r.example.com/app',
    'app name',
    'app:1\n',
    `r.example.com/${'x'.repeat(256)}`,
  ])('refuses %j and names it', (text) => {
    expect(() => parseImageReference(text)).toThrow(expect.objectContaining({ code: 'usage', target: text }));
  });
});

describe('formatReference', () => {
  it('always names the registry', () => {
    const text = formatReference(parseImageReference(`nginx:1@${DIGEST}`));

    expect(text).toBe(`docker.io/library/nginx:1@${DIGEST}`);
  });

  it('is the inverse of parsing', () => {
    const component = fc.stringMatching(/^[a-z0-9]{1,5}(?:[._-][a-z0-9]{1,5}){0,2}$/);
    const reference = fc.record({
      repository: fc.record({
        registry: fc.constantFrom('docker.io', 'localhost', 'r.example.com', 'r.example.com:5000', 'host:1'),
        path: fc.array(component, { minLength: 2, maxLength: 4 }).map((parts) => parts.join('/')),
      }),
      tag: fc.option(fc.stringMatching(/^\w[\w.-]{0,20}$/), { nil: undefined }),
      digest: fc.constantFrom(undefined, DIGEST),
    });

    fc.assert(
      fc.property(reference, ({ repository, tag, digest }) => {
        const value = { repository, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };

        expect(parseImageReference(formatReference(value))).toEqual(value);
        expect(parseImageReference(repositoryName(repository)).repository).toEqual(repository);
      }),
    );
  });
});

describe('repositoryName', () => {
  it.each([
    ['nginx', 'nginx'],
    ['docker.io/library/nginx', 'nginx'],
    ['team/app', 'team/app'],
    ['docker.io/my.team/app', 'docker.io/my.team/app'],
    ['localhost:5000/app', 'localhost:5000/app'],
  ])('writes %s as %s', (text, expected) => {
    expect(repositoryName(parseImageReference(text).repository)).toBe(expected);
  });
});
