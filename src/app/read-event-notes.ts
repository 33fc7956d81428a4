import { isJsonObject, type JsonObject } from '../core/json.ts';
import { redact } from '../core/redact.ts';
import type { EventNote } from '../core/rollout/run-record.ts';
import type { KubeObject } from '../core/workload/kube-object.ts';
import type { Cluster } from '../ports/cluster.ts';
import { resources } from './resources.ts';

const MAX_NOTES = 20;
const MAX_TEXT = 400;

/**
 * What Kubernetes says about these objects (by uid), oldest first: the last 20 events, texts redacted and cut. Events live an
 * hour, so they are read when a change fails. Empty where they may not be read: evidence never holds up the way back.
 */
export async function readEventNotes(
  cluster: Cluster,
  about: { readonly namespace: string; readonly uids: readonly string[] },
  signal?: AbortSignal,
): Promise<readonly EventNote[]> {
  const { namespace } = about;
  const lists = await Promise.all(
    about.uids.map((uid) => cluster.list({ resource: resources.event, namespace, fieldSelector: `involvedObject.uid=${uid}` }, signal).catch(() => [])),
  );
  return lists
    .flat()
    .map(noteOf)
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
    .slice(-MAX_NOTES);
}

function noteOf(event: KubeObject): EventNote {
  const about: JsonObject = isJsonObject(event['involvedObject']) ? event['involvedObject'] : {};
  const series: JsonObject = isJsonObject(event['series']) ? event['series'] : {};
  const times = [series['lastObservedTime'], event['lastTimestamp'], event['eventTime'], event['firstTimestamp'], event.metadata.creationTimestamp];
  const counts = [series['count'], event['count']];
  return {
    at: times.find((each) => typeof each === 'string') ?? '',
    object: `${text(about['kind'])}/${text(about['name'])}`,
    reason: text(event['reason']),
    message: redact(text(event['message'])).slice(0, MAX_TEXT),
    count: counts.find((each) => typeof each === 'number') ?? 1,
  };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
