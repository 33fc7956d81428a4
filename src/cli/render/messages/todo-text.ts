import type { Todo } from '../../../core/rollout/report.ts';
import { assertNever } from '../../../core/error.ts';
import { findingText } from './finding-text.ts';
import { skipText } from './skip-text.ts';

/** What is left for a person to do about a workload, in words. */
export function todoText(todo: Todo): string {
  switch (todo.kind) {
    case 'finding':
      return findingText(todo);
    case 'skip':
      return `${skipText(todo)}${fixOf(skipFixes, todo.id)}`;
    case 'state':
      return fixOf(stateFixes, todo.id).slice(2) || todo.id;
    default:
      return assertNever(todo.kind);
  }
}

function fixOf(fixes: { readonly [id: string]: string }, id: string): string {
  return Object.hasOwn(fixes, id) ? `; ${fixes[id]}` : '';
}

const skipFixes: { readonly [id: string]: string } = {
  'ambiguous-container': 'say which with select.container in the policy, then plan anew',
  'multiple-digests': 'redeploy it so that all its pods run one image, then plan anew',
  'unhealthy-before': 'make it healthy, then plan anew',
  paused: 'end its pause (kubectl rollout resume), then plan anew',
  'owner-reverts': "change it in its owner's repository (changeover convert)",
  blocked: 'mend what the finding names or allow it, then plan anew',
  stale: 'plan anew',
  locked: 'finish or roll back the other run, then plan anew',
  deferred: 'it is looked at once it has pods',
};

const stateFixes: { readonly [id: string]: string } = {
  ROLLED_BACK: 'it runs as before; mend the cause, then retry it or plan anew',
  RB_FAILED: 'it could not be put back: look at it now, then `changeover rollback` again or the script of `changeover undo --print`',
  INCONCLUSIVE: 'it runs the new agent and was not proven well: look at it, then retry it or roll it back',
  REGRESSED: 'it crashed after it was migrated well: find out why, then roll it back or leave it',
  CONFLICT: 'its fields hold neither what was there nor what the run wrote: put them right by hand (changeover undo --print says what was there)',
  DEFERRED_ZERO: 'it was changed and has had no pods since: look at it when it is scaled up',
  DEFERRED_VERIFY: 'it was changed and has not run since: look at its next run',
  EXT_CHANGED: 'somebody changed it after the run: see what it runs, then plan anew',
};
