import type { Json, JsonObject } from '../../src/core/json.ts';
import type { Container, EnvVar } from '../../src/core/workload/workload.ts';
import type { Random } from './random.ts';

export const jar = '/skywalking/agent/skywalking-agent.jar';
export const images = {
  tomcat: 'registry.example.com/shop/tomcat:1.4',
  spring: 'registry.example.com/shop/spring:2.0',
  program: 'registry.example.com/shop/program:3.1',
} as const;

/** The image is read from a registry, or not at all. */
export type Mode = 'registry' | 'no-registry';

/** A container as a team writes it, and as it must be after the conversion; `rewritten` where its image gets a new name. */
export interface Sample {
  readonly before: Container;
  readonly after: { readonly [mode in Mode]: Container };
  readonly rewritten: boolean;
}

const ways = ['none', 'program', 'image', 'tool', 'tool-mixed', 'java-opts', 'catalina-opts', 'own-variable', 'args', 'command', 'script'] as const;

/** A business container that carries the old agent in one of the ways teams do, or not at all. */
export function sampleContainer(name: string, random: Random): Sample {
  const way = random.pick(ways);
  const service = random.pick([name, `shop-${name}`, `${name}::v2`]);
  const named = random.pick(['env', 'option', 'argument']);
  const carriesOptions = !['none', 'program', 'image'].includes(way);
  const flag = carriesOptions && named === 'argument' ? `-javaagent:${jar}=agent.service_name=${service}` : `-javaagent:${jar}`;
  const own = [
    flag,
    ...(carriesOptions && named === 'option' ? [`-Dskywalking.agent.service_name=${service}`] : []),
    ...(random.chance(0.5) ? ['-Dskywalking.collector.backend_service=oap.observability:11800'] : []),
  ];
  const others = random.pick([['-Xmx512m'], ['-Xms256m', '-Xmx1g', '-Dapp.mode=live'], ['-XX:+UseG1GC', '-Dspring.profiles.active=prod']]);
  const hasName = named === 'env' || !carriesOptions;
  const env: readonly EnvVar[] = [...(hasName ? [{ name: 'SW_AGENT_NAME', value: service }] : []), ...otherVariables(random)];
  const parts = { way, own, others, env, random, service };
  const image = way === 'program' ? images.program : way === 'image' ? images.spring : images.tomcat;
  const written = { name, image, ...rest(random) };
  const { before, after } = carried(parts);
  const beforeAll = { ...written, ...before, ...withEnv(before.env ?? env) };
  const converted = { ...written, ...after, ...withEnv([...(after.env ?? env), { name: 'OTEL_SERVICE_NAME', value: service }]) };
  const moves = way !== 'none' && way !== 'program';
  // What holds the image's own variable from the JVM is not touched without knowing the image.
  const offline = moves && way !== 'image' && way !== 'tool-mixed';
  return { before: beforeAll, after: { registry: moves ? converted : beforeAll, 'no-registry': offline ? converted : beforeAll }, rewritten: moves };
}

interface Parts {
  readonly way: (typeof ways)[number];
  readonly own: readonly string[];
  readonly others: readonly string[];
  readonly env: readonly EnvVar[];
  readonly random: Random;
  readonly service: string;
}

type Carried = Pick<Container, 'env' | 'command' | 'args'>;

function carried({ way, own, others, env, random }: Parts): { readonly before: Carried; readonly after: Carried } {
  const mixed = mix(own, others, random);
  const variable = (name: string, value: string, rest: string | undefined): { readonly before: Carried; readonly after: Carried } => {
    const at = random.below(env.length + 1);
    const left: readonly EnvVar[] = rest === undefined ? [] : [rest === '' ? { name } : { name, value: rest }];
    return { before: { env: env.toSpliced(at, 0, { name, value }) }, after: { env: env.toSpliced(at, 0, ...left) } };
  };
  const quoted = `-Dapp.title='my shop' ${mixed.join(' ')}`;
  switch (way) {
    case 'tool':
      return variable('JAVA_TOOL_OPTIONS', own.join(' '), undefined);
    case 'tool-mixed':
      return variable('JAVA_TOOL_OPTIONS', mixed.join(' '), others.join(' '));
    case 'java-opts':
      return variable('JAVA_OPTS', mixed.join(' '), others.join(' '));
    case 'catalina-opts':
      return random.chance(0.3) ? variable('CATALINA_OPTS', own.join(' '), '') : variable('CATALINA_OPTS', quoted, `-Dapp.title='my shop' ${others.join(' ')}`);
    case 'own-variable': {
      const made = variable('SHOP_OPTS', mixed.join(' '), others.join(' '));
      const command = ['sh', '-c', 'exec java $SHOP_OPTS -jar /app/app.jar'];
      return { before: { ...made.before, command }, after: { ...made.after, command } };
    }
    case 'args': {
      const end = ['-jar', '/app/app.jar', '--port=8080'];
      return { before: { command: ['java'], args: [...mixed, ...end] }, after: { command: ['java'], args: [...others, ...end] } };
    }
    case 'command':
      return {
        before: { command: ['/opt/java/openjdk/bin/java', ...mixed, '-jar', '/app/app.jar'] },
        after: { command: ['/opt/java/openjdk/bin/java', ...others, '-jar', '/app/app.jar'] },
      };
    case 'script': {
      const script = (options: readonly string[]): string =>
        `set -e\necho "starting"\nexec java \\\n${options.map((option) => `  ${option} \\\n`).join('')}  -jar /app/app.jar\n`;
      return { before: { command: ['/bin/sh', '-c'], args: [script(mixed)] }, after: { command: ['/bin/sh', '-c'], args: [script(others)] } };
    }
    default:
      return { before: {}, after: {} };
  }
}

