import { judgePod } from '../rollout/pod-verdict.ts';
import type { Reason } from '../rollout/run-record.ts';
import { viewPod } from '../workload/pod-view.ts';
import type { KubeObject } from '../workload/kube-object.ts';

/** What a probe's pod shows. `unproven` = something besides the change kept it from telling. */
export type BootVerdict =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed'; readonly reason: Reason }
  | { readonly kind: 'unproven'; readonly because: string; readonly detail: string }
  | { readonly kind: 'wait'; readonly because: string; readonly detail: string };

/** Trouble of the environment that may pass before the probe's time is up. */
const passing = new Set(['Unschedulable', 'ImagePull']);

/** Judges a pod of a boot probe by its one container; sidecars that somebody injects do not count. Pure. */
export function judgeBoot(pod: KubeObject | undefined, container: string): BootVerdict {
  if (!pod) return { kind: 'unproven', because: 'pod-gone', detail: '' };
  const view = viewPod(pod);
  const state = view.containers.find((each) => each.name === container);
  if (state?.terminated?.exitCode === 0) return { kind: 'passed' };
  if (view.reason === 'DeadlineExceeded') return { kind: 'unproven', because: 'too-slow', detail: '' };
  const verdict = judgePod(view, container, 0);
  switch (verdict.kind) {
    case 'doomed':
      return { kind: 'failed', reason: verdict.reason };
    case 'infra': {
      const { what, detail } = verdict.reason.params;
      const found = { because: text(what), detail: text(detail) };
      return passing.has(found.because) ? { kind: 'wait', ...found } : { kind: 'unproven', ...found };
    }
    default:
      return { kind: 'wait', because: 'too-slow', detail: '' };
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
