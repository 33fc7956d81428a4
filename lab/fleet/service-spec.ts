/**
 * How a service's JVM gets its tracing agent. `options`: everything in CATALINA_OPTS; `environment`: SkyWalking's own variables beside the `-javaagent` flag;
 * `image`: the flag comes from elsewhere, the generated Deployment says where the backend is and no more.
 */
export type AgentSpec =
  | { readonly kind: 'skywalking'; readonly settings: 'options' | 'environment' | 'image' }
  | { readonly kind: 'opentelemetry' }
  | { readonly kind: 'none' };

/** One service of a fleet. What differs between services is data here; `service-manifests.ts` makes the objects. */
export interface ServiceSpec {
  readonly name: string;
  readonly replicas: number;
  /** Repository and tag in the lab's registry. */
  readonly image: string;
  readonly agent: AgentSpec;
  /** A stand-in for a mesh's sidecar, added when a pod is created: never in the template. */
  readonly sidecar?: 'container' | 'native';
  /** A second container in the template, named `<service>-log-collector`. */
  readonly logCollector?: boolean;
  /** The service it calls on each request. */
  readonly downstream?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Merged over its container (JSON merge patch), for what only one service has. */
  readonly container?: object;
  /** Merged over the generated Deployment (JSON merge patch), likewise. */
  readonly override?: object;
}

/** Services that live in one namespace. */
export interface FleetSpec {
  readonly namespace: string;
  readonly services: readonly ServiceSpec[];
}
