import { beforeAll, describe, expect, it } from 'vitest';
import { openSimulation, type Simulation } from '../../test/simulation/open-simulation.ts';
import type { Check } from '../core/doctor/doctor-report.ts';
import { ChangeoverError } from '../core/error.ts';
import { parsePolicy } from '../core/policy/parse-policy.ts';
import type { AccessQuery } from '../ports/cluster.ts';
import { diagnose, scopeOf, type DoctorPorts } from './diagnose.ts';

describe('the doctor', () => {
  let simulation: Simulation;

  beforeAll(async () => {
    simulation = await openSimulation({ services: [{ name: 'orders' }, { name: 'login' }] });
  });

  it('finds nothing where everything is well', async () => {
    const report = await examine();

    expect(report.checks.filter((check) => check.status !== 'ok')).toEqual([]);
    expect(report.verdict).toBe('ok');
    expect(new Set(report.checks.map((check) => check.id))).toEqual(
      new Set(['cluster', 'permission', 'state-namespace', 'clock', 'fleet', 'registry', 'image', 'push', 'abilities', 'agent-files', 'journal', 'traces']),
    );
    expect(of(report.checks, 'push').map((check) => check.params['repository'])).toEqual([
      'registry.example.com/shop/login',
      'registry.example.com/changeover/agent',
      'registry.example.com/shop/orders',
    ]);
  });

  it('asks for the rights that calls really need: the one denied is the one missing', async () => {
    const denies = ({ verb, resource }: AccessQuery): boolean => verb === 'patch' && resource === 'deployments';

    const report = await examine({ cluster: simulation.world.connect({ denies }) });

    expect(missing(report.checks)).toEqual([{ verb: 'patch', group: 'apps', resource: 'deployments', namespace: 'shop', name: '', why: 'change-workloads' }]);
    expect(report.verdict).toBe('problem');
  });

  it('does not know what is behind a right that is missing, and goes on with the rest', async () => {
    const report = await examine({ cluster: simulation.world.connect({ denies: () => true }) });

    expect(of(report.checks, 'permission').every((check) => check.status === 'problem')).toBe(true);
    expect(of(report.checks, 'fleet')).toMatchObject([{ status: 'unknown' }]);
    expect(of(report.checks, 'state-namespace')).toMatchObject([{ status: 'unknown' }]);
    expect(of(report.checks, 'agent-files')).toMatchObject([{ status: 'ok' }]);
  });

  it('tells a state namespace that can be made from one that cannot', async () => {
    const denies = ({ verb, resource }: AccessQuery): boolean => verb === 'create' && resource === 'namespaces';

    const may = await examine({}, 'not-yet');
    const mayNot = await examine({ cluster: simulation.world.connect({ denies }) }, 'not-yet');

    expect(of(may.checks, 'state-namespace')).toMatchObject([{ status: 'ok', params: { exists: false } }]);
    expect(of(mayNot.checks, 'state-namespace')).toMatchObject([{ status: 'problem' }]);
  });

  it('calls a clock wrong only beyond what the measurement is unsure of', async () => {
    const cluster = simulation.world.connect();
    const aside = (ms: number): Partial<DoctorPorts> => ({ cluster: { ...cluster, serverTime: async () => simulation.world.clock.now() + ms } });

    const good = await examine(aside(9_000));
    const bad = await examine(aside(-20_000));

    expect(of(good.checks, 'clock')).toMatchObject([{ status: 'ok' }]);
    expect(of(bad.checks, 'clock')).toMatchObject([{ status: 'problem', params: { skewMs: 19_500 } }]);
  });

  it('takes a rule that deletes images, or a quota without room, for a problem; what a registry cannot do is none', async () => {
    const { registry } = simulation.openEngine().ports;
    const able = await registry.probe({ registry: 'registry.example.com', path: 'shop/orders' });
    const probing = (more: Partial<typeof able>): Partial<DoctorPorts> => ({ registry: { ...registry, probe: async () => ({ ...able, ...more }) } });

    const poor = await examine(probing({ mount: 'no', referrers: 'no', delete: 'no' }));
    const evicting = await examine(probing({ retention: 'yes' }));
    const full = await examine(probing({ quota: { used: 999e6, limit: 1000e6 } }));
    const roomy = await examine(probing({ quota: { used: 0, limit: 1000e6 } }));

    expect(of(poor.checks, 'abilities')).toMatchObject([{ status: 'ok', params: { mount: 'no', delete: 'no' } }]);
    expect(of(evicting.checks, 'abilities')).toMatchObject([{ status: 'problem' }]);
    expect(of(full.checks, 'abilities')).toMatchObject([{ status: 'problem', params: { free: '1 MB' } }]);
    expect(of(roomy.checks, 'abilities')).toMatchObject([{ status: 'ok', params: { free: '1000 MB' } }]);
  });

  it('asks a registry that does not answer once', async () => {
    let asked = 0;
    const { registry } = simulation.openEngine().ports;
    const silent = async (): Promise<never> => {
      asked += 1;
      throw new ChangeoverError('unreachable', 'no connection', { hint: 'Check the network.' });
    };

    const report = await examine({ registry: { ...registry, manifest: silent } });

    expect(asked).toBe(1);
    expect(of(report.checks, 'registry')).toMatchObject([{ status: 'problem', params: { registry: 'registry.example.com', hint: 'Check the network.' } }]);
    expect([...of(report.checks, 'image'), ...of(report.checks, 'push')]).toEqual([]);
  });

  it('names each repository it may not push to and each image that is gone', async () => {
    const { registry } = simulation.openEngine().ports;
    const gone: DoctorPorts['registry'] = {
      ...registry,
      manifest: async (repository, ...rest) => (repository.path === 'shop/login' ? undefined : registry.manifest(repository, ...rest)),
      canPush: async (repository) => repository.path !== 'changeover/agent',
    };

    const report = await examine({ registry: gone });

    const problems = report.checks.filter((check) => check.status === 'problem');
    expect(problems.map((check) => check.params['repository'] ?? check.params['image'])).toEqual([
      expect.stringMatching(/^registry\.example\.com\/shop\/login@sha256:/),
      'registry.example.com/changeover/agent',
    ]);
  });

  it('finds agent files, journal and trace store that do not answer', async () => {
    const fails = async (): Promise<never> => {
      throw new ChangeoverError('usage', 'it is not there', { hint: 'Put it there.' });
    };

    const report = await examine({ agentFiles: fails, probeJournal: fails, traces: { services: fails, traces: fails, dependencies: fails } });

    const problems = report.checks.filter((check) => check.status === 'problem');
    expect(problems.map((check) => [check.id, check.params['hint']])).toEqual([
      ['agent-files', 'Put it there.'],
      ['journal', 'Put it there.'],
      ['traces', 'Put it there.'],
    ]);
  });

  it('ends with the cluster that cannot be reached, and still looks at what is here', async () => {
    const cluster = simulation.world.connect();
    const identity = async (): Promise<never> => {
      throw new ChangeoverError('unreachable', 'no connection to https://cluster.example.com');
    };

    const report = await examine({ cluster: { ...cluster, identity } });

    expect(report.checks.map((check) => [check.id, check.status])).toEqual([
      ['cluster', 'problem'],
      ['agent-files', 'ok'],
      ['journal', 'ok'],
      ['traces', 'ok'],
    ]);
  });

  it('narrows the policy by the namespaces named', () => {
    const policy = policyWith({ namespaces: ['shop', 'web'] });

    expect(scopeOf({ policy, stateNamespace: 's' }).namespaces).toEqual(['shop', 'web']);
    expect(scopeOf({ policy, namespaces: ['web', 'other'], stateNamespace: 's' }).namespaces).toEqual(['web']);
    expect(scopeOf({ policy: policyWith({}), stateNamespace: 's' }).namespaces).toBe('all');
    expect(scopeOf({ policy: policyWith({ namespaceSelector: 'team=a' }), stateNamespace: 's' })).toMatchObject({ namespaces: 'all', byLabel: true });
  });

  function examine(other: Partial<DoctorPorts> = {}, stateNamespace = 'changeover'): ReturnType<typeof diagnose> {
    const { world } = simulation;
    const { registry, agentFiles } = simulation.openEngine().ports;
    const cluster = { ...world.connect(), serverTime: async () => world.clock.now() };
    const traces = { services: async () => ['orders'], traces: async () => [], dependencies: async () => [] };
    const ports = { cluster, registry, agentFiles, clock: world.clock, probeJournal: async () => '/journals', traces, ...other };
    return diagnose(ports, { policy: policyWith({ namespaces: ['shop'] }), stateNamespace });
  }
});

function policyWith(select: { readonly namespaces?: readonly string[]; readonly namespaceSelector?: string }): Parameters<typeof scopeOf>[0]['policy'] {
  const spec = {
    select,
    to: { files: { path: './agent.jar' }, env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4317' } },
    verify: { jaeger: 'http://jaeger:16686' },
  };
  const document = { apiVersion: 'changeover.dev/v1alpha1', kind: 'Changeover', metadata: { name: 'test' }, spec };
  return parsePolicy(document, { file: 'policy', position: () => undefined });
}

function of(checks: readonly Check[], id: Check['id']): readonly Check[] {
  return checks.filter((check) => check.id === id);
}

function missing(checks: readonly Check[]): readonly Check['params'][] {
  return checks.filter((check) => check.status === 'problem').map((check) => check.params);
}
