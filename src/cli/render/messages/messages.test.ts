import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findingText, findingTexts } from './finding-text.ts';
import { haltTexts } from './halt-text.ts';
import { reasonText, reasonTexts } from './reason-text.ts';
import type { Texts } from './say.ts';
import { skipHeading, skipText } from './skip-text.ts';

const source = readSources(['core', 'app']);

describe('texts', () => {
  it.each<[string, Texts, readonly RegExp[]]>([
    ['finding', findingTexts, [/id: '([a-z-]+)', severity/g, /refuse\('([a-z-]+)', \{/g, /problem: '([a-z-]+)'/g, /\(\{ id: '([a-z-]+)', service/g]],
    [
      'reason',
      reasonTexts,
      [/\{ id: '([a-z-]+)', params/g, /rolling\('([a-z-]+)'/g, /doomed\(pod, '([a-z-]+)'/g, /\? '(out-of-memory)' : '(container-crashed)'/g],
    ],
    ['halt', haltTexts, [/halt\('([a-z-]+)'/g, /\? '(rollback-failed)' : '(conflict)'/g]],
  ])('exist for every %s id the engine uses', (_kind, texts, patterns) => {
    const used = patterns.flatMap((pattern) => [...source.matchAll(pattern)].flatMap((match) => match.slice(1)));

    expect(used.length).toBeGreaterThan(2);
    expect([...new Set(used)].filter((id) => texts[id] === undefined)).toEqual([]);
  });

  it('show an id nobody knows with its parameters', () => {
    expect(findingText({ id: 'from-the-future', params: { path: '/a', count: 2 } })).toBe('from-the-future (path=/a, count=2)');
    expect(skipHeading('from-the-future')).toBe('from-the-future');
  });

  it('say what one pod says after the sentence about all of them', () => {
    const params = { ready: 1, wanted: 3, old: 2, detail: { pod: 'orders-5c9f', detail: 'app: running, not ready' } };

    expect(reasonText({ id: 'pods', params })).toBe('1 of 3 new pods Ready, 2 old left; app: running, not ready (pod orders-5c9f)');
  });

  it('explain a refusal at the last moment by its finding', () => {
    expect(reasonText({ id: 'blocked', params: { findings: ['push-denied'], repository: 'r.example/shop' } })).toBe(
      'the registry does not let us push to r.example/shop',
    );
    expect(reasonText({ id: 'blocked', params: { detail: 'exceeded quota' } })).toBe('the cluster refuses the change: exceeded quota');
  });

  it('let nothing foreign reach the terminal', () => {
    expect(reasonText({ id: 'admission', params: { detail: 'no\u001B[2J\nway' } })).toBe('the cluster refuses the new pods: no way');
  });

  it('add what is particular to a skip', () => {
    expect(skipText({ id: 'ambiguous-container', params: { candidates: ['app', 'worker'] } })).toBe(
      'more than one container could be meant (candidates app, worker)',
    );
    expect(skipText({ id: 'no-pods', params: {} })).toBe('no pods: nothing to read and nothing to judge by');
  });
});

function readSources(rooms: readonly string[]): string {
  const root = join(import.meta.dirname, '../../..');
  return rooms
    .flatMap((room) => readdirSync(join(root, room), { recursive: true, encoding: 'utf8' }).map((file) => join(root, room, file)))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
}
