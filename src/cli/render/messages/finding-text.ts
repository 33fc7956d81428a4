import type { Finding } from '../../../core/finding.ts';
import { formatBytes } from '../bytes.ts';
import { convertTexts } from '../convert-texts.ts';
import { bootFailure } from './boot-text.ts';
import { ownerReason } from './owner-text.ts';
import { lostText, partialText } from './mapping-text.ts';
import { around, count, say, type Texts } from './say.ts';

/** What a finding says about its workload or service, in words. */
export function findingText(finding: Pick<Finding, 'id' | 'params'>): string {
  return say(findingTexts, finding.id, finding.params);
}

const notSet: { readonly [id: string]: string } = {
  expression: 'it is not written there as it stands: a shell or a reference completes it',
  reference: 'its new value holds $(…), which Kubernetes would expand',
  'not-writable': 'its new value cannot be written there',
  'not-known': 'the text it is written in is not known (a Secret, a volume)',
  'no-carrier': 'no variable of image or pod can bring it to the JVM',
};

const reasons: { readonly [id: string]: string } = {
  'pod-sets-java-tool-options': 'the pod sets JAVA_TOOL_OPTIONS',
  'too-long-for-java-8': 'JAVA_TOOL_OPTIONS would be longer than the 1,023 bytes that Java 8 reads',
  'pod-sets-jdk-java-options': 'the pod sets JDK_JAVA_OPTIONS',
  'java-8-or-unknown': 'JDK_JAVA_OPTIONS needs Java 9, which is not proven',
  'not-started-by-java': 'JDK_JAVA_OPTIONS is only read by the java program, and what starts the JVM is not known',
  'not-reached': 'what starts the JVM does not read it',
  'layers-not-scanned': "the image's layers were not read",
  'jar-not-in-image': 'it is not in the image',
  'mounted-over': 'a volume covers it',
  'jar-moved-by-script': 'a script moves or fetches it',
};

function reasonOf(id: string): string {
  return reasons[id] ?? id;
}

/** About the image and the place of the old agent's jar in it. */
const image: Texts = {
  'layers-not-scanned': (p) => `the image's layers were not read, so nothing is proven about its files${around(': ', p('reason'))}`,
  'jar-not-in-image': (p) => `the old agent's jar ${p('path')} is not in the image`,
  'old-agent-absent': (p) => `none of the image's options names the agent ${p('agent')}, and no jar of it is in the image`,
  'agent-may-be-copied': (p) => `nothing in the image is seen to start a JVM: where pods copy ${p('path')} out of it, the link in its place would lead nowhere`,
  'already-ours': (p) => `it is a result of Changeover and has ${p('agent')} ${p('version')} already`,
  'flag-in-our-image': () => "the new agent's option is in our own image alone, so no old option could lead to the next one: delivery: image rewrites it",
  'home-taken': (p) => `the image already has something at ${p('path')}, the new agent's home`,
  'mounted-over': (p) => `a volume mounted at ${p('mount')} covers ${p('path')}`,
  'agent-copied-from': (p) =>
    `the container ${p('container')} brings ${p('path')} on a volume at ${p('mount')}, out of the image ${p('image')}: the agent is not in the service's own image, and images that others copy an agent from are not rewritten yet; name the new agent's image there`,
  'swck-injects': (p) =>
    `SkyWalking's operator adds its agent to every new pod, beside the new one: set the label ${p('label')} to "false" in the pod template, and give the service its agent another way`,
  'jar-moved-by-script': (p) => `the old agent's jar is copied, moved or fetched at start by ${p('where')}: ${p('line')}`,
  'path-not-proven': (p) => `the path ${p('path')} in the image cannot be changed safely${around(': ', p('because'))}`,
  'push-denied': (p) => `the registry does not let us push to ${p('repository')}`,
  'not-pullable': (p) => `the new image was pushed, and the pods' own pull secrets do not read it (${p('image')})${around(': ', p('detail'))}`,
  'sign-failed': (p) => `${p('detail')}${around(' (', p('target'), ')')}`,
  'tag-taken': (p) => `${p('target')}: ${p('detail')}`,
  'registry-full': (p) => `${p('detail')}${around(' (', p('target'), ')')}`,
  'base-not-mounted': (p) => p('detail'),
  'foreign-layer-refused': (p) => `${p('detail')}${around(' (', p('target'), ')')}`,
  'base-layers-copied': (p) =>
    `${p('registry')} gets those of the ${count(p('layers'), 'old layer')} that it lacks, up to ${formatBytes(Number(p('bytes')))}, copied through this machine${around(', and what the index holds for other systems: ', p('others'), ' more')}`,
  'source-signed': (p) =>
    `the image has ${p('what')}, which do not speak for the new one${p('signs') === 'true' ? ': spec.image.sign signs that' : ': sign it (spec.image.sign) where admission asks for it'}`,
  'image-missing': (p) => `the registry no longer has the image the pods run, so there would be no way back: ${p('image')}`,
  'image-unreadable': (p) => `the image cannot be read: ${p('image')}${around(': ', p('detail'))}`,
  'registry-denied': (p) => `the registry does not let us read ${p('image')}${around(': ', p('detail'))}`,
  'image-not-rewritable': (p) => `the image cannot be rewritten: ${p('detail')}`,
  'platforms-differ': (p) => `the platforms of the image do not start the old agent in the same way${around(': ', p('architecture'))}`,
  'several-old-agents': (p) => `the old agent is loaded from more than one jar: ${p('paths')}`,
  'target-agent-present': (p) => `the new agent is in the JVM already, beside the old one: ${p('path')}`,
  'old-agent-stays': (p) => `the old agent is switched off and its files stay, since nothing is proven about ${p('path')}: ${reasonOf(p('because'))}`,
  'image-files-unused': () => 'spec.image.files and spec.image.entrypoint are not used: they go with delivery: image alone',
  'entrypoint-not-in-image': (p) => `${p('path')}, the program of spec.image.entrypoint, is not in the image`,
  'entrypoint-hidden': () => "the pod's own command takes the place of spec.image.entrypoint, which has no effect here",
};

