import type { KubeObject } from '../../../src/core/workload/kube-object.ts';
import { conditionOf } from '../../../src/adapters/simulated/object-parts.ts';
import type { AcceptedWrite } from './audit-log.ts';

interface Life {
  readonly app: string;
  readonly intent: string;
  /** Stretches of being Ready, in milliseconds since the epoch; the last one may be open. */
  readonly ready: { readonly from: number; to?: number }[];
  gone: boolean;
}

/** When each pod of a change was Ready, as the nodes reported it. */
export class PodHistory {
  readonly #lives = new Map<string, Life>();

  record({ object, kind, at }: AcceptedWrite): void {
    if (object.kind !== 'Pod') return;
    const life = this.#lifeOf(object);
    const last = life.ready.at(-1);
    const ready = kind !== 'deleted' && conditionOf(object, 'Ready')?.['status'] === 'True';
    if (ready && (last === undefined || last.to !== undefined)) life.ready.push({ from: at });
    if (!ready && last && last.to === undefined) last.to = at;
    if (kind === 'deleted' || object.metadata.deletionTimestamp !== undefined) life.gone = true;
  }

  /** The longest time a pod of the change was Ready without a break, up to now or shortly before. Milliseconds. */
  longestReady(app: string, intent: string, now: number, toleranceMs: number): number {
    const times = [...this.#lives.values()]
      .filter((life) => life.app === app && life.intent === intent)
      .flatMap((life) => life.ready.filter(({ to }) => to === undefined || now - to <= toleranceMs).map(({ from, to }) => (to ?? now) - from));
    return Math.max(0, ...times);
  }

  /** Whether every live pod of the change has been Ready for so long. */
  allReadyFor(app: string, intent: string, now: number, ms: number): boolean {
    const live = [...this.#lives.values()].filter((life) => life.app === app && life.intent === intent && !life.gone);
    return live.every(({ ready }) => {
      const last = ready.at(-1);
      return last !== undefined && last.to === undefined && now - last.from >= ms;
    });
  }

  #lifeOf(pod: KubeObject): Life {
    const uid = pod.metadata.uid ?? '';
    const known = this.#lives.get(uid);
    if (known) return known;
    const life: Life = { app: pod.metadata.labels?.['app'] ?? '', intent: pod.metadata.annotations?.['changeover.dev/intent'] ?? '', ready: [], gone: false };
    this.#lives.set(uid, life);
    return life;
  }
}
