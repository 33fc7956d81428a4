import { applyPlan } from '../../app/apply-plan.ts';
import { driveRun, type RunResult } from '../../app/drive-run.ts';
import { makePlan } from '../../app/make-plan.ts';
import { recordDecision } from '../../app/record-decision.ts';
import { scan } from '../../app/scan.ts';
import { ChangeoverError } from '../../core/error.ts';
import type { Plan } from '../../core/plan/plan.ts';
import type { ScanResult } from '../../core/plan/scan-result.ts';
import type { RunStatus } from '../../core/rollout/run-status.ts';
import type { ExitCode } from '../exit-code.ts';
import type { Invocation } from '../invocation.ts';
import { openStage, type Stage } from '../rehearsal-stage.ts';
import type { Rehearsal } from '../rehearsal.ts';
import { count } from '../render/messages/say.ts';
import { skipHeading } from '../render/messages/skip-text.ts';
import { summarisePlan } from '../render/plan-summary.ts';
import { formatStatus } from '../render/status-view.ts';

/** The engine is killed right after its third change since the decision. */
const DIES_AFTER = 3;
const MAX_DECISIONS = 5;

/**
 * `changeover rehearse`: a whole migration with the same engine as `apply`, on a cluster that exists inside this program:
 * a failure that is rolled back, a decision, a kill, a resume. Exit code 0 when it went through to the end.
 */
export async function runRehearse(invocation: Invocation): Promise<ExitCode> {
  const { wiring, options } = invocation;
  if (options.output === 'yaml')
    throw new ChangeoverError('usage', 'a rehearsal is a story, not a YAML document', { hint: 'Leave -o out, or use -o json for its events.' });
  const seed = options.seed ?? 1;
  const rehearsal = await wiring.openRehearsal({ seed, paced: wiring.stdout.isTTY && options.output === 'table' });
  const stage = openStage(invocation, rehearsal);
  stage.say(
    `${stage.paint('strong', 'Rehearsal')} with seed ${seed}: the same program, on a cluster and a registry that exist only in its memory.`,
    'Nothing outside is read or changed; an hour takes seconds.',
  );
  const plan = await look(stage, rehearsal);
  await rehearsal.linger(800);
  const end = await act(invocation, { stage, rehearsal, plan });
  if (end === 'interrupted') {
    stage.say('Interrupted. Nothing real was in flight.');
    return 130;
  }
  conclude(stage, rehearsal, end);
  return end.result.exitCode;
}

async function look(stage: Stage, rehearsal: Rehearsal): Promise<Plan> {
  const { ports } = rehearsal.openEngine();
  const { policy, directory } = rehearsal.placed;
  const found = await scan(ports, { policy, layerScan: true });
  stage.say('', heading(stage, 'scan', 'what runs where'), ...describeFleet(found));
  const plan = await makePlan(ports, { policy, directory, layerScan: true, allow: [] });
  stage.say('', heading(stage, 'plan', 'what would change'), ...describePlan(plan));
  return plan;
}

interface Play {
  readonly stage: Stage;
  readonly rehearsal: Rehearsal;
  readonly plan: Plan;
}

interface End {
  readonly result: RunResult;
  readonly decisions: number;
  readonly kills: number;
}

/** Drives the run to its end: decides where it halts, lets the engine be killed once, and resumes. */
async function act(invocation: Invocation, { stage, rehearsal, plan }: Play): Promise<End | 'interrupted'> {
  stage.say('', heading(stage, 'apply', 'batch after batch, every new pod watched'));
  let decisions = 0;
  let kills = 0;
  const first = rehearsal.openEngine();
  let result = await stage.drive(first, (driving) => applyPlan(first.ports, plan, driving));
  while (decisions <= MAX_DECISIONS) {
    if (result === 'interrupted') return result;
    if (result === 'died') {
      kills += 1;
      stage.say('', heading(stage, 'kill -9', 'the engine died between a change and writing it down; a new one knows only what is stored'));
      await rehearsal.linger(500);
    } else if (result.status.phase === 'HALTED') {
      await decide(invocation, { stage, rehearsal, plan }, result.status);
      decisions += 1;
      await rehearsal.linger(1_500);
    } else return { result, decisions, kills };
    const engine = rehearsal.openEngine(kills === 0 ? { diesAfter: DIES_AFTER } : {});
    result = await stage.drive(engine, (driving) => driveRun(engine.ports, plan.name, driving));
  }
  throw new Error('the rehearsal halts again and again');
}

