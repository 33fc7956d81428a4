import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { kubectl } from '../../lab/kubectl.ts';
import { readSegmentCounts, serviceUrl } from '../../lab/lab.ts';
import { waitUntil } from '../../lab/wait-until.ts';
import type { MigrateItem, Plan, PlanItem, SkipItem } from '../../src/core/plan/plan.ts';
import type { RunStatus } from '../../src/core/rollout/run-status.ts';
import { bootAll, removeBooted, type BootedPod, type Combination } from './boot-matrix.ts';
import { json, run, workFolder, writePolicy } from './changeover.ts';
import { listFiles, outside, type FileListing } from './container-files.ts';
import { imageOf, inspectService, readDeployments, withoutMeantChanges, type Deployment, type JvmFacts, type PodTemplate } from './fleet-state.ts';
import { releaseImage } from './release-image.ts';
import { readTraces } from './traces.ts';

const namespace = 'store';

/** Where each service's old agent lies, as a physical path. */
const jars: { readonly [service: string]: string } = {
  args: '/opt/skywalking/skywalking-agent.jar',
  catalog: '/skywalking/agent/skywalking-agent.jar',
  legacy: '/opt/skywalking/skywalking-agent.jar',
  symlinked: '/data/home/admin/skywalking/skywalking-agent.jar',
  tools: '/opt/skywalking/skywalking-agent.jar',
};
const moved = Object.keys(jars);
/** The flag stands in the pod: without it, an image of before starts no agent. */
const flagInPod = ['args', 'tools'];