/** About the JVM options, where they were read and what becomes of them. */
const options: Texts = {
  'no-carrier': (p) =>
    `no variable of the image can bring the new agent's option to the JVM: ${[p('because'), p('and')]
      .filter((id) => id !== '')
      .map(reasonOf)
      .join('; ')}`,
  'jvm-option-not-set': (p) => `the JVM option ${p('options')} cannot be changed${around(' in ', p('place'))}: ${notSet[p('because')] ?? p('because')}`,
  'jvm-options-not-planned': () => 'spec.to.jvmOptions is not applied: where options stand is only known with the image, so convert with its registry',
  'jvm-option-may-be-overridden': (p) => `${p('options')} is added, and what starts the JVM is not known: it may set that itself, and then wins`,
  'option-not-editable': (p) => `the old agent's option in ${p('source')} cannot be taken out: it is not written there as it stands`,
  'command-would-be-empty': () => "without the old agent's options the pod's args would be empty, and the image's own would come in their place",
  'script-not-edited': (p) => `${p('path')} could not be edited: its option stays and leads to the new agent`,
  'coupled-flag': () => "the pod's options and the image change together: the old image with the new options would run without any agent",
  'config-map-overridden': (p) => `${p('name')} is written into the pod and no longer follows the ConfigMap ${p('configMap')}`,
  'tools-load-agent': (p) => `${p('used')} of the container starts a JVM of its own, which now loads the new agent each time`,
  'agent-order-changes': (p) => `the new agent is loaded before ${p('paths')}, which came before the old one`,
  'other-agent': (p) => `another agent is in the JVM too: ${p('name')} (${p('path')}); which of them instruments what is not known`,
  'unknown-agent': (p) => `a Java agent we do not know is in the JVM: ${p('path')}`,
  'unmatched-quote': (p) => `the JVM options in ${p('variable')} have a quote that is never closed`,
  'empty-option': (p) => `the JVM options in ${p('variable')} hold an empty option`,
  'option-not-allowed': (p) => `${p('variable')} holds ${p('option')}, which only a command line may hold: a JVM ends at it before it starts`,
  'env-too-long': (p) => `${p('variable')} is longer than ${p('most')} bytes, which no process can be started with`,
  'java-8-options-ignored': (p) =>
    `${p('variable')} has ${p('bytes')} bytes: Java 8 ignores all of it, since it reads at most ${p('most')}; move -D options to OTEL_* variables`,
  'java-8-options-dropped': (p) => `${p('variable')} holds more than ${p('most')} options: Java 8 drops the last ${p('dropped')}`,
  'shell-operator': (p) => `the JVM options in ${p('variable')} hold a shell operator`,
  'options-unreadable': (p) => `the JVM options in ${p('variable')} cannot be read (${p('why')})`,
  'unresolved-reference': (p) => `${p('variable')} refers to ${p('references')}, whose value only the cluster knows`,
  'options-assumed': (p) => `the start script could not be read; it is assumed to pass ${p('variables')} to the JVM`,
  'start-script-unread': (p) => `what starts the JVM could not be read: ${p('program')}`,
  'script-not-parsed': (p) => `a part of ${p('source')} is more than we can read; what it does to the JVM options is not known`,
  'program-argument': (p) => `${p('option')} stands after the program's name: the application gets it, the JVM does not`,
  'option-file-unread': (p) => `the option file ${p('path')} could not be read`,
  'jdk-java-options-ignored': (p) => `JDK_JAVA_OPTIONS is set, and Java ${p('java')} does not read it`,
  'secret-not-read': (p) => `values from Secrets are never read: ${p('names') || p('secret')}`,
  'config-map-not-read': (p) => `the ConfigMap ${p('configMap')} could not be read`,
};

