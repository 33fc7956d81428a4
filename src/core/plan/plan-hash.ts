import { hashJson } from '../hash-json.ts';
import type { Json } from '../json.ts';
import type { Plan } from './plan.ts';

/** sha256 (hex) of what a plan means: everything but its name, time of creation, the hash itself and the folder it was made in. */
export function planHash(plan: Omit<Plan, 'hash'>): string {
  const { name: _name, createdAt: _createdAt, policyDirectory: _directory, ...meaning } = { ...plan, hash: undefined };
  return hashJson(meaning as unknown as Json);
}
