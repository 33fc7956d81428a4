import { describe, expect, it } from 'vitest';
import { deployment, record } from '../../../test/builders/rollout.ts';
import { MARKER, OUTCOME } from './marker.ts';
import { recover } from './recover.ts';

const ours = record('orders', { state: 'APPLY_INTENT' });

describe('recover', () => {
  it.each([
    ['nothing there', undefined, false, 'gone'],
    ['the same name with another uid', { ...deployment(ours, 'after'), metadata: { ...deployment(ours, 'after').metadata, uid: 'new' } }, true, 'gone'],
    ['our change with our marker', deployment(ours, 'after'), false, 'applied'],
    ['our claim on the old values', deployment(ours, 'before', { marker: 'claimed' }), false, 'claimed'],
    ['our claim on the old values, though our change was there', deployment(ours, 'before', { marker: 'claimed' }), true, 'reverted-by-others'],
    ['our marker, the old values back', deployment(ours, 'before', { marker: 'applied' }), true, 'reverted-by-others'],
    ['our marker beside a third image', deployment(ours, 'after', { image: 'registry.example.com/orders:2' }), true, 'conflict'],
    ['no marker, old values, never changed', deployment(ours, 'before'), false, 'untouched'],
    ['no marker, old values, once changed', deployment(ours, 'before'), true, 'reverted-by-others'],
    ['no marker, our values', deployment(ours, 'after', { marker: 'none' }), true, 'conflict'],
    ['our claim beside our values: the annotations were rolled back alone', deployment(ours, 'after', { marker: 'claimed' }), true, 'applied'],
  ] as const)('%s', (_what, object, everApplied, expected) => {
    expect(recover(object, ours, everApplied)).toBe(expected);
  });

  it('leaves alone what another run has marked', () => {
    expect(recover(deployment({ ...ours, run: 'other' }, 'after'), ours, true)).toBe('locked');
  });

  it('takes a marker that a hand has changed for a conflict', () => {
    const object = deployment(ours, 'after');

    expect(recover({ ...object, metadata: { ...object.metadata, annotations: { [MARKER]: '{' } } }, ours, true)).toBe('conflict');
  });

  it('knows its own rollback by the outcome, and only by that of this attempt', () => {
    const back = (intent: string) => {
      const object = deployment(ours, 'before');
      return { ...object, metadata: { ...object.metadata, annotations: { [OUTCOME]: JSON.stringify({ status: 'rolled-back', run: 'r', intent, at: '' }) } } };
    };

    expect(recover(back('r.1'), ours, true)).toBe('rolled-back');
    expect(recover(back('r.0'), ours, true)).toBe('reverted-by-others');
  });
});
