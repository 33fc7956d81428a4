import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChangeoverError } from '../error.ts';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { defaultPolicy } from './default-policy.ts';
import { parsePolicy } from './parse-policy.ts';
import type { DocumentPath, Place } from './placed-document.ts';

const nowhere = { file: 'policy.yaml', position: (): undefined => undefined };

/** The smallest policy, with more of its spec. */
function document(spec: JsonObject = {}): JsonObject {
  const { to, ...rest } = spec;
  const files = { image: 'registry.example.com/agents/otel-java:2.33.1' };
  return {
    apiVersion: 'changeover.dev/v1alpha1',
    kind: 'Changeover',
    metadata: { name: 'move' },
    spec: { to: { files, ...(isJsonObject(to) ? to : {}) }, ...rest },
  };
}

/** What is said about a document; its lines without the file's name. */
function problems(value: Json): readonly string[] {
  try {
    parsePolicy(value, nowhere);
  } catch (error) {
    if (error instanceof ChangeoverError && error.code === 'invalid-file') {
      return error.message
        .split('\n')
        .filter((line) => !line.endsWith('problems:'))
        .map((line) => line.trim().replace('policy.yaml: ', ''));
    }
    throw error;
  }
  return [];
}

describe('parsePolicy', () => {
  it('fills in every default of the contract', () => {
    const policy = parsePolicy(document(), nowhere);

    expect(policy).toEqual({
      name: 'move',
      select: {
        namespaces: [],
        exclude: [],
        kinds: ['Deployment'],
        requireSidecar: [],
        includeZero: false,
        container: { namePrefixOfWorkload: true, skip: ['istio-proxy', 'filebeat*', 'fluent*', 'logtail*', '*-log-collector'] },
      },
      from: { agent: 'skywalking' },
      to: {
        agent: 'opentelemetry',
        home: '/changeover',
        files: { kind: 'image', image: 'registry.example.com/agents/otel-java:2.33.1' },
        signals: { traces: 'otlp', metrics: 'none', logs: 'none' },
        bridge: true,
        env: {},
        extensions: [],
        jvmOptions: { add: [], remove: [], replace: {} },
      },
      delivery: 'auto',
      image: {
        to: '{repository}:{tag}-otel-{hash8}',
        agentRepository: '{registry}/changeover/agent',
        reference: 'tag@digest',
        removeOld: 'auto',
        readyTimeoutMs: 300_000,
        files: {},
      },
      rollout: {
        batchSize: 10,
        waves: [1, 3, 10],
        soakMs: 300_000,
        canaryMs: 0,
        maxFailures: 0,
        maxStale: 0.1,
        onFailure: 'rollback',
        maxSurgePods: 30,
        windows: [],
        drill: false,
      },
      proof: 'log',
      verify: { gate: false },
      allow: [],
      owners: {},
      approvals: { perOwner: false, min: 0 },
      gates: [],
      notify: [],
      registries: {},
      source: document(),
    });
  });

  it('reads durations, shares, templates, agent files and trace stores', () => {
    const policy = parsePolicy(
      document({
        to: { files: { path: './agent.tar.gz' }, serviceName: '{label:app}-{label:tier}', env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4317' } },
        image: { readyTimeout: '90s', files: { 'bin/start.sh': './start.sh' }, entrypoint: ['/bin/sh', '/changeover/files/bin/start.sh'] },
        rollout: { soak: '1h30m', maxStale: '2.5%' },
        verify: { jaeger: { service: 'observability/jaeger-query:16686' } },
        registries: { 'registry.example.com:5000': { ca: './ca.pem', rate: 20, auth: 'env:TOKEN' } },
      }),
      nowhere,
    );

    expect(policy.to.files).toEqual({ kind: 'path', path: './agent.tar.gz' });
    expect(policy.to.serviceName).toBe('{label:app}-{label:tier}');
    expect(policy.image).toMatchObject({ readyTimeoutMs: 90_000, files: { 'bin/start.sh': './start.sh' } });
    expect(policy.rollout).toMatchObject({ soakMs: 5_400_000, maxStale: 0.025 });
    expect(policy.verify).toEqual({ jaeger: { kind: 'service', service: 'observability/jaeger-query:16686' }, gate: false });
    expect(policy.registries).toEqual({ 'registry.example.com:5000': { ca: './ca.pem', rate: 20, auth: 'env:TOKEN' } });
  });

  it('keeps the file as written, for the record and its hash', () => {
    const written = document({ rollout: { canary: '0s' } });

    expect(parsePolicy(written, nowhere).source).toBe(written);
  });

  it('names file, line and column of each problem, in the order of the file', () => {
    const lines: Readonly<Record<string, Place>> = { 'spec.rollout.soak': { line: 9, column: 5 }, 'spec.delivery': { line: 7, column: 3 } };
    const position = (path: DocumentPath): Place | undefined => lines[path.join('.')];

    const parse = (): unknown => parsePolicy(document({ rollout: { soak: '5 minutes' }, delivery: 'mount' }), { file: 'policy.yaml', position });

    expect(parse).toThrow(
      'policy.yaml has 2 problems:\n' +
        '  policy.yaml:7:3: spec.delivery: "mount" is not available in this version; use auto or takeover or image\n' +
        '  policy.yaml:9:5: spec.rollout.soak: must be a duration such as 5m, 90s or 1h30m, is "5 minutes"',
    );
  });

  it('shows the place of the parent when a field is missing', () => {
    const position = (path: DocumentPath): Place | undefined => (path.join('.') === 'spec.to' ? { line: 5, column: 3 } : undefined);

    const parse = (): unknown => parsePolicy({ ...document(), spec: { to: {} } }, { file: 'policy.yaml', position });

    expect(parse).toThrow('policy.yaml:5:3: spec.to.files: is required');
  });

  it.each([
    [{ rollout: { batchsize: 5 } }, 'spec.rollout.batchsize: unknown field; did you mean "batchSize"?'],
    [{ select: { label_selector: 'a=b' } }, 'spec.select.label_selector: unknown field; did you mean "labelSelector"?'],
    [{ rolout: {} }, 'spec.rolout: unknown field; did you mean "rollout"?'],
    [{ verify: { jaeger: { servce: 'a/b:1' } } }, 'spec.verify.jaeger.servce: unknown field; did you mean "service"?'],
    [{ registries: { 'r.example.com': { plainHTTP: true } } }, 'spec.registries."r.example.com".plainHTTP: unknown field; did you mean "plainHttp"?'],
    [{ allow: [{ id: 'x', reason: 'y', xyzzy: 1 }] }, 'spec.allow[0].xyzzy: unknown field; known here: id, match, reason, until'],
  ])('refuses an unknown field with the name that was meant: %j', (spec, message) => {
    expect(problems(document(spec))).toContain(message);
  });

  it.each([
    [{ delivery: 'admission' }, 'spec.delivery: "admission" is not available in this version; use auto or takeover or image'],
    [
      { select: { kinds: ['Job'] } },
      'spec.select.kinds[0]: "Job" is not available in this version; use Deployment or StatefulSet or DaemonSet or CronJob or Rollout or CloneSet',
    ],
    [{ to: { agent: 'skywalking' } }, 'spec.to.agent: "skywalking" is not available in this version; use opentelemetry'],
  ])('says which values are not built yet: %j', (spec, message) => {
    expect(problems(document(spec))).toEqual([message]);
  });

  it.each([
    [{ kind: 'allow', schedule: 'mon 9-17', duration: '8h' }, 'schedule: must be a cron schedule (minute hour day month weekday) such as "0 22 * * mon-fri"'],
    [{ kind: 'allow', schedule: '0 0 31 2 *', duration: '8h' }, 'schedule: names a day that never comes'],
    [{ kind: 'deny', schedule: '0 0 * * *', duration: '0s' }, 'duration: must be between 1m and 744h'],
    [{ kind: 'deny', schedule: '0 0 * * *', duration: '1h', timeZone: 'Europe/Nowhere' }, 'timeZone: must be a time zone such as Europe/Berlin'],
  ])('refuses a change window that can never be meant: %j', (window, message) => {
    expect(problems(document({ rollout: { windows: [window] } }))).toEqual([`spec.rollout.windows[0].${message}`]);
  });

  it.each<readonly [JsonObject & { readonly verify?: JsonObject }, string]>([
    [{ proof: 'spans' }, 'spec.proof: spans needs spec.verify.jaeger'],
    [{ verify: { gate: true } }, 'spec.verify.gate: needs spec.verify.jaeger'],
    [{ rollout: { topology: 'jaeger' } }, 'spec.rollout.topology: needs spec.verify.jaeger'],
  ])('refuses what needs a trace store where none is named: %j', (spec, message) => {
    const jaeger = 'http://jaeger:16686';

    expect(problems(document(spec))).toEqual([message]);
    expect(parsePolicy(document({ ...spec, verify: { ...spec.verify, jaeger } }), nowhere).verify.jaeger).toEqual({ kind: 'url', url: jaeger });
  });

  it('accepts features that are switched off', () => {
    const off = {
      rollout: { canary: '0s', windows: [], drill: false },
      verify: { gate: false },
      notify: [],
      gates: [],
      approvals: { perOwner: false, min: 0 },
    };

    expect(problems(document({ ...off, to: { bridge: false, extensions: [], jvmOptions: { add: [], remove: [], replace: {} } } }))).toEqual([]);
  });

  it.each([
    [{ rollout: { batchSize: 0 } }, 'spec.rollout.batchSize: must be at least 1, is 0'],
    [{ rollout: { batchSize: '10' } }, 'spec.rollout.batchSize: must be a number, is "10"'],
    [{ rollout: { batchSize: 1.5 } }, 'spec.rollout.batchSize: must be a whole number, is 1.5'],
    [{ rollout: { batchSize: null } }, 'spec.rollout.batchSize: is empty: give it a value or remove the line'],
    [{ rollout: { waves: [] } }, 'spec.rollout.waves: must not be empty'],
    [{ rollout: { soak: 300 } }, 'spec.rollout.soak: must be a duration such as 5m, 90s or 1h30m'],
    [{ rollout: { maxStale: '110%' } }, 'spec.rollout.maxStale: must be a percentage such as 10%, is "110%"'],
    [{ rollout: { onFailure: 'stop' } }, 'spec.rollout.onFailure: must be rollback or hold, is "stop"'],
    [{ select: { namespaces: 'shop' } }, 'spec.select.namespaces: must be a list, is "shop"'],
    [{ select: { namespaces: ['*'] } }, 'spec.select.namespaces[0]: must be the name of a namespace (leave namespaces out for every namespace)'],
    [{ select: { exclude: ['shop/orders'] } }, 'spec.select.exclude[0]: must be namespace/kind/name, such as shop/Deployment/orders'],
    [{ select: { labelSelector: 'a==b==c' } }, 'spec.select.labelSelector: must be a label selector such as team=shop,tier in (web,api)'],
    [{ to: { home: '/a/../b' } }, 'spec.to.home: must be an absolute path of plain characters such as /changeover'],
    [{ to: { files: { image: 'a', path: 'b' } } }, 'spec.to.files: must have exactly one of image and path'],
    [{ to: { serviceName: '{name}' } }, 'spec.to.serviceName: must be text with placeholders of the form {label:appName}'],
    [{ to: { env: { OTEL_X: 1 } } }, 'spec.to.env.OTEL_X: must be text: put the value in quotes'],
    [{ to: { env: { JAVA_TOOL_OPTIONS: '-Xmx1g' } } }, 'spec.to.env.JAVA_TOOL_OPTIONS: must not be set here: it would replace what images and teams set'],
    [
      { to: { env: { OTEL_SERVICE_NAME: 'all' } } },
      'spec.to.env.OTEL_SERVICE_NAME: must not be set here: the whole fleet would be one service; use spec.to.serviceName',
    ],
    [{ image: { to: '{repository}:otel' } }, 'spec.image.to: must contain {hash8}, or different images would get the same name'],
    [{ image: { to: '{repo}:{hash8}' } }, 'spec.image.to: has the unknown placeholder {repo}; known are {registry}, {path}, {repository}, {tag}, {hash8}'],
    [{ image: { to: '{repository}-{hash8}' } }, 'spec.image.to: must be a repository and a tag once its placeholders are filled in'],
    [
      { image: { agentRepository: '{registry}/changeover/agent:1' } },
      'spec.image.agentRepository: must be a repository without a tag once its placeholders are filled in',
    ],
    [{ image: { sign: ['cosign', 'sign'] } }, 'spec.image.sign: must have {ref} in one of its arguments'],
    [{ image: { files: { '../x': './x' } } }, 'spec.image.files."../x": must be a relative path without ..'],
    [{ allow: [{ id: 'sampling-changes' }] }, 'spec.allow[0].reason: is required'],
    [{ allow: [{ id: 'x', reason: 'y', until: '2026-02-30' }] }, 'spec.allow[0].until: must be a day of the calendar'],
    [{ verify: { jaeger: 'jaeger:16686' } }, 'spec.verify.jaeger: must be an http or https URL'],
    [{ verify: { jaeger: { service: 'jaeger' } } }, 'spec.verify.jaeger.service: must be namespace/name:port'],
    [{ registries: { 'https://r': {} } }, 'spec.registries."https://r": must be a registry host such as registry.example.com:5000'],
    [{ registries: { r: { cert: 'c.pem' } } }, 'spec.registries.r: must have both cert and key, or none of them'],
    [{ registries: { r: { auth: 'secret:pull' } } }, 'spec.registries.r.auth: must be docker, env:NAME or secret:namespace/name, never the secret itself'],
  ])('refuses %j and says what is right', (spec, message) => {
    expect(problems(document(spec))).toEqual([message]);
  });

  it.each(['docker', 'env:LOGIN', 'secret:shop/pull.v2'])('takes %s as the way to log in to a registry', (auth) => {
    expect(problems(document({ registries: { r: { auth } } }))).toEqual([]);
  });

  it('never repeats what may be a secret', () => {
    const said = problems(document({ registries: { r: { auth: 'user:hunter2' } }, verify: { jaeger: 'http://me:hunter2@jaeger' } })).join('\n');

    expect(said).toContain('spec.registries.r.auth: must be docker, env:NAME or secret:namespace/name, never the secret itself');
    expect(said).toContain('spec.verify.jaeger: must not carry a password');
    expect(said).not.toContain('hunter2');
  });

  it('reports problems of every kind at once', () => {
    const said = problems({
      apiVersion: 'v1',
      kind: 'Changeover',
      metadata: { name: 'Not Valid' },
      spec: { to: {}, rollout: { canary: 'soon', btchSize: 1 }, gates: [1] },
    });

    expect(said).toHaveLength(6);
  });

  it('takes or refuses whatever stands in a field, and never fails in another way', () => {
    const { spec } = parsePolicy(document(), nowhere).source as { readonly spec: JsonObject };
    const parts = ['select', 'from', 'to', 'delivery', 'image', 'rollout', 'proof', 'verify', 'allow', 'owners', 'registries', 'approvals', 'notify'] as const;
    const anything = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>;

    fc.assert(
      fc.property(fc.constantFrom(...parts), anything, (part, value) => {
        const said = problems({ ...document(), spec: { ...spec, [part]: value } });

        expect(said.every((line) => line.length > 0)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('says what a document without kind and version must have', () => {
    const { apiVersion: _version, kind: _kind, ...rest } = document();

    expect(problems(rest).join('\n')).toContain('apiVersion: is required: changeover.dev/v1alpha1');
    expect(problems(rest).join('\n')).toContain('kind: is required: Changeover');
  });

  it.each([[null], [[]], ['text'], [42]])('refuses a document that is no mapping: %j', (value) => {
    expect(problems(value)).toHaveLength(1);
  });
});

describe('defaultPolicy', () => {
  it('selects every namespace and names no agent files', () => {
    const policy = defaultPolicy();

    expect(policy.select.namespaces).toEqual([]);
    expect(policy.to.files).toEqual({ kind: 'none' });
  });
});