/** About the old agent's settings and what becomes of them. */
const settings: Texts = {
  'sampling-changes': (p) =>
    `the old agent samples (${p('key')}=${p('value')}), and the new one cannot sample by a number of traces: choose spec.to.sampler (parentbased_always_on with sampling in the collector, or parentbased_traceidratio=0.1)`,
  'sampling-chosen': (p) => `the old agent sampled ${p('value')} traces in 3 seconds (${p('key')}); the new one samples by ${p('sampler')}`,
  'backend-replaced': (p) => `the old agent's backend ${p('value')} is not used any more; traces go where the policy says`,
  'mapping-partial': partialText,
  'mapping-lost': lostText,
  'setting-unresolved': (p) => `the old agent's setting ${p('key')} depends on something that is not known`,
  'setting-withheld': (p) =>
    `the old agent's setting ${p('key')} holds a credential and is not carried over: give what the new backend asks for as a Secret (OTEL_EXPORTER_OTLP_HEADERS)`,
  'agent-args-ignored': (p) => `the old agent cannot read the arguments behind ${p('jar')} and ignores them`,
  'agent-config-unread': (p) => `the old agent's settings are in ${p('path')}, which could not be read`,
  'agent-config-broken': (p) =>
    `the old agent stops reading ${p('path')} at ${p('key')}, where a placeholder leads to itself or has no name; what it knows of the rest is not known`,
  'agent-config-assumed': (p) => `the old agent's ${p('path')} could not be read and is taken for the one it ships with`,
  'service-name-cut': (p) => `the old agent cut the service's name to ${p('was')}; the new one reports ${p('name')}`,
};

/** About the bridge, which keeps traces whole while the fleet is split. */
const bridge: Texts = {
  'bridge-hidden': (p) =>
    `its own ${p('by')} hides the image's, so the bridge would not be loaded and chains would break: add ${p('folder')} to it, or set to.bridge: false`,
  'extensions-hidden': (p) => `its own ${p('by')} hides the image's, so the extensions of spec.to.extensions are not loaded: add ${p('folder')} to it`,
  'bridge-sw6': (p) =>
    `its agent ${p('version')} and those it calls write the header sw6, which the bridge does not read: chains break until all of them are switched`,
  'bridge-yaml-config': (p) =>
    `its agent is configured by a YAML file (${p('by')}), and then asks no extension for headers: the bridge would not work and chains would break`,
  'bridge-propagators-none': (p) => `${p('by')} asks for no trace headers at all (none): the bridge obeys, and chains break`,
};

