import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kubectl } from '../../lab/kubectl.ts';
import { lab } from '../../lab/lab.ts';
import type { Check } from '../../src/core/doctor/doctor-report.ts';
import { rightsFor, type Right } from '../../src/core/doctor/permissions.ts';
import { json, run, workFolder, writePolicy } from './changeover.ts';

const stateNamespace = 'doctor-test';
const scope = { namespaces: ['shop'], byLabel: false, stateNamespace, traces: lab.jaegerService };

interface Report {
  readonly kind: string;
  readonly verdict: string;
  readonly checks: readonly (Check & { readonly fix?: string })[];
}

interface Rule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** The rights `doctor` prints, granted by a real API server to a ServiceAccount of another namespace than the lab's own. */
describe('doctor, on a real API server', () => {
  const folder = workFolder();
  let rights: string;

  beforeAll(async () => {
    writePolicy(folder, { verify: { jaeger: { service: lab.jaegerService } } });
    const printed = await run(folder, ['doctor', '--rbac', 'apply', '-p', 'policy.yaml', '--state-namespace', stateNamespace], { KUBECONFIG: '/nowhere' });
    rights = printed.stdout;
    await kubectl(['apply', '-f', '-'], { input: rights });
  });

  afterAll(async () => {
    await kubectl(['delete', '-f', '-', '--ignore-not-found', '--wait=false'], { input: rights });
  });

  it('prints rights that kubectl accepts, also a second time', async () => {
    const again = await kubectl(['apply', '-f', '-'], { input: rights });

    expect(
      again
        .trim()
        .split('\n')
        .every((line) => line.endsWith('unchanged')),
    ).toBe(true);
  });

  it('grants exactly the rights that are needed in each namespace, and none elsewhere', async () => {
    for (const namespace of ['shop', stateNamespace, 'observability', 'default']) {
      const everybody = await rulesIn(namespace, 'default');
      const granted = (await rulesIn(namespace, 'changeover')).filter((rule) => !everybody.includes(rule));

      const needed = rightsFor('apply', scope).filter((right) => right.namespace === undefined || right.namespace === namespace);
      expect([...granted].sort(byText)).toEqual(needed.flatMap((right) => right.verbs.map((verb) => textOf(verb, right))).sort(byText));
    }
  });

  it('finds every right granted when it runs as that account', async () => {
    const as = ['--as', `system:serviceaccount:${stateNamespace}:changeover`];
    const outcome = await run(folder, ['doctor', '-p', 'policy.yaml', '--state-namespace', stateNamespace, '-o', 'json', ...as], {
      KUBECONFIG: lab.adminKubeconfig,
    });

    const permissions = json<Report>(outcome).checks.filter((check) => check.id === 'permission');
    expect(permissions.length).toBeGreaterThan(15);
    expect(permissions.filter((check) => check.status !== 'ok')).toEqual([]);
  });

  it('lists each right that a person without any lacks, with a fix, and ends with 3', async () => {
    const outcome = await run(folder, ['doctor', '-n', 'shop', '-o', 'json'], { KUBECONFIG: lab.viewerKubeconfig });

    const report = json<Report>(outcome);
    const permissions = report.checks.filter((check) => check.id === 'permission');
    const needed = rightsFor('apply', { ...scope, stateNamespace: 'changeover', traces: '' }).flatMap((right) =>
      right.verbs.flatMap(() => right.names ?? ['']),
    );
    expect(outcome.code).toBe(3);
    expect(report).toMatchObject({ kind: 'DoctorReport', verdict: 'problem' });
    expect(permissions).toHaveLength(needed.length);
    for (const check of permissions) {
      expect(check.status).toBe('problem');
      expect(check.fix).toContain('`changeover doctor --rbac apply -n shop | kubectl apply -f -`');
    }
    expect(report.checks.find((check) => check.id === 'fleet')).toMatchObject({ status: 'unknown' });
    expect(report.checks.find((check) => check.id === 'clock')).toMatchObject({ status: 'ok' });
  });

  it('says what is wrong in words, and the command that mends it once', async () => {
    const outcome = await run(folder, ['doctor', '-n', 'shop'], { KUBECONFIG: lab.viewerKubeconfig });

    expect(outcome.code).toBe(3);
    expect(outcome.stdout).toContain('- may not patch deployments.apps: needed to change workloads and put them back');
    expect(outcome.stdout.match(/changeover doctor --rbac apply -n shop/g)).toHaveLength(1);
  });

  it('finds a cluster that does not answer, and looks at the rest', async () => {
    writeFileSync(join(folder, 'dead.kubeconfig'), readFileSync(lab.adminKubeconfig, 'utf8').replace(/https:\/\/127\.0\.0\.1:\d+/, 'https://127.0.0.1:1'));

    const outcome = await run(folder, ['doctor', '-o', 'json'], { KUBECONFIG: join(folder, 'dead.kubeconfig') });

    const report = json<Report>(outcome);
    expect(outcome.code).toBe(3);
    expect(report.checks.map((check) => [check.id, check.status])).toEqual([
      ['cluster', 'problem'],
      ['journal', 'ok'],
    ]);
  });
});

/** What the server says a ServiceAccount may do in a namespace. */
async function rulesIn(namespace: string, account: string): Promise<readonly string[]> {
  const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace } };
  const as = ['--as', `system:serviceaccount:${stateNamespace}:${account}`];
  const answer = await kubectl(['create', '-f', '-', '-o', 'json', '--validate=false', ...as], { input: JSON.stringify(review) });
  const { status } = JSON.parse(answer) as { readonly status: { readonly resourceRules: readonly Rule[] } };
  const texts = status.resourceRules.flatMap(({ verbs, apiGroups, resources, resourceNames: names = [] }) =>
    verbs.flatMap((verb) => apiGroups.flatMap((group) => resources.map((path) => textOf(verb, { group, resource: path, names })))),
  );
  return [...new Set(texts)];
}

function textOf(verb: string, { group, resource, subresource, names = [] }: Pick<Right, 'group' | 'resource' | 'subresource' | 'names'>): string {
  return `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`} of ${group} ${names.join(',')}`;
}

function byText(a: string, b: string): number {
  return a < b ? -1 : 1;
}
