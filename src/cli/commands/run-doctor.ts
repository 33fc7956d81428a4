import { diagnose, scopeOf, type DoctorOptions } from '../../app/diagnose.ts';
import type { DoctorReport } from '../../core/doctor/doctor-report.ts';
import type { Task } from '../../core/doctor/permissions.ts';
import { accountOf, rbacObjects } from '../../core/doctor/rbac-objects.ts';
import { ChangeoverError } from '../../core/error.ts';
import type { Json } from '../../core/json.ts';
import { defaultPolicy } from '../../core/policy/default-policy.ts';
import { quote } from '../../core/shell-quote.ts';
import type { ExitCode } from '../exit-code.ts';
import { namespacesOf, type Invocation } from '../invocation.ts';
import { loadPolicy } from '../load-policy.ts';
import { formatDoctor } from '../render/doctor-view.ts';
import { fixText, type FixContext } from '../render/messages/doctor-text.ts';
import type { PlacedPolicy } from '../wiring.ts';
import { withEngine } from '../with-engine.ts';
import { writeResult } from '../write-result.ts';

/** `changeover doctor`: what a migration needs, each with a fix; 3 when anything is not well. With `--rbac`: the rights to grant, from no cluster. */
export async function runDoctor(invocation: Invocation): Promise<ExitCode> {
  const placed = await loadPolicy(invocation);
  if (invocation.options.rbac !== undefined) return printRights(invocation, placed, invocation.options.rbac);
  const report = await examine(invocation, placed);
  const context = fixContext(invocation);
  const document = { ...report, checks: report.checks.map((check) => ({ ...check, ...fixed(fixText(check, context)) })) };
  await writeResult(invocation, document, (style) => formatDoctor(report, { ...style, ...context }));
  return report.verdict === 'ok' ? 0 : 3;
}

async function examine(invocation: Invocation, placed: PlacedPolicy | undefined): Promise<DoctorReport> {
  const { wiring } = invocation;
  const doctorOptions = optionsOf(invocation, placed);
  return withEngine(invocation, placed, async ({ cluster, ports: { registry, agentFiles }, progress, untilInterrupted }) => {
    const traces = await wiring.openTraceStore(cluster, doctorOptions.policy);
    const ports = { cluster, registry, agentFiles, clock: wiring.clock, probeJournal: () => wiring.probeJournal(), traces };
    return untilInterrupted((signal) => diagnose(ports, { ...doctorOptions, signal, onProgress: (text) => progress.say(text) }));
  });
}

function optionsOf({ options }: Invocation, placed: PlacedPolicy | undefined): DoctorOptions {
  return { policy: placed?.policy ?? defaultPolicy(), ...namespacesOf(options), stateNamespace: options.stateNamespace };
}

async function printRights(invocation: Invocation, placed: PlacedPolicy | undefined, task: Task): Promise<ExitCode> {
  const { wiring, options } = invocation;
  const scope = scopeOf(optionsOf(invocation, placed));
  if (scope.namespaces.length === 0) {
    throw new ChangeoverError('usage', 'the policy selects none of the namespaces named', { hint: 'Change spec.select.namespaces or the -n option.' });
  }
  const objects = rbacObjects(task, scope);
  if (options.output === 'json') {
    wiring.stdout.write(`${JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }, undefined, 2)}\n`);
    return 0;
  }
  const documents = await Promise.all(objects.map((object) => wiring.formatYaml(object as Json)));
  const account = accountOf(task);
  const where = scope.namespaces === 'all' ? 'every namespace' : `namespace ${scope.namespaces.join(', ')}`;
  wiring.stdout.write(`# Exactly the rights that \`changeover ${task}\` needs, for workloads in ${where}.
# Apply it as an administrator, then run as it, for example with a token of:
#   kubectl create token ${account} -n ${scope.stateNamespace}
${documents.join('---\n')}`);
  return 0;
}

function fixContext({ options }: Invocation): FixContext {
  const policy = options.policy === undefined ? '' : ` -p ${quote(options.policy)}`;
  const namespaces = (options.namespace ?? []).map((name) => ` -n ${quote(name)}`).join('');
  const state = options.stateNamespace === 'changeover' ? '' : ` --state-namespace ${quote(options.stateNamespace)}`;
  return { flags: `${policy}${namespaces}${state}`, account: `${options.stateNamespace}/${accountOf('apply')}` };
}

function fixed(fix: string | undefined): { readonly fix?: string } {
  return fix === undefined ? {} : { fix };
}
