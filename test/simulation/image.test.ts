import { describe, expect, it } from 'vitest';
import { prepareRewrite } from '../../src/app/rewrite-reference.ts';
import { parseImageReference } from '../../src/core/image/reference.ts';
import { parsePolicy } from '../../src/core/policy/parse-policy.ts';
import { openSimulation } from './open-simulation.ts';

describe('one image', () => {
  it('gets the digest that the plan gives it', async () => {
    const simulation = await openSimulation({ services: [{ name: 'orders' }] });
    const [item] = simulation.plan.items;
    if (item?.action !== 'migrate') throw new Error(JSON.stringify(item));
    const { repository } = parseImageReference(item.source.image);

    const policy = parsePolicy(simulation.plan.policy, { file: 'policy', position: () => undefined });
    const to = { repository, tag: 'mine' };
    const prepared = await prepareRewrite(simulation.openEngine().ports, { repository, digest: item.source.digest }, { policy, to });

    expect(prepared).toMatchObject({
      kind: 'ready',
      report: { rewrite: { digest: item.target.digest, removes: item.target.removes, stays: item.target.stays } },
    });
  });
});
