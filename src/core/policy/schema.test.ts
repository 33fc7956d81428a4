import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { policySchema } from './schema.ts';

/** Paths of every field that holds a value, `[]` for list items and HOST for registries. */
function fields(schema: Json | undefined, path: string): readonly string[] {
  if (!isJsonObject(schema)) return [];
  const options = Array.isArray(schema['anyOf']) ? schema['anyOf'].flatMap((option: Json) => fields(option, path)) : [];
  const properties = isJsonObject(schema['properties']) ? Object.entries(schema['properties']) : [];
  const below = properties.flatMap(([name, member]) => fields(member, path === '' ? name : `${path}.${name}`));
  const items = fields(schema['items'], `${path}[]`).filter((field) => field !== `${path}[]`);
  const values = fields(schema['additionalProperties'], `${path}.HOST`).filter((field) => field !== `${path}.HOST`);
  const found = [...options, ...below, ...items, ...values];
  return found.length > 0 ? found : [path];
}

describe('policySchema', () => {
  it('has every field on the page docs/spec/policy.md', () => {
    const page = readFileSync(new URL('../../../docs/spec/policy.md', import.meta.url), 'utf8');
    const schema = z.toJSONSchema(policySchema, { io: 'input', unrepresentable: 'any' }) as unknown as JsonObject;

    const all = fields(schema, '');

    expect(all.length).toBeGreaterThan(48);
    expect(all.filter((field) => !page.includes(`\`${field}\``))).toEqual([]);
  });
});
