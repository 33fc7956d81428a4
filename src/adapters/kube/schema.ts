import { z } from 'zod';

/** kubeconfig members may be left out, null, or an empty string; all three mean "not set". */
const text = z
  .string()
  .nullish()
  .transform((value) => (value === '' ? undefined : (value ?? undefined)));
const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false);
const list = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .nullish()
    .transform((value) => value ?? []);

/** A kubeconfig file, entries unread: a broken entry matters only when it is chosen. */
export const kubeconfigSchema = z.object({
  'current-context': text,
  contexts: list(z.object({ name: z.string(), context: z.unknown() })),
  clusters: list(z.object({ name: z.string(), cluster: z.unknown() })),
  users: list(z.object({ name: z.string(), user: z.unknown() })),
});

export const contextSchema = z.object({ cluster: z.string().min(1), user: text });

export const clusterSchema = z.object({
  server: z.string().min(1),
  'certificate-authority': text,
  'certificate-authority-data': text,
  'insecure-skip-tls-verify': flag,
  'tls-server-name': text,
  'proxy-url': text,
  'disable-compression': flag,
  extensions: list(z.object({ name: z.string(), extension: z.json() })),
});

export const execSchema = z.object({
  apiVersion: z.string(),
  command: z.string().min(1),
  args: list(z.string()),
  env: list(z.object({ name: z.string(), value: z.string() })),
  installHint: text,
  interactiveMode: text,
  provideClusterInfo: flag,
});

export const userSchema = z.object({
  'client-certificate': text,
  'client-certificate-data': text,
  'client-key': text,
  'client-key-data': text,
  token: text,
  tokenFile: text,
  username: text,
  password: text,
  as: text,
  'as-uid': text,
  'as-groups': list(z.string()),
  'as-user-extra': z
    .record(z.string(), z.array(z.string()))
    .nullish()
    .transform((value) => value ?? {}),
  exec: execSchema.nullish().transform((value) => value ?? undefined),
  'auth-provider': z.object({ name: z.string() }).nullish(),
});

/** What a credential plugin prints (client.authentication.k8s.io/v1 and v1beta1). */
export const execCredentialSchema = z.object({
  apiVersion: z.string(),
  kind: z.literal('ExecCredential'),
  status: z.object({ token: text, clientCertificateData: text, clientKeyData: text, expirationTimestamp: text }),
});

/** `metav1.Status`: the body of every answer that is not a success. */
export const statusSchema = z.object({
  kind: z.literal('Status'),
  message: z.string().default(''),
  reason: z.string().default(''),
  code: z.number().default(0),
  details: z
    .object({ name: z.string().optional(), kind: z.string().optional(), causes: z.array(z.unknown()).optional(), retryAfterSeconds: z.number().optional() })
    .optional(),
});

export type ClusterEntry = z.infer<typeof clusterSchema>;
export type UserEntry = z.infer<typeof userSchema>;
export type ExecEntry = z.infer<typeof execSchema>;
export type Status = z.infer<typeof statusSchema>;
