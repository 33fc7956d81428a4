import { aftercareCommands } from './aftercare-commands.ts';
import { clearanceCommands } from './clearance-commands.ts';
import type { CommandGroup, CommandSpec, OptionSpec } from './command-spec.ts';

const policy: OptionSpec = { flags: '-p, --policy <file>', text: 'the policy file (see examples/)' };
const noLayerScan: OptionSpec = { flags: '--no-layer-scan', text: 'read no image layers: faster, but nothing is proven and takeover is refused' };
const reason: OptionSpec = { flags: '--reason <text>', text: 'why, for the record' };
const workload = 'a workload as namespace/kind/name';

const imageCommands: readonly CommandSpec[] = [
  {
    name: 'inspect',
    text: 'show what an image is, which agents it holds, and whether they can be replaced',
    args: [{ name: '<reference>', text: 'an image by tag or digest' }],
    options: [{ ...policy, text: 'judge by this policy (optional)' }, noLayerScan],
    examples: ['changeover image inspect registry.example.com/shop/orders:1.0', 'changeover image inspect registry.example.com/shop/orders:1.0 -o json'],
    load: async () => (await import('./commands/run-image.ts')).runImageInspect,
  },
  {
    name: 'rewrite',
    text: 'make the image a plan would make of this one, and push it under a tag of your choice',
    args: [{ name: '<reference>', text: 'an image by tag or digest' }],
    options: [
      { ...policy, text: 'the policy file (required; see examples/)' },
      { flags: '--to <reference>', text: 'the new image with its tag (required); a tag with other content is never overwritten' },
      { flags: '--dry-run', text: 'work it out and push nothing' },
    ],
    examples: ['changeover image rewrite registry.example.com/shop/orders:1.0 --to registry.example.com/shop/orders:1.0-otel -p policy.yaml'],
    load: async () => (await import('./commands/run-image.ts')).runImageRewrite,
  },
  {
    name: 'prune',
    text: 'delete images of ours that no workload, no history and no way back needs; lists them first',
    options: [
      { ...policy, text: 'the policy the images were made by (required)' },
      { flags: '--dry-run', text: 'list them and delete nothing' },
    ],
    examples: ['changeover image prune -p policy.yaml --dry-run', 'changeover image prune -p policy.yaml --yes'],
    load: async () => (await import('./commands/run-prune.ts')).runImagePrune,
  },
];

