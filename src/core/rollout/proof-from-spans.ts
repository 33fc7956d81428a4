import type { JudgedSpan } from '../verify/judge-trace.ts';
import { podsSeen } from '../verify/pods-seen.ts';
import type { ProofState } from './observation.ts';

/** What a trace store answered about the service of a pod. */
export interface SpanAnswer {
  /** When it was asked; milliseconds since the epoch. */
  readonly at: number;
  readonly spans: readonly JudgedSpan[];
  /** Why it could not answer. */
  readonly detail?: string;
}

/** The new agent must have sent a span within this time of the container's start, or until the soak ends where that is later. */
const PROOF_MS = 60_000;

/**
 * What the spans of a service prove about one pod: a span that names the pod, began after its container started and was
 * made by an OpenTelemetry SDK (its resource says so). Segments of the old agent that a tee converted name the pod too,
 * and prove nothing. `startedMs` undefined = the container does not run.
 */
export function proofFromSpans(answer: SpanAnswer | undefined, pod: string, startedMs: number | undefined): ProofState {
  if (!answer || startedMs === undefined) return { kind: 'none', expired: false };
  const own = answer.spans.filter((span) => span.startMs >= startedMs && isOfSdk(span));
  const workload = { id: '', switched: true, countsFromMs: 0, readyPods: [{ name: pod, sinceMs: 0 }] };
  if (podsSeen([workload], own).seen.length > 0) return { kind: 'target', line: '' };
  const detail = answer.detail === undefined ? {} : { detail: answer.detail };
  return { kind: 'none', expired: answer.at - startedMs > PROOF_MS, askedAt: answer.at, ...detail };
}

/** Set by every OpenTelemetry SDK and agent on the resource (semantic conventions, `telemetry.*`); `sw8.segment_id` is the Collector's on a converted segment. */
function isOfSdk({ resource, attributes }: JudgedSpan): boolean {
  if (attributes['sw8.segment_id'] !== undefined) return false;
  return resource['telemetry.sdk.name'] === 'opentelemetry' || resource['telemetry.distro.name'] !== undefined;
}