async function decide({ wiring, options }: Invocation, { stage, rehearsal, plan }: Play, status: RunStatus): Promise<void> {
  const targets = status.halt?.workloads ?? [];
  const style = { paint: stage.paint, width: stage.width, now: rehearsal.clock.now(), flags: '' };
  stage.say('', ...formatStatus(status, style));
  const { ports } = rehearsal.openEngine();
  const request = { stateNamespace: options.stateNamespace, run: plan.name, by: wiring.user };
  await recordDecision(ports, { ...request, kind: 'exclude', targets, reason: 'rehearsal' });
  await recordDecision(ports, { ...request, kind: 'continue', targets: [], reason: 'rehearsal' });
  stage.say(
    '',
    heading(stage, 'exclude, continue', 'here the rehearsal decides for you'),
    `  changeover exclude ${targets.join(' ')}`,
    '  changeover continue',
  );
}

function conclude(stage: Stage, rehearsal: Rehearsal, { result, decisions, kills }: End): void {
  const { paint } = stage;
  const { status } = result;
  const counts = status.counts;
  stage.say(
    '',
    ...formatStatus(status, { paint, width: stage.width, now: rehearsal.clock.now(), flags: '' }),
    '',
    heading(stage, 'done', 'what you saw'),
    `  ${count(counts['migrated'] ?? 0, 'workload')} moved to OpenTelemetry in ${count(status.batches, 'batch', 'batches')}, each soaked and proven from its pods' logs.`,
    `  ${count(counts['rolled-back'] ?? 0, 'workload')} failed, went back to exactly what was there, and stopped the batches behind it.`,
    `  ${count(decisions, 'decision')} let it go on; ${count(kills, 'kill')} in the middle of a change lost nothing and repeated nothing.`,
    '',
    paint('strong', 'Next, on a real cluster') + ' (only `apply` changes anything):',
    '  changeover scan -A                               see what runs',
    '  changeover plan -p policy.yaml --out plan.json   see what would change; examples/ has policies',
    '  changeover apply plan.json                       do it',
  );
}

function describeFleet({ items }: ScanResult): readonly string[] {
  const agents = new Map<string, number>();
  for (const { agent } of items) if (agent) agents.set(agent.id, (agents.get(agent.id) ?? 0) + 1);
  const eligible = items.filter((item) => item.eligible).length;
  const namespaces = new Set(items.map((item) => item.id.split('/')[0])).size;
  const seen = [...agents].map(([id, number]) => `${number} run ${id}`);
  return [`  ${count(items.length, 'workload')} in ${count(namespaces, 'namespace')}: ${[...seen, `${eligible} can be moved`].join(', ')}`];
}

function describePlan(plan: Plan): readonly string[] {
  const { migrating, skipped, pods, images, batchSizes } = summarisePlan(plan);
  const reasons = new Map<string, number>();
  for (const item of plan.items) if (item.action === 'skip') reasons.set(item.skip.id, (reasons.get(item.skip.id) ?? 0) + 1);
  return [
    `  ${count(migrating, 'workload')} with ${count(pods, 'pod')}: ${count(images, 'image')} to make without pulling one, in batches of ${batchSizes}`,
    `  ${count(skipped, 'workload')} left alone:`,
    ...[...reasons].sort((a, b) => b[1] - a[1]).map(([id, number]) => `    ${number} ${skipHeading(id)}`),
  ];
}

function heading({ paint }: Stage, command: string, text: string): string {
  return `${paint('accent', command)}  ${paint('strong', text)}`;
}
