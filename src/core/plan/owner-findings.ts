import type { Finding } from '../finding.ts';
import { ownerOf } from './owner-team.ts';
import type { Owner } from './plan.ts';

/** What is to be known of an owner that lets a direct change stand: when it will be undone, and who else edits the template. */
export function ownerFindings(owner: Owner): readonly Finding[] {
  const syncs: Finding[] =
    owner.reverts === 'no' ? [{ id: 'owner-may-revert', severity: 'warn', params: { owner: ownerOf(owner), because: owner.because ?? '' } }] : [];
  const reloads: Finding[] = owner.reloader ? [{ id: 'reloader-edits', severity: 'info', params: {} }] : [];
  return [...syncs, ...reloads];
}
