import { describe, expect, it } from 'vitest';
import { serviceNameFrom } from './service-name.ts';

describe('a service name template', () => {
  it("asks the workload's labels, then the template's", () => {
    expect(serviceNameFrom('{label:appName}', { appName: 'a' }, { appName: 'b' })).toBe('a');
    expect(serviceNameFrom('{label:team}-{label:appName}', { team: 't' }, { appName: 'b' })).toBe('t-b');
  });

  it('gives no half name', () => {
    expect(serviceNameFrom('{label:team}-{label:appName}', { team: 't' }, {})).toBeUndefined();
    expect(serviceNameFrom('{label:appName}', { appName: '' }, {})).toBeUndefined();
  });
});
