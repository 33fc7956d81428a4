import { enter } from '../../core/rollout/decide.ts';
import { restoreOps } from '../../core/rollout/canary.ts';
import { MARKER, readMarker } from '../../core/rollout/marker.ts';
import { canaryEndPatch } from '../../core/rollout/patches.ts';
import { isTerminal } from '../../core/rollout/workload-state.ts';
import { workloadRef } from '../resources.ts';
import { persist, recordOf, type Session } from '../session.ts';
import { tryPatch } from './claim.ts';

/**
 * Ends a canary: strategy and minReadySeconds as they were before us, whereupon the controller rolls on. Of a workload that
 * ended in another way (undone by hand, held and accepted) the same fields are put back, and nothing else is touched.
 */
export async function promote(session: Session, id: string): Promise<void> {
  const record = recordOf(session, id);
  const object = await session.ports.cluster.get(workloadRef(id), session.signal);
  const marker = object && readMarker(object);
  const ours = marker === undefined || (marker !== 'unreadable' && marker.run === record.run);
  if (object && object.metadata.uid === record.item.uid && ours && restoreOps(object, record.shape?.canary).length > 0) {
    const patch = canaryEndPatch(object, object.metadata.annotations?.[MARKER], record.shape?.canary);
    // A failed test = somebody wrote in between: the next round reads again and decides anew.
    if (!(await tryPatch(session, id, patch))) return;
  }
  const { canary: _canary, ...closed } = record;
  const now = session.ports.clock.now();
  const rolling = (): typeof record => ({ ...enter(closed, 'ROLLING', now), rolloutStartedAt: new Date(now).toISOString() });
  await persist(session, isTerminal(record.state) ? closed : rolling());
}
