import { ChangeoverError } from '../error.ts';
import type { ErrorCode, ErrorDetails } from '../error.ts';

/** Why an image cannot be read as one, or not be rewritten: stable ids, by what the error says of it. */
const rules = {
  'schema-1': 'unsupported',
  'not-an-image': 'unsupported',
  'helm-chart': 'unsupported',
  artifact: 'unsupported',
  'nydus-layer': 'unsupported',
  'unknown-layer': 'unsupported',
  'encrypted-layer': 'refused',
  'no-platform': 'unsupported',
  'ambiguous-platform': 'unsupported',
  'not-linux': 'refused',
  'too-many-layers': 'refused',
  'layers-do-not-match': 'refused',
  'config-does-not-match': 'refused',
  'manifest-contradicts-itself': 'refused',
  'result-was-changed': 'refused',
} as const satisfies { readonly [rule: string]: ErrorCode };

export type ImageRule = keyof typeof rules;

/** The error of an image that a rule keeps us from; `rule` tells programs which. */
export function imageRefusal(rule: ImageRule, message: string, details: Pick<ErrorDetails, 'target' | 'hint'>): ChangeoverError {
  return new ChangeoverError(rules[rule], message, { ...details, rule });
}