/** One story per mode on the real cluster, told in order: each test goes on from where the one before ended. */
describe.each(['image', 'auto'] as const)('services that get their agent in every way there is, delivery: %s', (delivery) => {
  const folder = workFolder();
  const mode = delivery === 'auto' ? 'takeover' : 'image';
  let before: ReadonlyMap<string, Deployment>;
  let after: ReadonlyMap<string, Deployment>;
  let filesBefore: ReadonlyMap<string, FileListing>;
  let filesAfter: ReadonlyMap<string, FileListing>;

  beforeAll(async () => {
    before = await readDeployments(namespace);
    filesBefore = await readFiles();
    writePolicy(folder, {
      select: { namespaces: [namespace], requireSidecar: ['istio-proxy'] },
      delivery,
      rollout: { soak: '5s', waves: [10] },
    });
  });

  afterAll(async () => {
    await removeBooted(namespace);
  });

  it('plan blocks what cannot be moved, each with the true reason and every mode that was tried', async () => {
    const plan = json<Plan>(await run(folder, ['plan', '-p', 'policy.yaml', '-o', 'json']));

    const initcopy = skipped(plan, 'initcopy');
    expect(initcopy.skip).toEqual({ id: 'blocked', params: { findings: ['agent-copied-from'] } });
    expect(initcopy.refused?.map((each) => each.mode)).toEqual(delivery === 'auto' ? ['takeover', 'image'] : ['image']);
    for (const { finding } of initcopy.refused ?? [])
      expect(finding).toMatchObject({ id: 'agent-copied-from', params: { path: '/agent/agent/skywalking-agent.jar', mount: '/agent', container: 'agent' } });
    const hardcoded = skipped(plan, 'hardcoded');
    expect(hardcoded.skip).toEqual({ id: 'blocked', params: { findings: ['agent-core-in-app'] } });
    expect(hardcoded.findings.find((each) => each.id === 'agent-core-in-app')?.params).toMatchObject({ paths: ['/app/app.jar'] });
  });

  it('plan moves the others by the one mode, and names the new agent in no field of a pod', async () => {
    const outcome = await run(folder, ['plan', '-p', 'policy.yaml', '--allow', 'agent-core-in-app', '--out', 'plan.json', '-o', 'json']);

    const migrations = json<Plan>(outcome).items.filter((item): item is MigrateItem => item.action === 'migrate');
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(migrations.map((item) => item.id).sort()).toEqual([...moved, 'hardcoded'].sort().map((name) => `${namespace}/Deployment/${name}`));
    for (const item of migrations) {
      expect(item).toMatchObject({ delivery: mode, refused: [] });
      expect(JSON.stringify(item.edits)).not.toContain('/changeover');
      const isCoupled = mode === 'image' && flagInPod.includes(item.container);
      expect(item.findings.some((finding) => finding.id === 'coupled-flag')).toBe(isCoupled);
    }
  });

  it('apply moves them, rolls the service back whose own code needs SkyWalking, and halts', async () => {
    const outcome = await run(folder, ['apply', 'plan.json', '--yes', '-o', 'json']);

    after = await readDeployments(namespace);
    expect(outcome.code, outcome.stderr).toBe(3);
    expect(outcome.stdout).toContain('run.halted');
    for (const name of ['hardcoded', 'initcopy']) expect(after.get(name)?.spec).toEqual(before.get(name)?.spec);
    expect(await inspectService('hardcoded', namespace)).toMatchObject([{ skywalkingLoaded: true, opentelemetryLoaded: false }]);
  });

  it('exclude and continue finish the run', async () => {
    const excluded = await run(folder, ['exclude', `${namespace}/deployment/hardcoded`, '--reason', 'calls into SkyWalking', '--yes']);
    const continued = await run(folder, ['continue', '--yes', '-o', 'json']);

    expect(excluded.code, excluded.stderr).toBe(0);
    expect(continued.code, continued.stderr).toBe(0);
    const status = json<RunStatus>(await run(folder, ['status', '-o', 'json']));
    expect(status).toMatchObject({ phase: 'COMPLETED', counts: { migrated: moved.length, 'rolled-back': 1 } });
    after = await readDeployments(namespace);
    filesAfter = await readFiles();
  });

  it('every migrated pod runs exactly one agent, and it is the new one', async () => {
    for (const name of moved) {
      const jvms = await inspectService(name, namespace);

      expect(jvms).toMatchObject([{ agentJars: ['/changeover/agent/javaagent.jar'], skywalkingLoaded: false, opentelemetryLoaded: true }]);
      const log = await kubectl(['logs', '-n', namespace, jvms[0]?.pod ?? '', '-c', name]);
      expect(log.match(/opentelemetry-javaagent - version: 2\.33\.1/g)).toHaveLength(1);
      if (mode === 'image') expect(jvmText(jvms[0])).not.toMatch(/skywalking-agent|-Dskywalking/);
    }
  });

  it('the template differs in image, JVM options and inert variables alone', () => {
    for (const name of moved) {
      const [old, now] = [before.get(name), after.get(name)];
      if (!old || !now) throw new Error(`${name} is gone`);
      expect(imageOf(now)).toMatch(/-otel-[0-9a-f]{8}@sha256:/);
      const expected = mode === 'image' ? withoutOldOptions(old.spec.template) : old.spec.template;
      expect(withoutMeantChanges(now.spec.template, name)).toEqual(withoutMeantChanges(expected, name));
      expect(JSON.stringify(now.spec)).not.toContain('/changeover');
    }
  });

  it("files, owners, modes and links of the application are as before, down to the old agent's own folder", () => {
    for (const name of moved) {
      const ours = [parentOf(jars[name] ?? ''), '/changeover'];
      const [old, fresh] = [new Map(outside(filesBefore.get(name) ?? new Map(), ours)), new Map(outside(filesAfter.get(name) ?? new Map(), ours))];
      expect(old.size).toBeGreaterThan(1000);
      expect(fresh.get('/changeover')).toBe('d 755 0:0');
      fresh.delete('/changeover');
      if (name === 'legacy' && mode === 'image') for (const each of [old, fresh]) each.set('/app/bin/run.sh', rightsOf(each.get('/app/bin/run.sh')));
      expect(differences(old, fresh)).toEqual([]);
    }
    expect(filesAfter.get('symlinked')?.get('/home')).toBe('l 777 0:0 data/home');
    expect(filesAfter.get('catalog')?.get('/skywalking/app.jar')).toBe(filesBefore.get('catalog')?.get('/skywalking/app.jar'));
  });

  it("a link to the new jar stands in the old jar's place", () => {
    for (const name of moved) {
      const jar = jars[name] ?? '';
      expect(filesAfter.get(name)?.get(jar)).toBe('l 777 0:0 /changeover/agent/javaagent.jar');
      if (mode === 'takeover') continue;
      const left = [...(filesAfter.get(name)?.keys() ?? [])].filter((path) => /skywalking/i.test(path) && !jar.startsWith(`${path}/`));
      // Its working directory carries the name; what else is there belongs to the application.
      expect(left.filter((path) => path !== '/skywalking/app.jar' && path !== '/skywalking/catalog.properties')).toEqual([jar]);
    }
  });

  it('a start script of the image loses the old options and nothing else', async () => {
    const [jvm] = await inspectService('legacy', namespace);
    const script = readFileSync(`/proc/${jvm?.pid}/root/app/bin/run.sh`, 'utf8');

    const original = readFileSync(new URL('../../lab/image/run.sh', import.meta.url), 'utf8');
    const edited = original.replace(' -javaagent:/opt/skywalking/skywalking-agent.jar -Dskywalking.agent.service_name=legacy', '');
    expect(edited).not.toBe(original);
    expect(script).toBe(mode === 'image' ? edited : original);
  });

  it('each service sends spans under its own name', async () => {
    const since = Date.now();
    for (const name of moved) expect((await fetch(await serviceUrl(name, namespace))).status).toBe(200);

    for (const service of moved) expect(await readTraces({ service, since, until: () => true })).not.toEqual([]);
  });

  it('whatever image and pod meet after somebody else deploys, the pod boots and never runs two agents', async () => {
    const combinations = (await Promise.all(moved.filter((name) => name !== 'symlinked').map(combinationsOf))).flat();

    const booted = await bootAll(namespace, combinations);

    for (const { name, container } of combinations) {
      const pod = booted.get(name);
      const isOurImage = name.startsWith('ours-');
      const isNone = !isOurImage && mode === 'image' && flagInPod.includes(container);
      const expected = isOurImage ? ['opentelemetry'] : isNone ? [] : ['skywalking'];
      expect({ name, agents: agentsOf(pod), restarts: pod?.restarts }).toEqual({ name, agents: expected, restarts: 0 });
      expect(pod?.log.match(/opentelemetry-javaagent - version/g) ?? []).toHaveLength(isOurImage ? 1 : 0);
    }
    await removeBooted(namespace);
  });

  it('rollback --all brings SkyWalking back everywhere, exactly as it was', async () => {
    const outcome = await run(folder, ['rollback', '--all', '--yes', '-o', 'json']);

    expect(outcome.code, outcome.stderr).toBe(0);
    const now = await readDeployments(namespace);
    for (const name of moved) {
      expect(now.get(name)?.spec).toEqual(before.get(name)?.spec);
      expect(await inspectService(name, namespace)).toMatchObject([{ skywalkingLoaded: true, opentelemetryLoaded: false }]);
    }
    await waitForSegments();
  });

  /** {before, ours} for image and pod, and a release of the team in our pod. {before, before} and {ours, ours} are the story itself. */
  async function combinationsOf(container: string): Promise<readonly Combination[]> {
    const [old, ours] = [before.get(container), after.get(container)];
    if (!old || !ours) throw new Error(`${container} is gone`);
    const release = await releaseImage(imageOf(old), '1.1');
    return [
      { name: `ours-in-before-${container}`, container, from: old, image: imageOf(ours) },
      { name: `before-in-ours-${container}`, container, from: ours, image: imageOf(old) },
      { name: `release-in-ours-${container}`, container, from: ours, image: release },
    ];
  }
});

