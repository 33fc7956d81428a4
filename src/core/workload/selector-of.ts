import { isJsonObject } from '../json.ts';
import type { KubeObject } from './kube-object.ts';

/** `spec.selector` as a label selector string (matchLabels and matchExpressions). */
export function selectorOf(object: KubeObject): string {
  const spec = isJsonObject(object['spec']) ? object['spec'] : {};
  const selector = isJsonObject(spec['selector']) ? spec['selector'] : {};
  const labels = isJsonObject(selector['matchLabels'])
    ? Object.entries(selector['matchLabels']).map(([key, value]) => `${key}=${typeof value === 'string' ? value : ''}`)
    : [];
  const expressions = Array.isArray(selector['matchExpressions']) ? selector['matchExpressions'].filter(isJsonObject).map(expressionText) : [];
  return [...labels, ...expressions].join(',');
}

function expressionText(expression: { readonly [key: string]: unknown }): string {
  const key = String(expression['key']);
  const values = Array.isArray(expression['values']) ? expression['values'].join(',') : '';
  switch (expression['operator']) {
    case 'In':
      return `${key} in (${values})`;
    case 'NotIn':
      return `${key} notin (${values})`;
    case 'DoesNotExist':
      return `!${key}`;
    default:
      return key;
  }
}
