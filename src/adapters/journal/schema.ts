import { z } from 'zod';
import type { JsonObject } from '../../core/json.ts';

/** One line of a journal file (docs/spec/journal.md). */
export const journalLineSchema = z.object({
  seq: z.int().min(1),
  time: z.string(),
  run: z.string(),
  type: z.string(),
  workload: z.string().exactOptional(),
  data: z.record(z.string(), z.json()).transform((data) => data as JsonObject),
});
