import type { Finding } from '../finding.ts';
import type { ImageFacts } from '../image/image-facts.ts';
import { javaMajor } from '../jvm/java-version.ts';
import { containers, initContainers, podSpec, podTemplate } from '../workload/pod-template.ts';
import type { Container, Workload } from '../workload/workload.ts';
import { textOf, type ContainerReading } from './read-container.ts';
import { roomFindings } from './room-findings.ts';
import { seamlessFindings } from './seamless-findings.ts';

const OLDEST_JAVA = 8;
const PROTOCOL_OF_PORT: { readonly [port: string]: string } = { '4317': 'grpc', '4318': 'http/protobuf' };
/** What the agent sends with where nothing says. Source: OpenTelemetry Java agent 2.x. */
const USUAL_PROTOCOL = 'http/protobuf';

export interface PreflightSubject {
  readonly workload: Workload;
  readonly container: Container;
  readonly reading: ContainerReading;
  readonly facts: ImageFacts;
  /** What the change brings into the image; the workload's own variables hide it. */
  readonly imageEnv: { readonly [name: string]: string };
}

/** What may go wrong with the new agent or on the way to it, as pod template, live pods and image tell. Pure. */
export function preflight(subject: PreflightSubject): readonly Finding[] {
  const { workload, container, reading } = subject;
  return [
    ...javaFindings(subject),
    ...exporterFindings({ ...subject.imageEnv, ...reading.env.values }),
    ...shareFindings(workload, container),
    ...roomFindings(workload, container, reading.options),
    ...seamlessFindings(workload, container),
  ];
}

/** An agent whose classes the JVM cannot load ends it. */
function javaFindings({ reading, facts }: PreflightSubject): readonly Finding[] {
  const java = javaMajor(reading.env.values, (path) => textOf(facts, path));
  return java === undefined || java >= OLDEST_JAVA ? [] : [{ id: 'java-too-old', severity: 'block', params: { java, oldest: OLDEST_JAVA } }];
}

/** Port 4317 speaks gRPC and 4318 HTTP by convention: spans sent to the other one are lost. */
function exporterFindings(env: { readonly [name: string]: string }): readonly Finding[] {
  return ['', '_TRACES', '_METRICS', '_LOGS'].flatMap((signal): readonly Finding[] => {
    const variable = `OTEL_EXPORTER_OTLP${signal}_ENDPOINT`;
    const endpoint = env[variable];
    const port = /:(\d+)\/?(?:v1\/\w+)?$/.exec(endpoint ?? '')?.[1] ?? '';
    const expected = PROTOCOL_OF_PORT[port];
    const protocol = env[`OTEL_EXPORTER_OTLP${signal}_PROTOCOL`] ?? env['OTEL_EXPORTER_OTLP_PROTOCOL'] ?? USUAL_PROTOCOL;
    if (endpoint === undefined || expected === undefined || protocol === expected || protocol.includes('$(')) return [];
    return [{ id: 'exporter-protocol', severity: 'warn', params: { variable, port, protocol, expected } }];
  });
}

/** Others in the pod that run the same image keep the old one: they are not changed. */
function shareFindings(workload: Workload, container: Container): readonly Finding[] {
  const spec = podSpec(podTemplate(workload.object));
  const others = [...initContainers(spec), ...containers(spec)].filter((each) => each.image === container.image && each.name !== container.name);
  return others.length === 0 ? [] : [{ id: 'image-used-elsewhere', severity: 'info', params: { containers: others.map((each) => each.name) } }];
}