/** About what the change means for the workload. */
const change: Texts = {
  'agent-core-in-app': (p) => `the application itself uses classes only the old agent brings (${p('names')}), in ${p('paths')}`,
  'toolkit-in-app': (p) =>
    `the application uses the old agent's toolkit (${p('names')}, in ${p('paths')}): without the agent it does nothing, trace ids it returns are empty and its counters stay 0; use OpenTelemetry's API there`,
  'log-pattern-prints-na': (p) =>
    `its logs print the old agent's trace id (${p('names')}, in ${p('paths')}), which becomes N/A or empty: use trace_id of the MDC in the pattern`,
  'log-appender-loses-logs': (p) =>
    `it sends logs through the old agent (${p('names')}, in ${p('paths')}), which loses them: set to.signals.logs: otlp, or add an appender of its own`,
  'java-too-old': (p) => `it runs on Java ${p('java')}, and the new agent needs ${p('oldest')}: the JVM would not start`,
  'exporter-protocol': (p) =>
    `${p('variable')} names port ${p('port')}, which speaks ${p('expected')} by convention, and the agent would send ${p('protocol')}: set OTEL_EXPORTER_OTLP_PROTOCOL or the other port`,
  'image-used-elsewhere': (p) => `${p('containers')} of the pod run the same image and keep the old one`,
  'memory-headroom': (p) =>
    `the memory limit ${formatBytes(Number(p('limit')))} leaves ${formatBytes(Number(p('left')))} beside a heap of up to ${formatBytes(Number(p('heap')))}; an agent needs room there: raise the limit or lower -Xmx`,
  'start-headroom': (p) =>
    `its ${p('probe')} gives up after ${p('patience')} s; a start ${p('measured') === 'true' ? 'took' : 'is taken to need'} ${p('start')} s and may take ${p('expected')} s with the new agent: raise failureThreshold`,
  'read-only-root': (p) =>
    `its root file system is read-only and no volume is at ${p('folder')}, where the new agent puts classes for some libraries: mount an emptyDir there`,
  'no-readiness-probe': () => 'it has no readiness probe: pods get requests before they can answer them, and only the soak shows whether it works',
  'recreate-strategy': (p) => `its strategy is Recreate: ${p('replicas')} old pods end before a new one starts, and it is down meanwhile`,
  'no-surge': (p) => `its rollout may not have more than ${p('replicas')} pods, so that it runs with less meanwhile: set maxSurge to 1`,
  'no-graceful-stop': (p) => `its pods are killed ${p('seconds')} s after they are told to stop: requests under way are lost in any rollout`,
  'no-stop-hook': () => 'it has no preStop hook: unless the program finishes its requests on SIGTERM, some are lost in any rollout',
  'service-name-unknown': (p) => `the service's name is not known${around(': no label for ', p('template'))}`,
  'env-overridden': (p) => `the workload's own ${p('name')} (${p('by')}) stays and overrides ours`,
  'boot-probe-failed': bootFailure,
  'surge-alone': (p) => `its rollout needs ${count(p('surge'), 'extra pod')}, rollout.maxSurgePods allows ${p('limit')}: it runs alone`,
  'owner-may-revert': (p) => `${p('owner')} will put the old image back: ${ownerReason(p('because'))}; change its repository before (plan --export)`,
  'reloader-edits': () => 'Reloader restarts it when a ConfigMap or Secret changes, also while its rollout is watched',
  'settings-not-repeated': (p) =>
    `the image brings ${p('names')} from an earlier policy, and this one does not say it again: add it to spec.to.env, or it is gone`,
  unverified: (p) =>
    `no pod runs, so nothing will be proven by the change: the image is what its name means now, and ${p('because') === 'next-run' ? 'the next run' : 'the next pod'} is the first to use it`,
  'instrumentation-unsupported': (p) => `the Instrumentation manifest's ${p('field')} is not taken over`,
  'sampler-cuts-chains': (p) =>
    `the sampler ${p('sampler')} does not follow the caller's decision, so chains are cut where services disagree: use parentbased_${p('sampler')}`,
  'secret-must-exist': (p) => `${p('name')} comes from the Secret ${p('secret')} (${p('key')}): without it in this namespace, pods do not start`,
  'ghost-env': (p) => `${p('name')} is added to the pod and survives the owner's next deploy`,
};

/** About traces, from `verify`. */
const traces: Texts = {
  'no-spans': (p) => `other services called it ${count(p('calls'), 'time')}, and no span of it arrived`,
  'no-traffic': () => 'no span arrived and nobody called it: send it a request and verify again',
  'no-ready-pods': () => 'no pod of it is Ready',
  'not-reporting': () => 'it still has the old agent, and no span of it is here: run `changeover tee` in front of SkyWalking',
  'traces-too-fresh': (p) => `its traces are too young to judge: wait ${p('seconds')} s and verify again`,
  'pods-unseen': (p) => `no span yet from ${count(p('count'), 'Ready pod')}: ${p('pods')}`,
  'pods-unnamed': () => 'its spans do not say which pod they are of, so which pods send is not known',
  'orphan-spans': (p) => `${count(p('count'), 'span')} without their parent, in ${count(p('traces'), 'trace')}${around(', called by ', p('from'))}`,
  'false-roots': (p) => `${count(p('count'), 'request')} from ${p('from')} carried SkyWalking's header and began a new trace here`,
  'several-roots': (p) => `${count(p('traces'), 'trace')} with more than one beginning`,
  'unanswered-calls': (p) => `${count(p('count'), 'call')} from ${p('from')} left no span here`,
  'parent-not-here': (p) =>
    `${count(p('count'), 'span')} joined to ${p('from')}, whose half is in SkyWalking alone: run \`changeover tee\` in front of it to see whole traces here`,
  'traces-cut': (p) => `${p('read')} traces were read, the newest of each service, and there are more`,
  'service-missing': (p) =>
    p('traffic') === 'true'
      ? `${p('service')} was there before, and no span of it arrives although its neighbours have traffic`
      : `${p('service')} was there before; neither it nor its neighbours had traffic`,
  'edge-missing': (p) => `${p('from')} called ${p('to')} before, and no trace shows such a call`,
  'edges-new': (p) => `${count(p('count'), 'call', 'calls')} between services that the baseline does not have: ${p('edges')}`,
};

const breaks: { readonly [id: string]: string } = {
  'orphan-spans': 'without a parent',
  'false-roots': "whose caller's header was not understood",
  'several-roots': 'with more than one beginning',
  'unanswered-calls': 'with a call that nobody answered',
};

/** What is wrong with so many traces, in a few words. */
export function breakText(id: string): string {
  return breaks[id] ?? id;
}

/** Every finding id there is. */
export const findingTexts: Texts = { ...image, ...options, ...settings, ...bridge, ...change, ...convertTexts, ...traces };
