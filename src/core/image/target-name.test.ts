import { describe, expect, it } from 'vitest';
import { formatReference, parseImageReference } from './reference.ts';
import { agentRepository, hash8, originalTag, targetReference } from './target-name.ts';

const DIGEST = `sha256:0123456789abcdef${'0'.repeat(48)}`;

describe('hash8', () => {
  it('is the same for equal edits and another for others', () => {
    const input = { sourceDigest: 'sha256:a', agentLayerDigest: 'sha256:b', edits: { env: { A: '1', B: '2' } } };

    expect(hash8(input)).toMatchInlineSnapshot(`"ed33bb69"`);
    expect(hash8({ ...input, edits: { env: { B: '2', A: '1' } } })).toBe(hash8(input));
    expect(hash8({ ...input, edits: { env: { A: '1', B: '3' } } })).not.toBe(hash8(input));
    expect(hash8({ ...input, sourceDigest: 'sha256:c' })).not.toBe(hash8(input));
    expect(hash8({ ...input, agentLayerDigest: 'sha256:c' })).not.toBe(hash8(input));
  });
});

describe('targetReference', () => {
  it.each([
    ['{repository}:{tag}-otel-{hash8}', 'r.example.com:5000/team/app:1.2', 'r.example.com:5000/team/app:1.2-otel-1a2b3c4d'],
    ['{repository}:{tag}-otel-{hash8}', 'nginx', 'docker.io/library/nginx:latest-otel-1a2b3c4d'],
    ['{repository}:{tag}-otel-{hash8}', `r.example.com/app@${DIGEST}`, 'r.example.com/app:sha256-0123456789ab-otel-1a2b3c4d'],
    ['{repository}:{tag}-otel-{hash8}', `r.example.com/app:v1@${DIGEST}`, 'r.example.com/app:v1-otel-1a2b3c4d'],
    ['mirror.example.com/{path}-otel:{hash8}', 'r.example.com/team/app:1', 'mirror.example.com/team/app-otel:1a2b3c4d'],
    ['{registry}/otel/{path}:{tag}', 'r.example.com/team/app:1', 'r.example.com/otel/team/app:1'],
    ['{repository}:{tag}-otel-{hash8}', `r.example.com/app:${'t'.repeat(128)}`, `r.example.com/app:${'t'.repeat(114)}-otel-1a2b3c4d`],
  ])('fills %s for %s', (template, source, expected) => {
    const target = targetReference(template, { source: parseImageReference(source), hash8: '1a2b3c4d' });

    expect(formatReference(target)).toBe(expected);
  });

  it.each([
    '{repository}',
    '{repository}:{tga}',
    '{repository}:{toString}',
    '{repository}:{tag}@{hash8}',
    '{repository}:{tag} ',
    `{repository}:{tag}@${DIGEST}`,
    ':{tag}',
  ])('throws invalid-file for %j', (template) => {
    const source = parseImageReference('r.example.com/app:1');

    expect(() => targetReference(template, { source, hash8: '1a2b3c4d' })).toThrow(expect.objectContaining({ code: 'invalid-file', target: 'spec.image.to' }));
  });
});

describe('originalTag', () => {
  it.each([
    ['{repository}:{tag}-otel-{hash8}', '1.2-otel-0123abcd', '1.2'],
    ['{repository}:{tag}-otel-{hash8}', '1.2-otel-1-otel-0123abcd', '1.2-otel-1'],
    ['{repository}:{tag}-otel-{hash8}', '1.2-otel-0123abcx', '1.2-otel-0123abcx'],
    ['{repository}:v.{tag}', 'v.1', '1'],
    ['{repository}:v.{tag}', 'v_1', 'v_1'],
    ['r.example.com:5000/{path}:{hash8}', '0123abcd', '0123abcd'],
    ['{repository}:{other}{tag}', '1.2', '1.2'],
  ])('%s made %s of %s', (template, tag, expected) => {
    expect(originalTag(template, tag)).toBe(expected);
  });
});

describe('agentRepository', () => {
  it('is next to the source, on the same registry', () => {
    const { repository } = parseImageReference('r.example.com:5000/team/app:1');

    expect(agentRepository('{registry}/changeover/agent', repository)).toEqual({ registry: 'r.example.com:5000', path: 'changeover/agent' });
    expect(agentRepository('{repository}/agent', repository)).toEqual({ registry: 'r.example.com:5000', path: 'team/app/agent' });
  });

  it.each(['{registry}/agent:1', '{registry}/{tag}', '{registry}/'])('throws invalid-file for %s', (template) => {
    const { repository } = parseImageReference('r.example.com/app');

    expect(() => agentRepository(template, repository)).toThrow(expect.objectContaining({ code: 'invalid-file', target: 'spec.image.agentRepository' }));
  });
});
