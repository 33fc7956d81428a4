import { hashJson } from '../hash-json.ts';
import { jsonEqual } from '../json.ts';
import type { Edit } from '../workload/edit.ts';
import type { KubeObject } from '../workload/kube-object.ts';
import { containers, podSpec, podTemplate } from '../workload/pod-template.ts';
import { isSealed } from '../workload/seal-edits.ts';
import type { Container } from '../workload/workload.ts';
import type { WorkloadRecord } from './run-record.ts';

/** The edits as the API server stored them, or will: admission may write other values than we sent. */
export function writtenEdits(record: WorkloadRecord): readonly Edit[] {
  return record.written ?? record.item.edits;
}

/** Exact edits with the values that admission is known to write in place of ours. */
export function withWritten(exact: readonly Edit[], written: WorkloadRecord['written']): readonly Edit[] {
  return exact.map((edit, index) => {
    const known = written?.[index];
    return known && !isSealed(known) ? known : edit;
  });
}

/**
 * The edits with the values an API server's answer holds as their `after`; the same array where it stored what we sent.
 * Or the field whose way back would not be exact: admission undid the change, or rewrote a list or a masked value.
 */
export function answeredEdits(answer: KubeObject, edits: readonly Edit[]): readonly Edit[] | { readonly field: string } {
  const list = containers(podSpec(podTemplate(answer)));
  const answered: Edit[] = [];
  for (const edit of edits) {
    const container = list.find((each) => each.name === edit.container);
    const found = container && answeredEdit(container, edit);
    if (!found) return { field: fieldOf(edit) };
    answered.push(found);
  }
  return answered.every((edit, index) => edit === edits[index]) ? edits : answered;
}

function answeredEdit(container: Container, edit: Edit): Edit | undefined {
  if (edit.kind === 'args') return hashJson(container[edit.field] ?? []) === edit.list.after ? edit : undefined;
  if (edit.kind === 'image') {
    const { image } = container;
    return image === edit.after ? edit : image === edit.before ? undefined : { ...edit, after: image };
  }
  const current = container.env?.findLast((each) => each.name === edit.name) ?? null;
  if (edit.sealed) return hashJson(current) === edit.sealed.after ? edit : undefined;
  if (jsonEqual(current, edit.after)) return edit;
  return jsonEqual(current, edit.before) ? undefined : { ...edit, after: current };
}

function fieldOf(edit: Edit): string {
  return `${edit.container}: ${edit.kind === 'image' ? 'image' : edit.kind === 'env' ? `env ${edit.name}` : edit.field}`;
}
