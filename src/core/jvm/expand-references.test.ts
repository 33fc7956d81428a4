import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeReferences, expandReferences } from './expand-references.ts';

const defined: { readonly [name: string]: string } = { A: 'x', B: '$(A)' };
const expand = (raw: string): string => expandReferences(raw, (name) => (name in defined ? { text: defined[name] ?? '', unresolved: [] } : undefined)).text;

describe('Kubernetes references', () => {
  it.each([
    ['$(A)-$(B)', 'x-$(A)'],
    ['$(C) $(', '$(C) $('],
    ['$$(A) $$$(A) $$$$(A)', '$(A) $x $$(A)'],
    ['$A ${A} a$', '$A ${A} a$'],
    ['$()', '$()'],
  ])('expands %s', (raw, expected) => {
    expect(expand(raw)).toBe(expected);
  });

  it('come out of an escaped value as they went in', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[$()AB a]{0,12}$/), (value) => {
        expect(expand(escapeReferences(value))).toBe(value);
      }),
    );
  });

  it('stay live where they are named', () => {
    expect(escapeReferences('a$(A)$$(A)$(C)', ['A'])).toBe('a$(A)$$$(A)$$(C)');
  });
});
