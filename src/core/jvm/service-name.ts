export interface Labels {
  readonly [key: string]: string;
}

/**
 * Evaluates a service name template: each `{label:KEY}` becomes the workload's label KEY, else the pod template's. Undefined
 * when one of them is missing or empty: no name is better than half a name.
 */
export function serviceNameFrom(template: string, workloadLabels: Labels, templateLabels: Labels): string | undefined {
  let complete = true;
  const name = template.replaceAll(/\{label:([^{}]+)\}/g, (_match, key: string) => {
    const value = workloadLabels[key.trim()] || templateLabels[key.trim()];
    if (!value) complete = false;
    return value ?? '';
  });
  return complete && name !== '' ? name : undefined;
}
