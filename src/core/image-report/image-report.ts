import type { AgentId, AgentSetting } from '../agents/agent.ts';
import type { Finding } from '../finding.ts';
import type { Platform } from '../image/manifest.ts';
import type { DeliveryMode } from '../plan/delivery.ts';
import type { RefusedDelivery } from '../plan/plan.ts';
import type { JavaHome } from './find-java.ts';

/** One image for people and programs. Values of credential-like variables and options are masked. Paths are absolute. */
export interface ImageReport {
  readonly apiVersion: 'changeover.dev/v1alpha1';
  readonly kind: 'ImageReport';
  /** The reference asked for, with its registry. */
  readonly reference: string;
  /** What it names: an index, or the manifest of one image. */
  readonly digest: string;
  readonly mediaType: string;
  /** What an index lists, in its order. */
  readonly children?: readonly IndexChild[];
  /** The Linux images. */
  readonly platforms: readonly PlatformReport[];
  readonly takeover: TakeoverReport;
  /** Cosign's tags and referrers that the repository has for this image. */
  readonly signatures: readonly SignatureSeen[];
  /** What `image rewrite` made of it. */
  readonly rewrite?: RewriteReport;
}

export interface IndexChild {
  readonly digest: string;
  readonly mediaType: string;
  readonly platform?: Platform;
  readonly role: 'image' | 'attestation' | 'other';
  /** The child that an attestation is about. */
  readonly about?: string;
}

export interface SignatureSeen {
  readonly kind: 'signature' | 'attestation' | 'sbom' | 'referrers';
  /** The digest it is about. */
  readonly about: string;
  readonly tag: string;
}

export interface PlatformReport {
  readonly os: string;
  readonly architecture: string;
  /** Of its manifest. */
  readonly digest: string;
  readonly config: {
    readonly entrypoint: readonly string[];
    readonly cmd: readonly string[];
    readonly workingDir: string;
    readonly user: string;
    readonly env: readonly { readonly name: string; readonly value: string }[];
  };
  readonly java: readonly JavaHome[];
  /** Lowest first. */
  readonly layers: readonly { readonly digest: string; readonly size: number; readonly mediaType: string; readonly ours: boolean }[];
  /** Why the layers were not read; what they hold is then not known. */
  readonly scanProblem?: string;
  readonly agents: readonly AgentReport[];
  /** Set when the image is a result of ours. */
  readonly ours?: { readonly source: string; readonly sourceName: string; readonly agent: string; readonly version: string };
  readonly findings: readonly Finding[];
}

/** An agent of the image. */
export interface AgentReport {
  readonly id: AgentId | 'unknown';
  readonly version?: string;
  /** Where the jar lies; the path that names it, where the image cannot tell. */
  readonly jarPath: string;
  /** Other paths that lead to it. */
  readonly links: readonly string[];
  /** `image ENV JAVA_TOOL_OPTIONS`, `image file /app/start.sh`, …; empty where only a pod can name it. */
  readonly namedBy: readonly string[];
  /** As a pod without options of its own would have them. */
  readonly settings: { readonly [key: string]: AgentSetting };
}

/** Whether the new agent could take the old one's place, as far as the image alone tells. */
export type TakeoverReport =
  | { readonly possible: true; readonly jarPath: string; readonly removes: readonly string[]; readonly stays: readonly string[] }
  | { readonly possible: false; readonly because: readonly Finding[] };

export interface RewriteReport {
  readonly reference: string;
  readonly digest: string;
  readonly status: 'planned' | 'pushed' | 'existed';
  readonly delivery: DeliveryMode;
  /** Modes that were tried before. */
  readonly refused: readonly RefusedDelivery[];
  readonly agent: string;
  readonly version: string;
  /** Variables of the image, with their new values. */
  readonly env: { readonly [name: string]: string };
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly removes: readonly string[];
  readonly stays: readonly string[];
  /** Files of the image that were edited in place. */
  readonly edited: readonly string[];
  /** Variables that a plan would add to the pods: from the old agent's settings, which the new image does not carry. */
  readonly podEnv: { readonly [name: string]: string };
  readonly findings: readonly Finding[];
}
