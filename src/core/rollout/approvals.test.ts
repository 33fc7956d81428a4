import { describe, expect, it } from 'vitest';
import { item } from '../../../test/builders/rollout.ts';
import { approvalSlices, type Approval } from './approvals.ts';

const plan = { hash: 'h', items: [item('a', { team: 'shop' }), item('b', { team: 'shop' }), item('c', { team: 'pay' }), item('d')] };
const approval = (by: string, overrides: Partial<Approval> = {}): Approval => ({ by, at: '2026-03-02T12:00:00Z', planHash: 'h', ...overrides });
const missing = (...args: Parameters<typeof approvalSlices>): readonly (readonly [string | undefined, number])[] =>
  approvalSlices(...args).map((slice) => [slice.owner, slice.missing]);

describe('approvalSlices', () => {
  it('asks for nothing by default', () => {
    expect(missing(plan, { perOwner: false, min: 0 }, [])).toEqual([[undefined, 0]]);
  });

  it('counts every person once for the plan as a whole', () => {
    expect(missing(plan, { perOwner: false, min: 2 }, [approval('ada'), approval('ada')])).toEqual([[undefined, 1]]);
    expect(missing(plan, { perOwner: false, min: 2 }, [approval('ada'), approval('bob')])).toEqual([[undefined, 0]]);
  });

  it('asks every owner, and takes no word for another slice', () => {
    const given = [approval('ada', { owner: 'shop' }), approval('bob')];

    expect(missing(plan, { perOwner: true, min: 0 }, given)).toEqual([
      ['pay', 1],
      ['shop', 0],
      [undefined, 0],
    ]);
  });

  it('does not count an approval of another plan', () => {
    expect(missing(plan, { perOwner: false, min: 1 }, [approval('ada', { planHash: 'older' })])).toEqual([[undefined, 1]]);
  });
});
