import { hashJson } from '../hash-json.ts';
import type { Edit } from '../workload/edit.ts';
import type { CanaryShape } from './canary.ts';
import { ANNOTATION_PREFIX } from '../workload/pod-template.ts';
import type { KubeObject } from '../workload/kube-object.ts';

export const MARKER = `${ANNOTATION_PREFIX}marker`;
export const RUN = `${ANNOTATION_PREFIX}run`;
export const OUTCOME = `${ANNOTATION_PREFIX}outcome`;
export const INTENT = `${ANNOTATION_PREFIX}intent`;

/** What was there around our fields before us; a rollback restores absence as well as values. */
export interface Shape {
  readonly noTemplateAnnotations: boolean;
  /** The intent of an earlier, finished run, which the pod template still carried. */
  readonly earlierIntent?: string;
  readonly noAnnotations: boolean;
  /** Containers whose `env` list we created. */
  readonly noEnv: readonly string[];
  /** Set where the change begins with one pod. */
  readonly canary?: CanaryShape;
}

/**
 * The annotation that makes one patch both the act and its record: who claimed the object, and, once applied, how to get
 * back. It stands on the object itself, so it has exactly the readers its values had before.
 */
export interface Marker {
  readonly state: 'claimed' | 'applied';
  readonly run: string;
  readonly epoch: number;
  readonly intent: string;
  readonly at: string;
  readonly edits?: readonly Edit[];
  readonly shape?: Shape;
}

/** Annotation text of a marker: compact JSON with a fixed member order, so that a `test` on it can be exact. */
export function formatMarker(marker: Marker): string {
  const { state, run, epoch, intent, at, edits, shape } = marker;
  return JSON.stringify({ state, run, epoch, intent, at, ...(edits ? { edits } : {}), ...(shape ? { shape } : {}) });
}

/** Reads the marker of an object; undefined when there is none, `unreadable` when a hand has changed it. */
export function readMarker(object: KubeObject): Marker | 'unreadable' | undefined {
  const text = object.metadata.annotations?.[MARKER];
  if (text === undefined) return undefined;
  try {
    const value = JSON.parse(text) as Partial<Marker>;
    const whole = (value.state === 'claimed' || value.state === 'applied') && typeof value.run === 'string' && typeof value.intent === 'string';
    return whole ? (value as Marker) : 'unreadable';
  } catch {
    return 'unreadable';
  }
}

/** What a record keeps of a marker's text: sha256 (hex). The values in it stay on the object alone. */
export function markerHash(text: string): string {
  return hashJson(text);
}

/** The marker text on the object, where it is the one a record knows by its hash. */
export function knownMarker(object: KubeObject | undefined, hash: string | undefined): string | undefined {
  const text = object?.metadata.annotations?.[MARKER];
  return text !== undefined && markerHash(text) === hash ? text : undefined;
}

/** The result a run left on an object. */
export interface OutcomeMark {
  readonly status: 'migrated' | 'rolled-back';
  readonly run: string;
  readonly intent: string;
  readonly at: string;
  /** Who asked for it, as the run or the decision says it and as the API server says it; and why. */
  readonly by?: string;
  readonly as?: string;
  readonly why?: string;
  readonly ticket?: string;
}

/** Reads the outcome annotation; undefined when absent or unreadable. */
export function readOutcome(object: KubeObject): OutcomeMark | undefined {
  try {
    const value = JSON.parse(object.metadata.annotations?.[OUTCOME] ?? 'null') as Partial<OutcomeMark> | null;
    return value !== null && typeof value.run === 'string' ? (value as OutcomeMark) : undefined;
  } catch {
    return undefined;
  }
}
