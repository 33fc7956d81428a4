import { assertNever, ChangeoverError } from '../error.ts';
import { quote } from '../shell-quote.ts';
import type { Edit } from '../workload/edit.ts';
import { findKind } from '../workload/kinds/kind-of.ts';
import type { UndoStep } from './undo-step.ts';

/** The way back of a run, or of a part of it, as its workloads stand now. */
export interface Undo {
  readonly run: string;
  readonly server: string;
  /** RFC 3339: when the workloads were read. */
  readonly at: string;
  /** The last ones changed come first. */
  readonly steps: readonly UndoStep[];
}

/** The shell script that puts a run back with kubectl alone: POSIX sh, one `kubectl patch` per workload, the first failure stops it. */
export function formatUndoScript(undo: Undo): string {
  const byHand = undo.steps.filter((step) => step.kind === 'by-hand');
  const sections = [header(undo), functions, ...undo.steps.map((step) => formatStep(step, undo.run)), ending(byHand.map((step) => step.id))];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function header({ run, server, at }: Undo): readonly string[] {
  return [
    '#!/bin/sh',
    `# Puts back what run ${printable(run)} changed on ${printable(server)}. Needs kubectl, and nothing of Changeover.`,
    `# Printed at ${printable(at)} from the marker of each workload. It holds their values: keep it to those who may read them.`,
    '#',
    '#   sh FILE                       the cluster of KUBECONFIG and its current context',
    '#   UNDO_CONTEXT=prod sh FILE     another context',
    '#   UNDO_WAIT=10m sh FILE         waits for each rollout, at most so long, before the next workload is touched',
    '#',
    '# Every patch tests uid, marker and values first: on another cluster, or where somebody wrote in between, it changes',
    '# nothing and the script stops. Run again, it goes on with what is not put back yet.',
  ];
}

const functions: readonly string[] = [
  'set -u',
  'put_back=0',
  "command -v kubectl >/dev/null || { echo 'stopped: kubectl was not found; put it in PATH' >&2; exit 1; }",
  'kubectl() { command kubectl ${UNDO_CONTEXT:+--context="$UNDO_CONTEXT"} "$@"; }',
  'stop() {',
  `  printf 'stopped at %s, for the reason above: %s put back, nothing after it was touched.\\n' "$1" "$put_back" >&2`,
  "  echo 'If the request was called invalid, somebody changed the workload after this was printed: print a new script. Else mend it and run this again.' >&2",
  '  exit 1',
  '}',
  '# True while the marker of a run stands on the workload.',
  'is_changed() {',
  `  marker=$(kubectl get "$2" -n "$1" --ignore-not-found -o 'jsonpath={.metadata.annotations.changeover\\.dev/marker}') || stop "$1 $2"`,
  '  [ -n "$marker" ] && return',
  `  printf '%s in %s: put back already, or deleted\\n' "$2" "$1"`,
  '  return 1',
  '}',
  'count() { put_back=$((put_back + 1)); }',
  'settle() {',
  '  count',
  '  [ -z "${UNDO_WAIT-}" ] || kubectl rollout status "$2" -n "$1" --timeout="$UNDO_WAIT"',
  '}',
];

function formatStep(step: UndoStep, run: string): readonly string[] {
  switch (step.kind) {
    case 'restore':
      return [`# ${printable(step.id)}`, ...stuckNote(step.id), ...command(step)];
    case 'release':
      return [`# ${printable(step.id)}: its fields are as they were before the run; only the marker goes (no restart)`, ...command(step)];
    case 'nothing':
      return [`# ${printable(step.id)}: ${nothingText(step, run)}`];
    case 'by-hand':
      return [`# ${printable(step.id)}: NOT PUT BACK. ${handTexts[step.why]}`, ...step.edits.map((edit) => `#   ${printable(originalText(edit))}`)];
    default:
      return assertNever(step);
  }
}

/** Kinds of which `kubectl rollout status` can tell when they are done. */
function canWait(kind: string): boolean {
  return ['Deployment', 'StatefulSet', 'DaemonSet'].includes(kind);
}

/** The script deletes nothing: a person is told what the engine would have done. */
function stuckNote(id: string): readonly string[] {
  if (id.split('/')[1] !== 'StatefulSet') return [];
  return ['# A pod of the new template that is not Ready holds this up for ever (kubernetes/kubernetes#67250): delete it with `kubectl delete pod`.'];
}

function command({ id, ops }: UndoStep & { readonly kind: 'restore' | 'release' }): readonly string[] {
  const [namespace = '', kind = '', name = ''] = id.split('/');
  const resource = findKind(kind)?.resource;
  if (!resource)
    throw new ChangeoverError('unsupported', `${kind} is not a kind of workload that this version knows`, {
      target: id,
      hint: 'Use the version that made the run.',
    });
  const where = quote(namespace);
  const what = quote(`${resource.plural}.${resource.apiVersion.split('/')[0]}/${name}`);
  const patch = `kubectl patch ${what} -n ${where} --type=json --field-manager=changeover -p ${quote(JSON.stringify(ops))}`;
  return [`if is_changed ${where} ${what}; then`, `  ${patch} && ${canWait(kind) ? `settle ${where} ${what}` : 'count'} || stop ${quote(id)}`, 'fi'];
}

function nothingText(step: UndoStep & { readonly kind: 'nothing' }, run: string): string {
  switch (step.why) {
    case 'never-changed':
      return 'never changed by this run';
    case 'put-back':
      return 'put back already';
    case 'marker-gone':
      return `the marker of run ${printable(run)} is gone: it was put back, or somebody took the annotation off; nothing can be told from the workload itself`;
    case 'gone':
      return 'deleted, or deleted and created anew, since the run';
    case 'other-run':
      return `another run holds it now: changeover undo --print --run ${printable(step.run ?? '')}`;
    default:
      return assertNever(step.why);
  }
}

const handTexts: { readonly [why in (UndoStep & { readonly kind: 'by-hand' })['why']]: string } = {
  unreadable: 'Its marker annotation was changed by hand. What was there before the run:',
  conflict: 'Its fields hold neither what was there before the run nor what the run wrote. What was there before:',
};

function originalText(edit: Edit): string {
  if (edit.kind === 'image') return `image of container ${edit.container}: ${edit.before}`;
  if (edit.kind === 'args') return `${edit.field}[${edit.index}] of container ${edit.container}: ${edit.before}`;
  return `variable ${edit.name} of container ${edit.container}: ${edit.before === null ? 'absent' : JSON.stringify(edit.before)}`;
}

function ending(byHand: readonly string[]): readonly string[] {
  const done = `printf 'done: %s put back\\n' "$put_back"`;
  if (byHand.length === 0) return [done];
  return [
    done,
    `echo ${quote(`NOT put back, a person must look: ${byHand.map((id) => printable(id)).join(', ')}; the comments of this script say what was there`)} >&2`,
    'exit 3',
  ];
}

/** One line of a comment: nothing foreign may end it, or move the cursor of whoever reads it. */
function printable(text: string): string {
  return text.replaceAll(/\s/g, ' ').replaceAll(/[\p{Cc}\u202A-\u202E\u2066-\u2069]/gu, '');
}
