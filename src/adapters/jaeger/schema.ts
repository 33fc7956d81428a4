import { z } from 'zod';

/** Jaeger (Go) writes an empty list as null. */
const list = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .nullable()
    .transform((items) => items ?? []);

const tag = z.object({ key: z.string(), value: z.union([z.string(), z.number(), z.boolean()]).transform(String) });

const reference = z.object({ refType: z.string(), traceID: z.string(), spanID: z.string() });

const span = z.object({
  traceID: z.string(),
  spanID: z.string(),
  operationName: z.string(),
  references: list(reference),
  /** Microseconds since the epoch. */
  startTime: z.number(),
  /** Microseconds. */
  duration: z.number(),
  tags: list(tag),
  processID: z.string(),
});

const trace = z.object({
  spans: list(span),
  processes: z.record(z.string(), z.object({ serviceName: z.string(), tags: list(tag) })),
});

/** Answer of `/api/traces` in the form Jaeger's own user interface reads; only the members we use. */
export const tracesSchema = z.object({ data: list(trace) });

/** Answer of `/api/services`. */
export const servicesSchema = z.object({ data: list(z.string()) });

/** Answer of `/api/dependencies`. */
export const dependenciesSchema = z.object({ data: list(z.object({ parent: z.string(), child: z.string(), callCount: z.number() })) });

export type JaegerTrace = z.output<typeof trace>;
