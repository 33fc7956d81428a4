import type { RewriteReport } from '../image-report/image-report.ts';

/** Images whose old agent comes out of the same layer, and what they have in common. */
export interface BaseGroup {
  /** Diff IDs that all of them share, lowest first. Up to `agentLayer` at least. */
  readonly diffIds: readonly string[];
  /** The one that brings the old agent in, counted from 1. */
  readonly agentLayer: number;
  /** What the images themselves call their base (`org.opencontainers.image.base.name`); empty where none says so. */
  readonly names: readonly string[];
  /** By repository and digest. */
  readonly images: readonly string[];
  readonly workloads: readonly string[];
}

/** Where the old agent of a fleet comes from. */
export interface FleetBases {
  readonly apiVersion: 'changeover.dev/v1alpha1';
  readonly kind: 'BaseReport';
  /** The agent that is looked for. */
  readonly agent: string;
  readonly workloads: number;
  /** Of them, those that run the agent. */
  readonly carrying: number;
  /** Of those, the ones whose agent comes from a base that several images share. */
  readonly inheriting: number;
  readonly bases: readonly BaseGroup[];
  /** Images that bring the agent in a layer of their own. */
  readonly own: readonly BaseGroup[];
  /** Workloads with the agent whose layer is not known: not scanned, or the jar is not in the image. */
  readonly unknown: readonly string[];
}

/** A base image with the new agent. */
export interface RewrittenBase {
  readonly apiVersion: 'changeover.dev/v1alpha1';
  readonly kind: 'BaseReport';
  readonly base: string;
  readonly digest: string;
  readonly rewrite: RewriteReport;
  /** The base's own tag: where it pointed, where it points now, and the tag that keeps the old image. */
  readonly retag?: { readonly reference: string; readonly before: string; readonly after: string; readonly kept: string; readonly status: 'planned' | 'moved' };
}
