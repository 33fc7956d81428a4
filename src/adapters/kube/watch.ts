import { ChangeoverError } from '../../core/error.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../core/workload/kube-object.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ListQuery, WatchEvent } from '../../ports/cluster.ts';
import { backoffMs, type Api } from './api.ts';
import { aboutList, collectionPath, queryString, type ApiRequest } from './api-request.ts';
import { readJsonLines } from './json-lines.ts';
import { listAll } from './list.ts';
import { textAt } from './text-at.ts';

const MAX_LINE_BYTES = 16 * 1024 * 1024;
/** The server ends a watch after this time, and we open the next from the same place. */
const SERVER_SECONDS = 240;
/** API servers send a bookmark about every minute: a longer silence is a dead connection, or costs one reconnect. */
const IDLE_MS = 90_000;
const MAX_WAIT_MS = 30_000;
/** A watch that lasted this long was a good one. */
const GOOD_MS = 5_000;
/** After so many failures in a row we list again: the server may be another one, or restored from a backup. */
const DOUBT = 5;

/**
 * The state, then what happens to it, until the signal fires (then it simply ends). A cut or a timeout reconnects where
 * it was; 410 lists again (`relisted`). The first list fails as a list does; later only what no retry can mend
 * (`denied`, `refused`, `not-found`) is thrown.
 */
export async function* watchAll(
  api: Api,
  query: ListQuery,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): AsyncGenerator<WatchEvent, void> {
  let version: string | undefined;
  let started = false;
  let failures = 0;
  while (!signal.aborted) {
    const since = clock.now();
    let wait = 0;
    try {
      if (version === undefined) {
        const listed = await listAll(api, query, signal);
        version = listed.resourceVersion;
        started = true;
        yield { kind: 'relisted', objects: listed.items };
      }
      for await (const { event, resourceVersion } of readEvents(api, watchRequest(query, version), signal)) {
        version = resourceVersion || version;
        if (event) yield event;
      }
      failures = clock.now() - since >= GOOD_MS ? 0 : failures + 1;
    } catch (error) {
      if (signal.aborted) return;
      if (!started || !(error instanceof ChangeoverError) || !error.retryable) throw error;
      failures = clock.now() - since >= GOOD_MS ? 1 : failures + 1;
      wait = error.retryAfterMs ?? 0;
      if (error.code === 'gone' || failures >= DOUBT) version = undefined;
    }
    if (failures > 0) await clock.sleep(Math.max(wait, backoffMs(failures - 1, MAX_WAIT_MS)), signal).catch(() => undefined);
  }
}

interface Step {
  /** undefined for a bookmark. */
  readonly event: WatchEvent | undefined;
  /** Empty when the event carries none. */
  readonly resourceVersion: string;
}

async function* readEvents(api: Api, request: ApiRequest, signal: AbortSignal): AsyncGenerator<Step> {
  const chunks = await api.chunks(request, { signal, idleMs: IDLE_MS });
  try {
    for await (const line of readJsonLines(chunks, MAX_LINE_BYTES)) yield readStep(api, request, line);
  } catch (error) {
    throw api.brokenBy(request, error);
  }
}

function readStep(api: Api, request: ApiRequest, line: JsonObject): Step {
  const object = isJsonObject(line['object']) ? line['object'] : {};
  if (textAt(line, 'type') === 'ERROR') throw api.saidBy(request, object);
  const kind = KINDS[textAt(line, 'type')];
  return { event: kind && { kind, object: object as KubeObject }, resourceVersion: textAt(object, 'metadata', 'resourceVersion') };
}

const KINDS: Readonly<Record<string, 'added' | 'modified' | 'deleted'>> = { ADDED: 'added', MODIFIED: 'modified', DELETED: 'deleted' };

function watchRequest(query: ListQuery, resourceVersion: string): ApiRequest {
  const { resource, namespace, labelSelector, fieldSelector } = query;
  const timeoutSeconds = SERVER_SECONDS + Math.floor(Math.random() * 60);
  const parameters = { watch: true, allowWatchBookmarks: true, resourceVersion, timeoutSeconds, labelSelector, fieldSelector };
  return { verb: 'watch', path: collectionPath(resource, namespace) + queryString(parameters), ...aboutList(query) };
}
