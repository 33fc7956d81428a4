import type { VerifyReport } from '../core/verify/verify-report.ts';
import type { Clock } from '../ports/clock.ts';
import type { StoredSpan, TraceStore } from '../ports/trace-store.ts';
import { BackgroundReads } from './background-reads.ts';

/** What one instance that drives a run reads of the trace store. */
export interface TraceReads {
  readonly store: TraceStore | undefined;
  /** Traces by service. */
  readonly spans: BackgroundReads<readonly (readonly StoredSpan[])[]>;
  /** What verify says about all that was switched. */
  readonly gate: BackgroundReads<VerifyReport>;
}

export function openTraceReads({ traces, clock }: { readonly traces: TraceStore | undefined; readonly clock: Clock }): TraceReads {
  return { store: traces, spans: new BackgroundReads(clock), gate: new BackgroundReads(clock) };
}

/** Ends what is under way. */
export function closeTraceReads({ spans, gate }: TraceReads): void {
  spans.close();
  gate.close();
}
