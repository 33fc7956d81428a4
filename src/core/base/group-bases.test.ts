import { describe, expect, it } from 'vitest';
import { groupBases, type CarryingImage } from './group-bases.ts';

const image = (name: string, diffIds: string, agentLayer: number, baseName = ''): CarryingImage => ({
  image: name,
  diffIds: diffIds.split(' '),
  agentLayer,
  baseName,
  workloads: [`shop/Deployment/${name}`],
});

describe('grouping a fleet by its bases', () => {
  it('puts together what the agent came into by the same layers, with all that those images share', () => {
    const { bases, own } = groupBases([
      image('a', 'os agent tomcat a', 1, 'base/tomcat:9'),
      image('b', 'os agent tomcat b', 1),
      image('c', 'os java agent c', 2),
      image('d', 'os java agent d', 2, 'base/java:17'),
      image('e', 'os java agent e', 2, 'base/java:17'),
    ]);

    expect(bases).toMatchObject([
      { diffIds: ['os', 'java', 'agent'], agentLayer: 3, names: ['base/java:17'], images: ['c', 'd', 'e'] },
      { diffIds: ['os', 'agent', 'tomcat'], agentLayer: 2, names: ['base/tomcat:9'], images: ['a', 'b'] },
    ]);
    expect(own).toEqual([]);
  });

  it('calls one image that brings the agent by itself no base, though it shares what lies below', () => {
    const { bases, own } = groupBases([image('a', 'os agent-a', 1), image('b', 'os agent-b', 1)]);

    expect(bases).toEqual([]);
    expect(own.map((each) => each.images)).toEqual([['a'], ['b']]);
  });

  it('shares no more than the shortest image has', () => {
    const { bases } = groupBases([image('base', 'os agent', 1), image('app', 'os agent app', 1)]);

    expect(bases).toMatchObject([{ diffIds: ['os', 'agent'] }]);
  });
});
