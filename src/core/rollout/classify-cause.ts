import type { Cause, CauseId } from './cause.ts';
import type { Reason } from './run-record.ts';

/** What the cause is read from. */
export interface CauseEvidence {
  /** The verdict on the workload. */
  readonly reason: Reason;
  /** Lines of the failed container's log, oldest first. */
  readonly log: readonly string[];
  /** Kubernetes events of its pods and its ReplicaSet: reason and message. */
  readonly events: readonly { readonly reason: string; readonly message: string }[];
}

/** The JVM's own words (HotSpot and OpenJ9) for an option, an agent or an argument file it cannot take. */
const agentFlag = [
  /unrecogni[sz]ed (?:VM )?option/i,
  /Error opening zip file or JAR manifest missing/i,
  /Failed to find Premain-Class manifest attribute/i,
  /agent library failed (?:to init|Agent_OnLoad)/i,
  /Could not find agent library/i,
  /processing of -javaagent failed/i,
  /JVMTI agent .* (?:failed|could not be)/i,
  /JVMJ9VM\d+\w* (?:Command-line option unrecognised|agent)/i,
  /^Error: (?:could not open [`'"]|Could not find or load agent)/i,
  /^Invalid (?:maximum|initial|minimum|thread stack)\b.*-X/i,
  /Conflicting collector combinations/i,
];
const outOfMemory = [/java\.lang\.OutOfMemoryError/, /There is insufficient memory for the Java Runtime Environment/i, /\bCannot allocate memory\b/i];
const classMissing = [
  /java\.lang\.(?:NoClassDefFoundError|UnsupportedClassVersionError|VerifyError|ClassFormatError|IncompatibleClassChangeError|LinkageError)/,
  /java\.lang\.NoSuch(?:Method|Field)Error/,
  /java\.lang\.ClassNotFoundException/,
  /Could not find or load main class/i,
];
/** Says only that the JVM did not start; any better line goes first. */
const noStart = /Error: Could not create the Java Virtual Machine/i;

const image = /pull|manifest unknown|ErrImage|InvalidImageName|ErrImageNeverPull/i;

/**
 * The cause of a failure, from the most certain evidence to the least: what the verdict itself says, the JVM's own words,
 * then what kubelet, scheduler and controllers say. Undefined where the verdict is about which agent runs, as then no
 * process failed. Pure. Rules: reference rollout, section 3.
 */
export function classifyCause({ reason, log, events }: CauseEvidence): Cause | undefined {
  return byVerdict(reason) ?? byLog(log) ?? byEvents(events) ?? (isAboutAgent(reason) ? undefined : byRest(reason));
}

function byVerdict(reason: Reason): Cause | undefined {
  const detail = text(reason.params['detail']);
  if (reason.id === 'out-of-memory') return { id: 'oom', line: '' };
  if (reason.id === 'image-pull') return { id: 'image', line: detail };
  if (reason.id === 'admission') return { id: 'admission', line: detail };
  if (reason.id === 'container-config' && image.test(detail.split(':')[0] ?? '')) return { id: 'image', line: detail };
  return undefined;
}

function byLog(log: readonly string[]): Cause | undefined {
  const find = (patterns: readonly RegExp[]): string | undefined => log.find((line) => patterns.some((pattern) => pattern.test(line)));
  const flag = find(agentFlag) ?? find([noStart]);
  if (flag !== undefined) return { id: 'agent-flag', line: flag };
  const memory = find(outOfMemory);
  if (memory !== undefined) return { id: 'oom', line: memory };
  const missing = find(classMissing);
  return missing === undefined ? undefined : { id: 'class-missing', line: missing };
}

function byEvents(events: CauseEvidence['events']): Cause | undefined {
  const find = (reason: RegExp, message: RegExp): string | undefined => events.find((each) => reason.test(each.reason) && message.test(each.message))?.message;
  const found: readonly (readonly [CauseId, string | undefined])[] = [
    ['oom', find(/^OOMKilling$|^SystemOOM$/, /./)],
    ['image', find(/^(?:Failed|ErrImageNeverPull|InspectFailed)$/, /pull|image|manifest/i)],
    ['admission', find(/^FailedCreate$/, /./)],
    ['capacity', find(/^(?:FailedScheduling|NotTriggerScaleUp)$/, /./)],
    ['probe', find(/^Unhealthy$/, /^(?:Liveness|Startup) probe/i) ?? find(/^Killing$/, /failed (?:liveness|startup) probe/i)],
    ['probe', find(/^Unhealthy$/, /^Readiness probe/i)],
  ];
  const [id, line] = found.find(([, each]) => each !== undefined) ?? [];
  return id === undefined || line === undefined ? undefined : { id, line };
}

/** A pod that is merely not Ready is known by its probe alone. */
function byRest(reason: Reason): Cause | undefined {
  if (reason.id === 'readiness-flaps') return { id: 'probe', line: '' };
  if (reason.id === 'deadline') return /unschedulable/i.test(JSON.stringify(reason.params)) ? { id: 'capacity', line: '' } : { id: 'probe', line: '' };
  return { id: 'crash', line: '' };
}

function isAboutAgent({ id }: Reason): boolean {
  return id === 'wrong-agent' || id === 'two-agents' || id === 'no-proof' || id === 'object-gone';
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
