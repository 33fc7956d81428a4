import { z } from 'zod';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { DocumentPath, PlacedDocument } from './placed-document.ts';
import { readInstrumentation } from './instrumentation.ts';
import type { AgentSource, ExtensionSource, Policy } from './policy.ts';
import { describeIssue, invalidPolicy, problemsOf } from './policy-problem.ts';
import { policySchema, type PolicyFile } from './schema.ts';

/**
 * Reads a policy document and fills in every default. All problems are collected: one `invalid-file` error names file,
 * line and column of each. `place.position` may know nothing (a policy kept in a run record): then only the file is named.
 */
export function parsePolicy(value: Json, place: { readonly file: string; readonly position: PlacedDocument['position'] }): Policy {
  const parsed = policySchema.safeParse(value, { reportInput: true, error: describeIssue });
  if (!parsed.success)
    throw invalidPolicy(
      parsed.error.issues.flatMap((issue) => problemsOf(issue, knownFields)),
      place,
    );
  return toPolicy(parsed.data, isJsonObject(value) ? value : {});
}

/** Names a mapping of the policy may hold at a path; empty where any name is possible. */
function knownFields(path: DocumentPath): readonly string[] {
  let schema: Json | undefined = z.toJSONSchema(policySchema, { io: 'input', unrepresentable: 'any' }) as unknown as JsonObject;
  for (const step of path) {
    const at: JsonObject = mapping(schema);
    schema = typeof step === 'number' ? at['items'] : (mapping(at['properties'])[step] ?? at['additionalProperties']);
  }
  const options = mapping(schema)['anyOf'];
  const last = Array.isArray(options) ? options.find((option: Json) => mapping(option)['properties'] !== undefined) : schema;
  return Object.keys(mapping(mapping(last)['properties']));
}

function mapping(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function toPolicy(file: PolicyFile, source: JsonObject): Policy {
  const { select, from, to, delivery, image, rollout, proof, verify, allow, owners, notify, approvals, gates, registries } = file.spec;
  const { readyTimeout, ...imageRest } = image;
  const { soak, canary, ...rolloutRest } = rollout;
  const { jaeger, ...verifyRest } = verify;
  return {
    name: file.metadata.name,
    select,
    from,
    to: targetOf(to),
    delivery,
    image: { ...imageRest, readyTimeoutMs: readyTimeout },
    rollout: { ...rolloutRest, soakMs: soak, canaryMs: canary },
    proof,
    verify: { ...verifyRest, ...traceStore(jaeger) },
    allow,
    owners,
    notify,
    approvals,
    gates,
    registries,
    source,
  };
}

function targetOf({ instrumentation: manifest, extensions, files, ...rest }: PolicyFile['spec']['to']): Policy['to'] {
  const instrumentation = manifest === undefined ? undefined : readInstrumentation(manifest as JsonObject);
  const own = extensions.map(({ image, dir, path }): ExtensionSource =>
    image === undefined ? { kind: 'path', path: path ?? '' } : { kind: 'image', image, dir: dir ?? '' },
  );
  const more = (instrumentation?.extensions ?? []).map((each): ExtensionSource => ({ kind: 'image', ...each }));
  return { ...rest, files: agentSource(files), extensions: [...own, ...more], ...(instrumentation ? { instrumentation } : {}) };
}

function agentSource(files: PolicyFile['spec']['to']['files']): AgentSource {
  if (files.image !== undefined) return { kind: 'image', image: files.image };
  return { kind: 'path', path: files.path ?? '' };
}

function traceStore(jaeger: PolicyFile['spec']['verify']['jaeger']): Pick<Policy['verify'], 'jaeger'> {
  if (jaeger === undefined) return {};
  return { jaeger: typeof jaeger === 'string' ? { kind: 'url', url: jaeger } : { kind: 'service', service: jaeger.service } };
}
