import { z } from 'zod';

/** Every answer of a GraphQL server; `data` may be there in part beside errors. */
export const answerSchema = z.object({
  data: z.unknown().optional(),
  errors: z
    .array(z.object({ message: z.string() }))
    .nullish()
    .transform((errors) => errors ?? []),
});

/** `getTimeInfo` of metadata.graphqls: the zone that the times of a duration are in. */
export const timeInfoSchema = z.object({
  getTimeInfo: z.object({ timezone: z.string().regex(/^[+-]\d{2}:?\d{2}$/, 'is no zone such as +0800') }),
});

/** `getGlobalTopology` of topology.graphqls; only the members we use. */
export const topologySchema = z.object({
  getGlobalTopology: z.object({
    nodes: z.array(z.object({ id: z.string(), name: z.string(), type: z.string().nullish(), isReal: z.boolean() })),
    calls: z.array(z.object({ source: z.string(), target: z.string() })),
  }),
});

export type GlobalTopology = z.output<typeof topologySchema>['getGlobalTopology'];
