import { z } from 'zod';
import { parseImageReference } from '../image/reference.ts';
import type { JsonObject } from '../json.ts';
import { meansOption, optionNames, optionProblem } from '../jvm/option-name.ts';
import { nextStart } from './change-windows.ts';
import { parseCron } from './cron.ts';
import { literalCredentials } from './instrumentation.ts';
import { choice, day, duration, form, labelTemplate, percentage, selector, template, text, url } from './field-forms.ts';
import type { ChangeWindow, ReleaseGateRule } from './policy.ts';

const dnsLabel = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const relativePath = form('a relative path without ..', /^(?!.*(?:^|\/)\.{0,2}(?:\/|$))[^\0]+$/);
const strings = z.array(text).readonly();
const command = z.array(text).min(1).readonly();
const count = (least: number): z.ZodInt => z.int().min(least);

/** Variables that carry JVM options or the process's own search paths: setting them for a fleet would replace the teams'. */
const CARRIERS = /^(?:JAVA_TOOL_OPTIONS|JDK_JAVA_OPTIONS|_JAVA_OPTIONS|JAVA_OPTS|CATALINA_OPTS|PATH|LD_PRELOAD|LD_LIBRARY_PATH)$/;
const variableName = form("a variable's name", /^[A-Za-z_][A-Za-z0-9_.-]*$/)
  .refine((name) => !CARRIERS.test(name), 'must not be set here: it would replace what images and teams set')
  .refine((name) => name !== 'OTEL_SERVICE_NAME', 'must not be set here: the whole fleet would be one service; use spec.to.serviceName');
const variableValue = z.string({ error: ({ input }) => (input === null || input === undefined ? undefined : 'must be text: put the value in quotes') });

const exactlyOne = 'must have exactly one of image and path';
const agentFiles = z
  .strictObject({ image: text.exactOptional(), path: text.exactOptional() })
  .refine((files) => (files.image === undefined) !== (files.path === undefined), exactlyOne);

const container = z.strictObject({
  namePrefixOfWorkload: z.boolean().default(true),
  skip: strings.default(['istio-proxy', 'filebeat*', 'fluent*', 'logtail*', '*-log-collector']),
});

const select = z.strictObject({
  namespaces: z.array(form('the name of a namespace (leave namespaces out for every namespace)', dnsLabel)).readonly().default([]),
  namespaceSelector: selector.exactOptional(),
  labelSelector: selector.exactOptional(),
  exclude: z
    .array(form('namespace/kind/name, such as shop/Deployment/orders', /^[^/\s]+\/[^/\s]+\/[^/\s]+$/))
    .readonly()
    .default([]),
  kinds: z
    .array(choice(['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob', 'Rollout', 'CloneSet'], ['Job']))
    .min(1)
    .readonly()
    .default(['Deployment']),
  requireSidecar: strings.default([]),
  includeZero: z.boolean().default(false),
  container: container.prefault({}),
});

/** Only samplers that follow their caller's decision: any other cuts chains. */
const sampler = form(
  'parentbased_always_on, parentbased_always_off, parentbased_traceidratio=0.1 or parentbased_jaeger_remote=…: another sampler would cut chains',
  /^parentbased_(?:always_on|always_off|traceidratio=(?:0(?:\.\d+)?|1(?:\.0+)?)|jaeger_remote=\S+)$/,
);

const jvmOption = text.superRefine((value, context) => {
  const problem = optionProblem(value);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});
const jvmOptions = z
  .strictObject({
    add: z.array(jvmOption).readonly().default([]),
    remove: strings.default([]),
    replace: z.record(text, jvmOption).default({}),
  })
  .superRefine((given, context) => {
    const made = [...given.add, ...Object.values(given.replace)];
    const undone = made.find((option) => given.remove.some((name) => meansOption(name, option)));
    if (undone !== undefined) context.addIssue({ code: 'custom', message: `adds ${nameOf(undone)} and removes it` });
    const again = Object.entries(given.replace).find(([from, to]) =>
      Object.entries(given.replace).some(([other, next]) => other !== from && next !== to && meansOption(other, to)),
    );
    if (again) context.addIssue({ code: 'custom', path: ['replace'], message: `replaces ${nameOf(again[0])} by what it replaces again` });
    const twice = given.add.find((option, at) => given.add.slice(0, at).some((other) => optionNames(other).some((name) => optionNames(option).includes(name))));
    if (twice !== undefined) context.addIssue({ code: 'custom', path: ['add'], message: `sets ${nameOf(twice)} twice` });
  });