function mix(own: readonly string[], others: readonly string[], random: Random): readonly string[] {
  const all = [...own];
  let at = 0;
  for (const other of others) {
    at += random.below(all.length - at + 1);
    all.splice(at, 0, other);
    at += 1;
  }
  return all;
}

function otherVariables(random: Random): readonly EnvVar[] {
  const all: readonly EnvVar[] = [
    { name: 'TZ', value: 'Asia/Shanghai' },
    { name: 'PORT', value: '8080' },
    { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    { name: 'GREETING', value: 'it\'s: "fine" # really' },
    { name: 'NOTES', value: 'one\ntwo\n' },
  ];
  return all.filter(() => random.chance(0.4));
}

function withEnv(env: readonly EnvVar[]): { readonly env?: readonly EnvVar[] } {
  return env.length === 0 ? {} : { env };
}

function rest(random: Random): JsonObject {
  return {
    ...(random.chance(0.5) ? { ports: [{ containerPort: 8080, name: 'http' }] } : {}),
    ...(random.chance(0.4) ? { resources: { limits: { cpu: '1', memory: '1Gi' } } } : {}),
    ...(random.chance(0.3) ? { livenessProbe: { httpGet: { path: '/health', port: 8080 }, periodSeconds: 10 } } : {}),
  };
}

const sidecars: readonly Container[] = [
  { name: 'istio-proxy', image: images.program, args: ['proxy', 'sidecar'] },
  { name: 'filebeat', image: images.program, env: [{ name: 'OUT', value: 'es:9200' }] },
];

/** The containers of a pod: the business container with, here and there, sidecars around it. */
export function withSidecars<T>(container: T, random: Random): readonly (T | Container)[] {
  const [first, second] = sidecars;
  return [...(first && random.chance(0.2) ? [first] : []), container, ...(second && random.chance(0.3) ? [second] : [])];
}

/** An object of a kind that has a pod template somewhere. */
export function objectOf(kind: Kind, name: string, spec: JsonObject): JsonObject {
  const labels = { app: name, 'app.kubernetes.io/managed-by': 'Helm' };
  const metadata = { name, labels };
  const template = { metadata: { labels: { app: name } }, spec };
  const selector = { matchLabels: { app: name } };
  const make = (apiVersion: string, body: Json): JsonObject => ({ apiVersion, kind, metadata, spec: body });
  switch (kind) {
    case 'Pod':
      return make('v1', spec);
    case 'Job':
      return make('batch/v1', { backoffLimit: 2, template: { ...template, spec: { ...spec, restartPolicy: 'Never' } } });
    case 'CronJob':
      return make('batch/v1', { schedule: '*/5 * * * *', jobTemplate: { spec: { template: { ...template, spec: { ...spec, restartPolicy: 'OnFailure' } } } } });
    case 'StatefulSet':
      return make('apps/v1', { serviceName: name, selector, template });
    case 'Rollout':
      return make('argoproj.io/v1alpha1', { strategy: { canary: { steps: [{ setWeight: 20 }] } }, selector, template });
    case 'CloneSet':
      return make('apps.kruise.io/v1alpha1', { selector, template, updateStrategy: { type: 'InPlaceIfPossible' } });
    case 'FlinkDeployment':
      return make('flink.apache.org/v1beta1', { jobManager: { replicas: 1, podTemplate: { apiVersion: 'v1', kind: 'Pod', spec } } });
    default:
      return make('apps/v1', { selector, template });
  }
}

export const kinds = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job', 'CronJob', 'Pod', 'Rollout', 'CloneSet', 'FlinkDeployment'] as const;
export type Kind = (typeof kinds)[number];
