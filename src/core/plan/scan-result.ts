import type { Finding, Skip } from '../finding.ts';
import type { AgentSummary, Owner } from './plan.ts';

/** One row of the inventory. */
export interface ScanItem {
  readonly id: string;
  readonly uid: string;
  readonly replicas: number;
  readonly pods: number;
  readonly container?: string;
  readonly image?: string;
  /** `sha256:…` the pods run. */
  readonly digest?: string;
  readonly agent?: AgentSummary;
  readonly owner: Owner;
  readonly eligible: boolean;
  /** Set when not eligible. */
  readonly skip?: Skip;
  readonly findings: readonly Finding[];
}

export interface ScanResult {
  readonly apiVersion: 'changeover.dev/v1alpha1';
  readonly kind: 'ScanResult';
  readonly cluster: { readonly id: string; readonly server: string };
  readonly items: readonly ScanItem[];
}
