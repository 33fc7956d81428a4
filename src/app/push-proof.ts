import { ChangeoverError } from '../core/error.ts';
import type { Skip } from '../core/finding.ts';
import { repositoryName, type Repository } from '../core/image/reference.ts';
import type { SourceImage } from '../core/image/source-image.ts';
import { isJsonObject, type Json } from '../core/json.ts';
import type { TargetImage } from '../core/plan/compose-target.ts';
import { podSpec, podTemplate } from '../core/workload/pod-template.ts';
import type { Workload } from '../core/workload/workload.ts';
import type { Registry } from '../ports/registry.ts';
import type { SecretName } from './ports.ts';
import type { Session } from './session.ts';

const PAUSE_MS = 5_000;

export interface PullProof {
  readonly workload: Workload;
  readonly source: SourceImage;
  readonly target: TargetImage;
}

/**
 * Whether the nodes will get the pushed image: it is asked for as a kubelet would, with the pull secrets of the workload's own pods, under the name that
 * goes into the pods. A scan (HTTP 412) or a replication may hold it back for a while: that is waited for, up to `image.readyTimeout`. Where those secrets do not
 * read the old image either, or may not be read by us, nodes have other credentials, and ours stand in. Undefined = it can be pulled.
 */
export async function provePull(session: Session, proof: PullProof): Promise<Skip | undefined> {
  const { ports, policy, signal } = session;
  const { repository } = proof.target.reference;
  const pod = await openAsPod(session, proof);
  const until = ports.clock.now() + policy.image.readyTimeoutMs;
  try {
    for (;;) {
      const answer = await ask(pod.registry, { repository, digest: proof.target.root.digest }, signal);
      if (answer === 'there') return undefined;
      if (ports.clock.now() >= until) return notReadable(proof, answer);
      await ports.clock.sleep(PAUSE_MS, signal);
    }
  } finally {
    await pod.close();
  }
}

/** `there`, or why it is not (yet). */
async function ask(registry: Registry, image: { readonly repository: Repository; readonly digest: string }, signal: AbortSignal): Promise<string> {
  try {
    return (await registry.manifest(image.repository, image.digest, signal)) ? 'there' : 'it is not there';
  } catch (error) {
    if (error instanceof ChangeoverError && (error.code === 'refused' || error.code === 'denied')) return error.message;
    throw error;
  }
}

function notReadable({ target, workload }: PullProof, why: string): Skip {
  const image = `${repositoryName(target.reference.repository)}@${target.root.digest}`;
  return { id: 'blocked', params: { findings: ['not-pullable'], image, namespace: workload.namespace, detail: why } };
}

interface Opened {
  readonly registry: Registry;
  close(): Promise<void>;
}

/** The pods' secrets, where they are what the old image is pulled with; else our own credentials. */
async function openAsPod({ ports, signal }: Session, { workload, source }: PullProof): Promise<Opened> {
  const own: Opened = { registry: ports.registry, close: async () => undefined };
  const secrets = pullSecretsOf(workload);
  if (!ports.pullAs || secrets.length === 0) return own;
  const registry = ports.pullAs(secrets);
  try {
    if ((await ask(registry, source, signal)) === 'there') return { registry, close: () => registry.close() };
  } catch (error) {
    if (!(error instanceof ChangeoverError) || error.code === 'aborted') throw error;
  }
  await registry.close();
  return own;
}

/** As the pods have them: admission adds the service account's to each. */
function pullSecretsOf({ namespace, pods, object }: Workload): readonly SecretName[] {
  const spec = pods[0] ? podSpec(pods[0]) : podSpec(podTemplate(object));
  const listed: Json | undefined = spec['imagePullSecrets'];
  if (!Array.isArray(listed)) return [];
  return listed.flatMap((each: Json) => (isJsonObject(each) && typeof each['name'] === 'string' ? [{ namespace, name: each['name'] }] : []));
}
