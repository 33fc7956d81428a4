import { z } from 'zod';
import { ChangeoverError } from '../error.ts';
import { isJsonObject, type Json } from '../json.ts';
import type { Plan } from './plan.ts';
import { planHash } from './plan-hash.ts';

const item = z.looseObject({ id: z.string(), uid: z.string(), action: z.enum(['migrate', 'skip']) });
const schema = z.looseObject({
  apiVersion: z.literal('changeover.dev/v1alpha1'),
  kind: z.literal('Plan'),
  name: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,62}$/),
  hash: z.string(),
  cluster: z.looseObject({ id: z.string(), server: z.string() }),
  policy: z.record(z.string(), z.unknown()),
  items: z.array(item),
  batches: z.array(z.array(z.string())),
});

/**
 * Reads a plan file. The hash covers everything that acts, so a plan that was edited after it was reviewed is refused.
 * Throws `invalid-file` naming the file and what is wrong with it.
 */
export function readPlan(value: Json, file: string): Plan {
  if (!isJsonObject(value) || value['kind'] !== 'Plan')
    throw invalid(file, 'it is not a plan', 'Write one with `changeover plan -p policy.yaml --out plan.json`.');
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(file, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not as expected'}`, 'Plan anew; do not edit the file by hand.');
  }
  const plan = value as unknown as Plan;
  if (planHash(plan) !== plan.hash)
    throw invalid(file, 'its hash does not match its content: it was changed after it was planned', 'Plan anew, so that what is applied is what was reviewed.');
  return plan;
}

function invalid(file: string, message: string, hint: string): ChangeoverError {
  return new ChangeoverError('invalid-file', `${file}: ${message}`, { target: file, hint });
}
