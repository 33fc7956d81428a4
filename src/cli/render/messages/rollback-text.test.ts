import { describe, expect, it } from 'vitest';
import { reasonText } from './reason-text.ts';

const workload = 'shop/Deployment/orders';

describe('a rollback that failed', () => {
  it('names the commands that put the old values back', () => {
    const text = reasonText({ id: 'rollback-unanswered', params: { workload, attempts: 18, detail: 'HTTP 500' } });

    expect(text).toContain('in 18 attempts: HTTP 500');
    expect(text).toContain('`changeover undo --print shop/Deployment/orders > back.sh && sh back.sh`');
    expect(text).toContain(`kubectl -n shop get deployment orders -o jsonpath='{.metadata.annotations.changeover\\.dev/marker}'`);
  });

  it('names the commands that show why pods of the old template are not well', () => {
    const text = reasonText({ id: 'rollback-deadline', params: { workload, ready: 1, wanted: 2, minutes: 10 } });

    expect(text).toContain('only 1 of 2 old pods Ready after 10 min');
    expect(text).toContain('`kubectl -n shop rollout status deployment/orders`');
  });
});
