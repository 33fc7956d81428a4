import { addresses } from '../paths.ts';
import { sidecarLabel } from '../stand-ins/sidecar-webhook.ts';
import type { AgentSpec, ServiceSpec } from './service-spec.ts';

interface EnvVar {
  readonly name: string;
  readonly value: string;
}

const pause = `${addresses.registry}/pause:1`;

/** The Service in front of a service's pods. It must exist before the pods of whoever calls it: they get its address as an environment variable. */
export function serviceObject(spec: ServiceSpec, namespace: string): object {
  const ports = [{ name: 'http', port: 8080, targetPort: 8080, protocol: 'TCP' }];
  return { apiVersion: 'v1', kind: 'Service', metadata: { name: spec.name, namespace }, spec: { selector: { app: spec.name }, ports } };
}

/** The Deployment of a service. */
export function deploymentObject(spec: ServiceSpec, namespace: string): object {
  const labels = { app: spec.name, appName: spec.name, team: teamOf(spec) };
  const sidecar = spec.sidecar === undefined ? {} : { [sidecarLabel]: spec.sidecar };
  const containers = [mergePatch(businessContainer(spec), spec.container ?? {}), ...(spec.logCollector === true ? [logCollector(spec)] : [])];
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: spec.name, namespace, labels },
    spec: {
      replicas: spec.replicas,
      selector: { matchLabels: { app: spec.name } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      progressDeadlineSeconds: 120,
      template: { metadata: { labels: { ...labels, ...sidecar } }, spec: { terminationGracePeriodSeconds: 15, containers } },
    },
  };
  return mergePatch(deployment, spec.override ?? {});
}

function businessContainer(spec: ServiceSpec): object {
  const resources = { requests: { cpu: '10m', memory: spec.agent.kind === 'none' ? '8Mi' : '192Mi' } };
  const container = { name: spec.name, image: `${addresses.registry}/${spec.image}`, resources };
  if (spec.agent.kind === 'none') return container;
  const readinessProbe = { httpGet: { path: '/health', port: 8080 }, periodSeconds: 1, timeoutSeconds: 2, failureThreshold: 3 };
  const env = [{ name: 'SERVICE_NAME', value: spec.name }, ...downstreamEnv(spec), ...agentEnv(spec.agent, spec.name), ...toEnvVars(spec.env ?? {})];
  // The pod stays reachable for a moment after it left the Service, until every kube-proxy knows and what it was asked is answered and
  // reported: an agent that is stopped in the middle of a request takes its segment along.
  const lifecycle = { preStop: { exec: { command: ['sleep', '4'] } } };
  return { ...container, ports: [{ name: 'http', containerPort: 8080 }], env, readinessProbe, lifecycle };
}

function logCollector(spec: ServiceSpec): object {
  return { name: `${spec.name}-log-collector`, image: pause, resources: { requests: { cpu: '1m', memory: '4Mi' } } };
}

/** The cluster has no DNS: addresses of Services come as environment variables. */
function downstreamEnv(spec: ServiceSpec): readonly EnvVar[] {
  if (spec.downstream === undefined) return [];
  return [{ name: 'DOWNSTREAM', value: `http://$(${spec.downstream.toUpperCase().replaceAll('-', '_')}_SERVICE_HOST):8080` }];
}

function agentEnv(agent: AgentSpec, service: string): readonly EnvVar[] {
  if (agent.kind === 'none') return [];
  return agent.kind === 'skywalking' ? skywalkingEnv(agent.settings, service) : opentelemetryEnv(service);
}

function opentelemetryEnv(service: string): readonly EnvVar[] {
  return toEnvVars({
    CATALINA_OPTS: '-javaagent:/opt/opentelemetry/opentelemetry-javaagent.jar',
    OTEL_SERVICE_NAME: service,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://${addresses.otlpGrpc}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
  });
}

function skywalkingEnv(settings: 'options' | 'environment' | 'image', service: string): readonly EnvVar[] {
  const flag = '-javaagent:/opt/skywalking/skywalking-agent.jar';
  const backend = '$(OAP_SERVICE_HOST):11800';
  if (settings === 'image') return toEnvVars({ SW_AGENT_COLLECTOR_BACKEND_SERVICES: backend });
  return settings === 'options'
    ? toEnvVars({
        CATALINA_OPTS: `-Dfile.encoding=UTF-8 ${flag} -Dskywalking.agent.service_name=${service} -Dskywalking.collector.backend_service=${backend} -Duser.timezone=UTC`,
      })
    : toEnvVars({ SW_AGENT_NAME: service, SW_AGENT_COLLECTOR_BACKEND_SERVICES: backend, CATALINA_OPTS: `${flag} -Duser.timezone=UTC` });
}

function toEnvVars(values: Readonly<Record<string, string>>): readonly EnvVar[] {
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}

function teamOf(spec: ServiceSpec): string {
  return ['gateway', 'login', 'web'].includes(spec.name) ? 'edge' : 'commerce';
}

/** RFC 7386. */
function mergePatch(target: unknown, patch: unknown): object {
  const result: Record<string, unknown> = { ...(isObject(target) ? target : {}) };
  for (const [name, value] of Object.entries(patch ?? {})) {
    if (value === null) delete result[name];
    else result[name] = isObject(value) ? mergePatch(result[name], value) : value;
  }
  return result;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
