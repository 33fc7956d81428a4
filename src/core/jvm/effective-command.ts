import type { ImageConfig } from '../image/image-facts.ts';
import type { Container } from '../workload/workload.ts';
import { referenceValue, type EffectiveEnv } from './effective-env.ts';
import type { CarrierSource } from './jvm-option.ts';
import { expandReferences } from './expand-references.ts';
import type { Origin } from './option-origin.ts';
import { unmapped } from './token.ts';

/** One element of the command line a container starts. */
export interface Argument {
  readonly text: string;
  readonly origin: Origin;
}

/**
 * The command line of a container: `command` hides ENTRYPOINT and CMD, `args` hides CMD. `$(NAME)` in pod fields is expanded
 * with the pod's variables (image ENV is unknown to the kubelet). Empty when the image config is needed and not known.
 */
export function effectiveCommand(container: Container, image: ImageConfig | undefined, env: EffectiveEnv): readonly Argument[] {
  const fromPod = (texts: readonly string[], kind: 'pod-command' | 'pod-args'): readonly Argument[] =>
    texts.map((raw, element) => podArgument(raw, { kind, element, env }));
  const fromImage = (texts: readonly string[], kind: 'image-entrypoint' | 'image-cmd'): readonly Argument[] =>
    texts.map((text, element) => ({ text, origin: listOrigin({ kind }, element, { ...unmapped(text), references: [] }) }));
  const command = container.command ?? [];
  const args = fromPod(container.args ?? [], 'pod-args');
  if (command.length > 0) return [...fromPod(command, 'pod-command'), ...args];
  if (!image) return [];
  return [...fromImage(image.entrypoint, 'image-entrypoint'), ...(args.length > 0 ? args : fromImage(image.cmd, 'image-cmd'))];
}

function podArgument(raw: string, place: { readonly kind: 'pod-command' | 'pod-args'; readonly element: number; readonly env: EffectiveEnv }): Argument {
  const lookup = (name: string): ReturnType<typeof referenceValue> => {
    const variable = place.env.variables.get(name);
    return variable?.source.kind.startsWith('pod-') ? referenceValue(variable) : undefined;
  };
  const expanded = expandReferences(raw, lookup);
  return { text: expanded.text, origin: listOrigin({ kind: place.kind }, place.element, expanded) };
}

function listOrigin(source: CarrierSource, element: number, mapped: NonNullable<Origin['mapped']>): Origin {
  return { carrier: 'args', source, syntax: 'literal', element, mapped };
}
