import type { Finding, Skip } from '../finding.ts';
import type { JsonObject } from '../json.ts';
import type { Edit } from '../workload/edit.ts';

/** A delivery mode that was not chosen, with the condition (product.md a-e) it failed. */
export interface RefusedDelivery {
  readonly mode: 'takeover' | 'image';
  readonly finding: Finding;
}

/** The agent a container runs today and where that was read. */
export interface AgentSummary {
  readonly id: string;
  readonly version?: string;
  readonly serviceName?: string;
  readonly jarPath: string;
  readonly carrier: string;
  /** `pod env CATALINA_OPTS`, `image env JAVA_TOOL_OPTIONS`, `image file /app/start.sh`, … */
  readonly source: string;
}

/** Who owns the workload's manifest, as far as labels, annotations and managed fields tell. */
export interface Owner {
  readonly kind: 'argo-cd' | 'flux' | 'helm' | 'operator' | 'kubectl' | 'release-system' | 'none';
  readonly name?: string;
  /** Where its Application, Kustomization, HelmRelease or release is, as far as the marks tell. */
  readonly namespace?: string;
  /** Of Flux: the kind that owns the workload. */
  readonly by?: 'Kustomization' | 'HelmRelease';
  /** The mark it was found by: `label helm.toolkit.fluxcd.io/name`, `managedFields helm`, … */
  readonly shownBy?: string;
  /** Whether it undoes a direct change while nobody deploys; absent = it never looks between two deploys. */
  readonly reverts?: 'yes' | 'no' | 'unknown';
  /** Stable id of why: `self-heal`, `suspended`, `sync-object-denied`, … */
  readonly because?: string;
  /** Reloader edits its template when a ConfigMap or Secret changes. */
  readonly reloader?: true;
}

/** What a workload's next release, or sync, will do to the change, as far as its owner tells. */
export interface Forecast {
  readonly effect: 'stays' | 'returns' | 'unknown';
  /** Stable id of why. */
  readonly because: 'owner-stopped' | 'next-sync' | 'next-reconcile' | 'helm-upgrade' | 'kubectl-apply' | 'operator' | 'next-image' | 'no-owner';
}

interface ItemBase {
  /** `namespace/Kind/name`. */
  readonly id: string;
  readonly uid: string;
  readonly owner: Owner;
  readonly team?: string;
  readonly replicas: number;
  readonly findings: readonly Finding[];
}

/** A workload the plan changes. Everything apply needs to act and to undo is in it. */
export interface MigrateItem extends ItemBase {
  readonly action: 'migrate';
  readonly container: string;
  /** Pods its rollout may have beyond `replicas` at a time. */
  readonly surge: number;
  /** sha256 (hex) of the pod template without our annotations: what was reviewed. */
  readonly templateHash: string;
  /** `unscanned`: its layers were not read, so nothing is proven of its paths, and apply does not read them either. */
  readonly source: { readonly image: string; readonly repository: string; readonly digest: string; readonly unscanned?: true };
  readonly agent: AgentSummary;
  readonly delivery: 'takeover' | 'image';
  readonly refused: readonly RefusedDelivery[];
  readonly target: {
    /** What goes into the pod template. */
    readonly reference: string;
    readonly digest: string;
    readonly hash8: string;
    /** Image ENV we set: fleet-wide settings, and in the `image` mode the variables that carry JVM options. Credentials are masked. */
    readonly env: { readonly [name: string]: string };
    /** Paths the new layers remove, and what of the old agent stays. */
    readonly removes: readonly string[];
    readonly stays: readonly string[];
    /** The new ENTRYPOINT and CMD, where they change. */
    readonly entrypoint?: readonly string[];
    readonly cmd?: readonly string[];
    /** Scripts and option files of the image that are edited in place. */
    readonly edited?: readonly string[];
  };
  /** Values that hold a credential are masked and known by their hashes. */
  readonly edits: readonly Edit[];
  /** Equal fingerprints share base image, JVM option style and agent: they fail together. */
  readonly fingerprint: string;
  /** What its next release will do to the change; absent in plans of older versions. */
  readonly nextRelease?: Forecast;
}

/** A workload the plan leaves alone, with the true reason. */
export interface SkipItem extends ItemBase {
  readonly action: 'skip';
  readonly container?: string;
  readonly agent?: AgentSummary;
  readonly skip: Skip;
  /** The run that migrated it, where its marker says so. */
  readonly migratedBy?: string;
  /** Deliveries that were tried, with the condition each failed. */
  readonly refused?: readonly RefusedDelivery[];
}

export type PlanItem = MigrateItem | SkipItem;

/** A call from one service to another. */
export interface ServiceEdge {
  readonly from: string;
  readonly to: string;
}

/** What breaks from the start of a batch until the next one is done. Services by the names they report. */
export interface ExpectedBreak {
  /** Counted from 1. */
  readonly batch: number;
  /** Calls between the two sides, where the call graph is known. */
  readonly edges?: readonly ServiceEdge[];
  /** Every call between the two sides breaks its trace. */
  readonly services: { readonly switched: readonly string[]; readonly notYet: readonly string[] };
}

/** The plan file: reviewable, diffable, executed as it is or not at all. */
export interface Plan {
  readonly apiVersion: 'changeover.dev/v1alpha1';
  readonly kind: 'Plan';
  readonly name: string;
  /** RFC 3339. Not part of the hash, as the name is made of it. */
  readonly createdAt: string;
  readonly cluster: { readonly id: string; readonly server: string };
  /** sha256 (hex) over everything but itself, `name`, `createdAt` and `policyDirectory`. */
  readonly hash: string;
  readonly policyHash: string;
  /** The policy file as written. */
  readonly policy: JsonObject;
  /** Directory that relative paths of the policy are relative to. Not part of the hash. */
  readonly policyDirectory: string;
  /** `bridge`: digest of its jar, where the layer holds it. */
  readonly agentLayer: { readonly digest: string; readonly diffId: string; readonly size: number; readonly version: string; readonly bridge?: string };
  readonly items: readonly PlanItem[];
  /** Workload ids in the order they are started; a batch starts when the one before it is done. */
  readonly batches: readonly (readonly string[])[];
  /** Without the bridge: which chains break while the fleet is split, by batch. */
  readonly expectedBreaks?: readonly ExpectedBreak[];
}