const instrumentation = z
  .looseObject({
    apiVersion: form('opentelemetry.io/v1alpha1', /^opentelemetry\.io\/v1(?:alpha1|beta1)?$/),
    kind: z.literal('Instrumentation'),
    spec: z.looseObject({}),
  })
  .superRefine((manifest, context) => {
    // Policies are stored in the cluster, readable.
    for (const name of literalCredentials(manifest as JsonObject))
      context.addIssue({ code: 'custom', message: `must not carry a password: take ${name} from a Secret (valueFrom.secretKeyRef)` });
  });

const extension = z
  .strictObject({ image: text.exactOptional(), path: text.exactOptional(), dir: form('an absolute path', /^\/[^\0]*$/).exactOptional() })
  .refine((given) => (given.image === undefined) !== (given.path === undefined), exactlyOne)
  .refine((given) => (given.image === undefined) === (given.dir === undefined), 'must have dir with image, and only then');

const to = z.strictObject({
  agent: choice(['opentelemetry'], ['skywalking']).default('opentelemetry'),
  home: form('an absolute path of plain characters such as /changeover', /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._-]+)+$/).default('/changeover'),
  files: agentFiles,
  serviceName: labelTemplate.exactOptional(),
  signals: z
    .strictObject({
      traces: choice(['otlp', 'zipkin', 'console', 'none']).default('otlp'),
      metrics: choice(['otlp', 'prometheus', 'console', 'none']).default('none'),
      logs: choice(['otlp', 'console', 'none']).default('none'),
    })
    .prefault({}),
  bridge: z.boolean().default(true),
  env: z.record(variableName, variableValue).default({}),
  sampler: sampler.exactOptional(),
  instrumentation: instrumentation.exactOptional(),
  extensions: z.array(extension).readonly().default([]),
  jvmOptions: jvmOptions.prefault({}),
});

const image = z.strictObject({
  to: template(['registry', 'path', 'repository', 'tag', 'hash8'], ['hash8'])
    .refine((value) => namesImage(value, true), 'must be a repository and a tag once its placeholders are filled in')
    .default('{repository}:{tag}-otel-{hash8}'),
  agentRepository: template(['registry', 'path', 'repository'])
    .refine((value) => namesImage(value, false), 'must be a repository without a tag once its placeholders are filled in')
    .default('{registry}/changeover/agent'),
  reference: choice(['tag@digest', 'digest', 'tag']).default('tag@digest'),
  removeOld: choice(['auto', 'never']).default('auto'),
  readyTimeout: duration.prefault('5m'),
  sign: command.refine((words) => words.slice(1).some((word) => word.includes('{ref}')), 'must have {ref} in one of its arguments').exactOptional(),
  files: z.record(relativePath, text).default({}),
  entrypoint: command.exactOptional(),
});

const gate = z
  .strictObject({
    url,
    when: choice(['beforeWorkload', 'beforeBatch']).default('beforeWorkload'),
    timeout: duration.refine((value) => value >= 1_000 && value <= 300_000, 'must be between 1s and 5m').prefault('30s'),
  })
  .transform(({ timeout: timeoutMs, ...rest }): ReleaseGateRule => ({ ...rest, timeoutMs }));

const MAX_WINDOW_MS = 31 * 86_400_000;
const window = z
  .strictObject({
    kind: choice(['allow', 'deny']),
    schedule: text.refine((value) => parseCron(value) !== undefined, 'must be a cron schedule (minute hour day month weekday) such as "0 22 * * mon-fri"'),
    duration: duration.refine((value) => value >= 60_000 && value <= MAX_WINDOW_MS, 'must be between 1m and 744h'),
    timeZone: text.refine(isTimeZone, 'must be a time zone such as Europe/Berlin').default('UTC'),
  })
  .refine(({ schedule }) => !parseCron(schedule) || nextStart({ schedule, timeZone: 'UTC' }, 0) !== undefined, {
    path: ['schedule'],
    message: 'names a day that never comes',
  })
  .transform(({ duration: durationMs, ...rest }): ChangeWindow => ({ ...rest, durationMs }));

const rollout = z.strictObject({
  batchSize: count(1).default(10),
  waves: z.array(count(1)).min(1).readonly().default([1, 3, 10]),
  soak: duration.prefault('5m'),
  canary: duration.prefault('0s'),
  maxFailures: count(0).default(0),
  maxStale: percentage.prefault('10%'),
  onFailure: choice(['rollback', 'hold']).default('rollback'),
  maxSurgePods: count(1).default(30),
  windows: z.array(window).readonly().default([]),
  topology: choice(['jaeger'], ['file']).exactOptional(),
  drill: z.boolean().default(false),
});

