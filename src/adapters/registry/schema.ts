import { z } from 'zod';
import { ChangeoverError } from '../../core/error.ts';
import type { Referrer } from '../../ports/registry.ts';
import type { Credentials } from './credentials.ts';
import { plainAuthKey } from './match-auth-keys.ts';

/** What we read of Docker's `config.json` and podman's `auth.json`. */
export interface DockerConfig {
  /** By host or host and path prefix (see `plainAuthKey`); placeholders without credentials are left out. */
  readonly auths: ReadonlyMap<string, Credentials>;
  readonly credHelpers: ReadonlyMap<string, string>;
  readonly credsStore: string | undefined;
}

const authEntry = z.object({
  auth: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  identitytoken: z.string().optional(),
  registrytoken: z.string().optional(),
});
const dockerConfig = z.object({
  auths: z.record(z.string(), authEntry).nullish(),
  credHelpers: z.record(z.string(), z.string()).nullish(),
  credsStore: z.string().optional(),
});
const tokenAnswer = z.object({
  token: z.string().nullish(),
  access_token: z.string().nullish(),
  expires_in: z.coerce.number().positive().catch(60).default(60),
});
const referrerList = z.object({
  manifests: z
    .array(
      z.object({
        digest: z.string(),
        mediaType: z.string(),
        artifactType: z.string().nullish(),
        size: z.number(),
        annotations: z.record(z.string(), z.string()).nullish(),
      }),
    )
    .nullish(),
});
const manifestType = z.object({ mediaType: z.string() });

/** Reads a credentials file; `form: 'dockercfg'` is the old one, which holds the `auths` alone. Throws `invalid-file` naming it, never showing its content. */
export function parseDockerConfig(text: string, path: string, form: 'config' | 'dockercfg' = 'config'): DockerConfig {
  const json = parseJson(text);
  const parsed = dockerConfig.safeParse(form === 'config' ? json : { auths: json });
  if (!parsed.success) {
    const where = parsed.error.issues[0]?.path.join('.') ?? '';
    throw new ChangeoverError('invalid-file', `not a registry credentials file${where === '' ? '' : `: ${where} has another form than expected`}`, {
      target: path,
      hint: 'Repair it (docker login writes such a file), or name another one.',
    });
  }
  const { auths, credHelpers, credsStore } = parsed.data;
  const entries = Object.entries(auths ?? {}).flatMap(([key, entry]) => {
    const credentials = toCredentials(entry);
    return credentials ? [[plainAuthKey(key), credentials] as const] : [];
  });
  return { auths: new Map(entries), credHelpers: new Map(Object.entries(credHelpers ?? {})), credsStore: credsStore === '' ? undefined : credsStore };
}

/** The token and its life time of a token server's answer; undefined when it holds none. Distribution's token specification: 60 s by default. */
export function parseTokenAnswer(text: string): { token: string; lifetimeMs: number } | undefined {
  const parsed = tokenAnswer.safeParse(parseJson(text));
  if (!parsed.success) return undefined;
  const token = parsed.data.token || parsed.data.access_token;
  return token ? { token, lifetimeMs: parsed.data.expires_in * 1000 } : undefined;
}

/** The `mediaType` a manifest's own bytes name. */
export function parseManifestType(bytes: Uint8Array): string | undefined {
  return manifestType.safeParse(parseJson(Buffer.from(bytes).toString('utf8'))).data?.mediaType;
}

/** The descriptors of a referrers list; undefined when the bytes are none. */
export function parseReferrers(bytes: Uint8Array): readonly Referrer[] | undefined {
  const parsed = referrerList.safeParse(parseJson(Buffer.from(bytes).toString('utf8')));
  return (
    parsed.data?.manifests?.map((each) => ({ ...each, artifactType: each.artifactType ?? '', annotations: each.annotations ?? {} })) ??
    (parsed.success ? [] : undefined)
  );
}

function toCredentials(entry: z.infer<typeof authEntry>): Credentials | undefined {
  if (entry.identitytoken) return { kind: 'identity-token', token: entry.identitytoken };
  if (entry.registrytoken) return { kind: 'registry-token', token: entry.registrytoken };
  const pair = entry.auth ? Buffer.from(entry.auth, 'base64').toString('utf8').replace(/\0+$/, '') : `${entry.username ?? ''}:${entry.password ?? ''}`;
  const colon = pair.indexOf(':');
  return colon < 1 ? undefined : { kind: 'password', username: pair.slice(0, colon), password: pair.slice(colon + 1) };
}

/** The document, or undefined for what is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
