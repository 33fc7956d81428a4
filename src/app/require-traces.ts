import { ChangeoverError } from '../core/error.ts';
import type { Policy } from '../core/policy/policy.ts';
import type { TraceStore } from '../ports/trace-store.ts';

/**
 * Refuses a plan, or the start of a run, whose policy needs a trace store that cannot be read: found out later it would
 * halt every batch. Errors: those of `TraceStore`.
 */
export async function requireTraces(traces: TraceStore | undefined, policy: Policy, signal?: AbortSignal): Promise<void> {
  if (!traces || (policy.proof !== 'spans' && !policy.verify.gate)) return;
  try {
    await traces.services(signal);
  } catch (error) {
    if (!(error instanceof ChangeoverError) || error.code === 'aborted') throw error;
    const needs = policy.proof === 'spans' ? 'spec.proof: spans' : 'spec.verify.gate';
    const hint = `${error.hint ?? ''} ${needs} needs the trace store of spec.verify.jaeger before anything is changed.`.trim();
    throw new ChangeoverError(error.code, error.message, { ...(error.target === undefined ? {} : { target: error.target }), hint, cause: error });
  }
}