const service = form('namespace/name:port', /^[a-z0-9-]+\/[a-z0-9-]+:[a-z0-9-]+$/);

const registry = z
  .strictObject({
    plainHttp: z.boolean().exactOptional(),
    ca: text.exactOptional(),
    cert: text.exactOptional(),
    key: text.exactOptional(),
    rate: z.number().positive('must be more than 0 requests per second').exactOptional(),
    auth: z
      .string()
      .regex(
        /^(?:docker|env:[A-Za-z_][A-Za-z0-9_]*|secret:[a-z0-9-]{1,63}\/[a-z0-9][a-z0-9.-]{0,252})$/,
        'must be docker, env:NAME or secret:namespace/name, never the secret itself',
      )
      .exactOptional(),
  })
  .refine((settings) => (settings.cert === undefined) === (settings.key === undefined), 'must have both cert and key, or none of them');

const allow = z.strictObject({ id: text, match: text.exactOptional(), reason: text, until: day.exactOptional() });

const notify = z.strictObject({
  kind: choice(['webhook'], ['slack', 'dingtalk', 'feishu', 'wecom']),
  urlFrom: form('env:NAME, a variable that holds the URL, never the URL itself', /^env:[A-Za-z_][A-Za-z0-9_]*$/),
  on: z
    .array(choice(['halt', 'done']))
    .min(1)
    .readonly()
    .default(['halt', 'done']),
});

const spec = z
  .strictObject({
    select: select.prefault({}),
    from: z.strictObject({ agent: choice(['skywalking', 'opentelemetry']).default('skywalking') }).prefault({}),
    to,
    delivery: choice(['auto', 'takeover', 'image'], ['mount', 'admission']).default('auto'),
    image: image.prefault({}),
    rollout: rollout.prefault({}),
    proof: choice(['log', 'spans', 'off']).default('log'),
    verify: z
      .strictObject({
        jaeger: z.union([url, z.strictObject({ service })]).exactOptional(),
        skywalking: url.exactOptional(),
        gate: z.boolean().default(false),
      })
      .prefault({}),
    allow: z.array(allow).readonly().default([]),
    owners: z.strictObject({ label: text.exactOptional() }).prefault({}),
    notify: z.array(notify).readonly().default([]),
    approvals: z.strictObject({ perOwner: z.boolean().default(false), min: count(0).default(0) }).prefault({}),
    gates: z.array(gate).readonly().default([]),
    registries: z.record(form('a registry host such as registry.example.com:5000', /^[a-z0-9.-]+(?::\d+)?$/), registry).default({}),
  })
  .refine(({ proof, verify }) => proof !== 'spans' || verify.jaeger !== undefined, { path: ['proof'], message: 'spans needs spec.verify.jaeger' })
  .refine(({ approvals, owners }) => !approvals.perOwner || owners.label !== undefined, {
    path: ['approvals', 'perOwner'],
    message: 'needs spec.owners.label',
  })
  .refine(({ rollout: { topology }, verify }) => topology === undefined || verify.jaeger !== undefined, {
    path: ['rollout', 'topology'],
    message: 'needs spec.verify.jaeger',
  })
  .refine(({ verify }) => !verify.gate || verify.jaeger !== undefined, { path: ['verify', 'gate'], message: 'needs spec.verify.jaeger' });

/** The policy file as people write it (product contract, "Policy file"); durations become milliseconds, shares 0 to 1. */
export const policySchema = z.strictObject({
  apiVersion: z.literal('changeover.dev/v1alpha1'),
  kind: z.literal('Changeover'),
  metadata: z.strictObject({ name: form('a name of at most 50 lower-case letters, digits and dashes', /^[a-z0-9](?:[a-z0-9-]{0,48}[a-z0-9])?$/) }),
  spec,
});

export type PolicyFile = z.output<typeof policySchema>;

/** An option without its value, which may be a secret. */
function nameOf(option: string): string {
  return optionNames(option)[0] ?? '';
}

/** Whether a template, filled with ordinary values, is an image reference with (or without) a tag, and never a digest. */
function namesImage(value: string, tagged: boolean): boolean {
  const sample: Readonly<Record<string, string>> = {
    registry: 'registry.example.com',
    path: 'a/b',
    repository: 'registry.example.com/a/b',
    tag: '1',
    hash8: '00000000',
  };
  try {
    const { tag, digest } = parseImageReference(value.replaceAll(/\{(\w+)\}/g, (_, name: string) => sample[name] ?? 'x'));
    return (tag !== undefined) === tagged && digest === undefined;
  } catch {
    return false;
  }
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