function skipped(plan: Plan, name: string): SkipItem {
  const item: PlanItem | undefined = plan.items.find((each) => each.id === `${namespace}/Deployment/${name}`);
  if (item?.action !== 'skip') throw new Error(`${name} is not skipped: ${JSON.stringify(item)}`);
  return item;
}

/** Waits until every service's agent reports to SkyWalking's backend: probes are requests too. */
async function waitForSegments(): Promise<void> {
  const since = await readSegmentCounts();
  const hasMore = async (): Promise<boolean> => {
    const now = await readSegmentCounts();
    return moved.every((name) => (now[name]?.segments ?? 0) > (since[name]?.segments ?? 0));
  };
  await waitUntil(hasMore, { what: 'segments of every service', timeoutMs: 20_000 });
}

async function readFiles(): Promise<ReadonlyMap<string, FileListing>> {
  const listings = moved.map(async (name) => {
    const [jvm] = await inspectService(name, namespace);
    if (!jvm) throw new Error(`${name} has no ready pod`);
    return [name, await listFiles(jvm.pid)] as const;
  });
  return new Map(await Promise.all(listings));
}

/** What the JVM was started with: its own command line, and the variables it reads options from. */
function jvmText(jvm: JvmFacts | undefined): string {
  const { JAVA_TOOL_OPTIONS = '', JDK_JAVA_OPTIONS = '', JAVA_OPTS = '' } = jvm?.environment ?? {};
  return [jvm?.commandLine, JAVA_TOOL_OPTIONS, JDK_JAVA_OPTIONS, JAVA_OPTS].join('\n');
}

/** The template with the old agent's options cut out, and every other byte as it is. */
function withoutOldOptions(template: PodTemplate): PodTemplate {
  const text = JSON.stringify(template)
    .replace(' -javaagent:/opt/skywalking/skywalking-agent.jar -Dskywalking.agent.service_name=tools', '')
    .replace('"-javaagent:/opt/skywalking/skywalking-agent.jar","-Dskywalking.agent.service_name=args",', '');
  return JSON.parse(text) as PodTemplate;
}

function agentsOf(pod: BootedPod | undefined): readonly string[] {
  return [...(pod?.opentelemetryLoaded ? ['opentelemetry'] : []), ...(pod?.skywalkingLoaded ? ['skywalking'] : [])];
}

function differences(old: FileListing, now: FileListing): readonly string[] {
  const paths = new Set([...old.keys(), ...now.keys()]);
  return [...paths].filter((path) => old.get(path) !== now.get(path)).map((path) => `${path}: ${old.get(path) ?? 'absent'} -> ${now.get(path) ?? 'absent'}`);
}

/** Type, mode and owner of a listing's entry. */
function rightsOf(entry: string | undefined): string {
  return (entry ?? '').split(' ').slice(0, 3).join(' ');
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
