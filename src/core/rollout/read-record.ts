import { z } from 'zod';
import { ChangeoverError } from '../error.ts';
import type { RunRecord, WorkloadRecord } from './run-record.ts';
import { isWorkloadState } from './workload-state.ts';

const count = z.int().min(0);
const time = z.iso.datetime();
const decision = z.looseObject({ seq: count, kind: z.string(), targets: z.array(z.string()), by: z.string(), at: time });

/** What the engine relies on; what else a record holds is kept as it is. */
const runSchema = z.looseObject({
  version: z.literal(1),
  name: z.string(),
  planHash: z.string(),
  policy: z.looseObject({}),
  clusterId: z.string(),
  epoch: count,
  phase: z.enum(['PREPARING', 'RUNNING', 'HALTED', 'PAUSED', 'ROLLING_BACK', 'COMPLETED', 'ABORTED']),
  batches: z.array(z.array(z.string())),
  decisions: z.array(decision),
  decided: count,
});

const workloadSchema = z.looseObject({
  version: z.literal(1),
  run: z.string(),
  item: z.looseObject({
    id: z.string(),
    uid: z.string(),
    container: z.string(),
    templateHash: z.string(),
    edits: z.array(z.looseObject({ kind: z.string() })),
  }),
  state: z.string().refine(isWorkloadState, 'is no state of a workload'),
  since: time,
  epoch: count,
  attempt: count,
  findings: z.array(z.looseObject({})),
});

/**
 * Reads a stored record; `target` names its object. A record that a hand has damaged is refused, never repaired by guess.
 * Errors: `refused` naming the field, `unsupported` for another version.
 */
export function readRecord(text: string, target: string): RunRecord | WorkloadRecord {
  const value = parseJson(text, target);
  const { version, item } = z
    .looseObject({ version: z.unknown().optional(), item: z.unknown().optional() })
    .catch({ version: undefined, item: undefined })
    .parse(value);
  if (typeof version === 'number' && version !== 1) {
    throw new ChangeoverError('unsupported', `the record is of version ${version}; this Changeover knows version 1`, {
      target,
      hint: 'Use the Changeover that wrote it.',
    });
  }
  const checked = (item === undefined ? runSchema : workloadSchema).safeParse(value);
  if (checked.success) return checked.data as unknown as RunRecord | WorkloadRecord;
  const [issue] = checked.error.issues;
  throw damaged(target, `${issue?.path.join('.') || 'record'}: ${issue?.message ?? ''}`);
}

function parseJson(text: string, target: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw damaged(target, error instanceof Error ? error.message : '');
  }
}

function damaged(target: string, detail: string): ChangeoverError {
  const hint = "Put back what it held: the run's local journal has every record as it was written. Until then nothing is changed.";
  return new ChangeoverError('refused', `the record was edited by hand and cannot be read (${detail})`, { target, hint });
}