/** Every command of this version, in the order of the help. */
export const commands: readonly (CommandSpec | CommandGroup)[] = [
  {
    name: 'scan',
    group: 'See and plan',
    text: 'list every workload, the agent it runs and whether it can be moved',
    options: [{ ...policy, text: 'judge by this policy (optional)' }, noLayerScan],
    examples: ['changeover scan -n shop', 'changeover scan -A -o json > fleet.json'],
    load: async () => (await import('./commands/run-scan.ts')).runScan,
  },
  {
    name: 'plan',
    group: 'See and plan',
    text: 'work out what would change, what is skipped and why; writes nothing to the cluster',
    options: [
      { ...policy, text: 'the policy file (required; see examples/)' },
      { flags: '--out <file>', text: 'write the plan here, for `changeover apply`; with --export: the folder to write to' },
      { flags: '--export <form>', text: 'write patches for the repositories that own the workloads, instead of a plan', choices: ['kustomize', 'helm-values'] },
      { flags: '--workload <workload>', text: `plan this one alone: ${workload}` },
      { flags: '--allow <finding>', text: 'accept a blocking finding by its id (repeatable)', collect: 'list' },
      noLayerScan,
    ],
    examples: ['changeover plan -p policy.yaml --out plan.json', 'changeover plan -p policy.yaml --workload shop/Deployment/orders'],
    load: async () => (await import('./commands/run-plan.ts')).runPlan,
  },
  {
    name: 'image',
    group: 'See and plan',
    text: 'one image: what is in it, and the same with the new agent; and results that nothing needs',
    commands: imageCommands,
    later: [],
    examples: imageCommands.map((command) => command.examples[0] ?? ''),
  },
  {
    name: 'base',
    group: 'See and plan',
    text: 'which base images bring the old agent in; and such a base with the new one (`base rewrite`)',
    args: [
      { name: '[task]', text: 'rewrite; left out = list the bases' },
      { name: '[reference]', text: 'the base image, by its tag' },
    ],
    options: [
      { ...policy, text: 'judge by this policy (optional; required to rewrite)' },
      { flags: '--to <reference>', text: 'name of the new image (default: spec.image.to of the policy)' },
      { flags: '--retag', text: "move the base's own tag to the new image, so that every build from now on has the new agent; the old one keeps a tag" },
      { flags: '--dry-run', text: 'work it out and push nothing' },
    ],
    examples: ['changeover base -n shop', 'changeover base rewrite registry.example.com/base/tomcat:9 -p policy.yaml --retag'],
    load: async () => (await import('./commands/run-base.ts')).runBase,
  },
  {
    name: 'convert',
    group: 'See and plan',
    text: 'change Kubernetes manifests as a plan would change the workloads; prints them, needs no cluster',
    options: [
      { flags: '-f, --filename <path>', text: 'a file, a folder with all below it, or - for standard input (required, repeatable)', collect: 'list' },
      { ...policy, text: 'the policy file (required; see examples/)' },
      { flags: '--as-patch', text: 'print patches for kustomization.yaml instead' },
      { flags: '--image-config <file>', text: 'the config of the image (OCI JSON), instead of asking the registry; the image stays' },
      { flags: '--no-registry', text: 'read no image: what cannot be known then is a note; images stay' },
    ],
    examples: ['changeover convert -f deploy/ -p policy.yaml > converted.yaml', 'helm template chart/ | changeover convert -f - -p policy.yaml'],
    load: async () => (await import('./commands/run-convert.ts')).runConvert,
  },
  {
    name: 'doctor',
    group: 'See and plan',
    text: 'check rights, registries, agent files, journal and clock, each with a fix; print minimal RBAC',
    options: [
      { ...policy, text: 'check for this policy (optional)' },
      { flags: '--rbac <task>', text: 'print the rights that a task needs, for `kubectl apply -f -`', choices: ['plan', 'apply', 'drift'] },
    ],
    examples: ['changeover doctor -p policy.yaml', 'changeover doctor --rbac apply -n shop | kubectl apply -f -'],
    load: async () => (await import('./commands/run-doctor.ts')).runDoctor,
  },
  {
    name: 'apply',
    group: 'Move the fleet',
    text: 'run a plan: in batches, watched, rolled back where it fails; run it again to resume',
    args: [{ name: '<plan.json>', text: 'the file written by `changeover plan --out`' }],
    options: [reason, { flags: '--ticket <id>', text: 'change ticket, for the record' }],
    examples: ['changeover apply plan.json', 'changeover apply plan.json --yes -o json'],
    load: async () => (await import('./commands/run-apply.ts')).runApply,
  },
  {
    name: 'status',
    group: 'Move the fleet',
    text: 'show the run as the cluster knows it, from any machine',
    options: [{ flags: '--watch', text: 'keep showing it until it ends' }],
    examples: ['changeover status', 'changeover status --watch'],
    load: async () => (await import('./commands/run-status.ts')).runStatus,
  },
  ...clearanceCommands,
  ...aftercareCommands,
  {
    name: 'verify',
    group: 'Move the fleet',
    text: 'check that traces of every switched service arrive and no chain is broken',
    args: [{ name: '[file]', text: 'the file of --baseline' }],
    options: [
      { ...policy, text: "judge by this policy instead of the run's" },
      { flags: '--since <duration>', text: 'how far back to look, such as 30m (default: 1h; 24h for --baseline save)' },
      { flags: '--during', text: "judge every trace of the run's own time, whatever was switched when" },
      { flags: '--baseline <task>', text: 'save what services and calls there are to a file; compare with it later', choices: ['save', 'compare'] },
    ],
    examples: [
      'changeover verify',
      'changeover verify --during -o json',
      'changeover verify --baseline save before.json -p policy.yaml',
      'changeover verify --baseline compare before.json',
    ],
    load: async () => (await import('./commands/run-verify.ts')).runVerify,
  },
  {
    name: 'tee',
    group: 'Move the fleet',
    text: "stand in front of SkyWalking's backend: services that still run its agent appear in the new pipeline too",
    options: [
      { flags: '--listen <address>', text: 'where agents connect', value: '0.0.0.0:11800' },
      { flags: '--backend <address>', text: 'the SkyWalking backend (OAP) as host:port, gRPC (required)' },
      { flags: '--otlp <url>', text: 'the OpenTelemetry Collector, OTLP over HTTP (required)' },
      { flags: '--listen-cert <file>', text: 'certificate chain (PEM) to listen with TLS' },
      { flags: '--listen-key <file>', text: 'its key (PEM)' },
      { flags: '--backend-tls', text: 'speak TLS to the backend' },
      { flags: '--backend-ca <file>', text: 'and trust this CA (PEM) alone' },
      { flags: '--otlp-ca <file>', text: 'trust this CA (PEM) alone for the Collector' },
      { flags: '--otlp-header <header>', text: 'sent to the Collector: name=value, or name=env:VARIABLE (repeatable)', collect: 'list' },
      { flags: '--max-buffer <MiB>', text: 'memory for segments that wait for the Collector; the oldest go when it is full (default: 64)', collect: 'integer' },
      { flags: '--baseline <file>', text: 'keep the services and calls seen here, for `verify --baseline compare`' },
    ],
    examples: [
      'changeover tee --backend oap.skywalking:11800 --otlp http://otel-collector.observability:4318',
      'changeover tee --backend oap:11800 --otlp https://collector:4318 --otlp-header authorization=env:TOKEN --baseline tee.json',
    ],
    load: async () => (await import('./commands/run-tee.ts')).runTee,
  },
  {
    name: 'pause',
    group: 'Decide',
    text: 'start no more workloads; those in flight are finished',
    options: [reason],
    examples: ['changeover pause --reason "incident 4711"'],
    load: async () => (await import('./commands/run-decision.ts')).runPause,
  },
  {
    name: 'continue',
    group: 'Decide',
    text: 'accept what happened so far and go on with the rest',
    options: [reason],
    examples: ['changeover continue --yes'],
    load: async () => (await import('./commands/run-decision.ts')).runContinue,
  },
  {
    name: 'retry',
    group: 'Decide',
    text: 'try a workload that was rolled back once more, then go on',
    args: [{ name: '<workload...>', text: workload }],
    options: [reason],
    examples: ['changeover retry shop/Deployment/orders'],
    load: async () => (await import('./commands/run-decision.ts')).runRetry,
  },
  {
    name: 'exclude',
    group: 'Decide',
    text: 'leave a workload out of this run',
    args: [{ name: '<workload...>', text: workload }],
    options: [reason],
    examples: ['changeover exclude shop/Deployment/fragile --reason "needs a fix first"'],
    load: async () => (await import('./commands/run-decision.ts')).runExclude,
  },
  {
    name: 'rollback',
    group: 'Decide',
    text: 'put workloads back to exactly what was there',
    args: [{ name: '[workload...]', text: workload }],
    options: [{ flags: '--all', text: 'every workload of the run' }, reason],
    examples: ['changeover rollback shop/Deployment/orders', 'changeover rollback --all'],
    load: async () => (await import('./commands/run-decision.ts')).runRollback,
  },
  {
    name: 'abort',
    group: 'Decide',
    text: 'end the run: nothing more is started',
    options: [{ flags: '--rollback-in-flight', text: 'put back what is in flight instead of finishing it' }, reason],
    examples: ['changeover abort --rollback-in-flight'],
    load: async () => (await import('./commands/run-decision.ts')).runAbort,
  },
  {
    name: 'undo',
    group: 'Decide',
    text: 'print a kubectl script that puts back what was there; it runs without Changeover',
    args: [{ name: '[workload...]', text: `${workload}; none = every workload of the run` }],
    options: [
      { flags: '--print', text: 'print the script (undo changes nothing itself)' },
      { flags: '--out <file>', text: 'write it here instead, readable by you alone' },
    ],
    examples: ['changeover undo --print > undo.sh', 'changeover undo --out undo.sh shop/Deployment/orders'],
    load: async () => (await import('./commands/run-undo.ts')).runUndo,
  },
  {
    name: 'rehearse',
    group: 'Try it',
    text: 'a whole migration of a simulated fleet, inside this program: needs no cluster',
    options: [{ flags: '--seed <number>', text: 'another fleet and other luck; the same seed is the same story', collect: 'integer' }],
    examples: ['changeover rehearse', 'changeover rehearse --seed 7 -o json'],
    load: async () => (await import('./commands/run-rehearse.ts')).runRehearse,
  },
];

/** Names that are promised and not built yet: they say so instead of being unknown. */
export const laterCommands: readonly string[] = [];

/** Options every command takes. */
export const globalOptions: readonly OptionSpec[] = [
  { flags: '--kubeconfig <file>', text: 'kubeconfig (default: KUBECONFIG, ~/.kube/config, then in-cluster)' },
  { flags: '--context <name>', text: 'context of the kubeconfig' },
  { flags: '--as <user>', text: 'act as another user' },
  { flags: '-n, --namespace <name>', text: 'only this namespace (repeatable; narrows the policy)', collect: 'list' },
  { flags: '-A, --all-namespaces', text: 'every namespace' },
  { flags: '-o, --output <format>', text: 'what standard output carries', choices: ['table', 'json', 'yaml'], value: 'table' },
  { flags: '--run <name>', text: 'the run meant (default: the only unfinished one)' },
  { flags: '--state-namespace <name>', text: 'namespace of the run records', value: 'changeover' },
  { flags: '--yes', text: 'do not ask before writing' },
  { flags: '--no-color', text: 'plain text' },
  { flags: '-v, --verbose', text: 'more detail in messages' },
];
