import { finalPath } from '../agents/agent-jar.ts';
import { editContainer } from '../workload/edit-container.ts';
import { refuse, type DeliveryQuestion, type Refusal } from './delivery.ts';
import { mountOver } from './old-place.ts';
import type { OptionsRemoved } from './remove-options.ts';

/** What becomes of ENTRYPOINT and CMD; left out = they stay. */
export interface StartCommand {
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
}

/** ENTRYPOINT and CMD: those without the old options, as the arguments of the policy's start command where there is one. */
export function startCommand(question: DeliveryQuestion, removed: OptionsRemoved): StartCommand {
  const { config } = question.facts;
  const { entrypoint: given } = question.policy.image;
  const { entrypoint, cmd } = removed;
  if (!given) return { ...(entrypoint ? { entrypoint } : {}), ...(cmd ? { cmd } : {}) };
  const old = entrypoint ?? config.entrypoint;
  // `args` of the pod take CMD's place: ENTRYPOINT is then where the old one is safe from them.
  if (question.container.args?.length) return { entrypoint: [...given, ...old], ...(cmd ? { cmd } : {}) };
  return { entrypoint: given, cmd: [...old, ...(cmd ?? config.cmd)] };
}

/** Why the container would not start as it is meant to: a program that is not there, a script that is covered, a command that is empty. */
export function startProblem(question: DeliveryQuestion, removed: OptionsRemoved, start: StartCommand): Refusal | undefined {
  const { facts, policy, container } = question;
  const [program = ''] = policy.image.entrypoint ?? [];
  const isOurs = Object.keys(question.files).some((name) => program === `${policy.to.home}/files/${name}`);
  if (program.startsWith('/') && facts.files && !isOurs && finalPath(facts.files, program) === undefined)
    return refuse('entrypoint-not-in-image', { path: program });
  const covered = mountOver(question, [...removed.texts.keys()]);
  if (covered) return refuse('mounted-over', covered);
  // Without any `args` the image's CMD would come into force.
  const isEmptied = Boolean(container.args?.length) && !editContainer(container, removed.podEdits).args?.length;
  const hidden = start.cmd ?? facts.config.cmd;
  return isEmptied && !hasCommand(question) && hidden.length > 0 ? refuse('command-would-be-empty', {}) : undefined;
}

/** Whether the pod sets `command`, and so hides ENTRYPOINT and CMD. */
export function hasCommand({ container }: DeliveryQuestion): boolean {
  return Boolean(container.command?.length);
}
