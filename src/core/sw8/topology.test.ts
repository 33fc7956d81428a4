import { expect, it } from 'vitest';
import { ref, segment, span } from '../../../test/builders/segment.ts';
import { createTopology } from './topology.ts';

it('a topology holds every service seen and every call between two, by their own names', () => {
  const topology = createTopology();

  topology.add(
    segment({ service: 'orders|shop|east', spans: [span({ refs: [ref({ service: 'gateway|shop|east' })] }), span({ spanId: 1, type: 1, peer: 'db:1' })] }),
  );
  topology.add(segment({ service: 'orders|shop|east', spans: [span({ refs: [ref({ service: 'gateway|shop|east' })] })] }));
  topology.add(segment({ service: 'orders', spans: [span({ refs: [ref({ service: 'orders', type: 1 })] })] }));
  topology.add(segment({ service: '', spans: [span({ refs: [ref({ service: 'gateway' }), ref({ service: '' })] })] }));
  topology.add(segment({ service: 'alone' }));

  expect(topology.services()).toEqual(['orders', 'gateway', 'alone']);
  expect(topology.edges()).toEqual([{ from: 'gateway', to: 'orders', calls: 2 }]);
});

it('a topology is bounded, whatever names the network sends', () => {
  const topology = createTopology();

  for (let number = 0; number < 20_001; number += 1) topology.add(segment({ service: `s${number}`, spans: [span({ refs: [ref()] })] }));

  expect(topology.services()).toHaveLength(20_000);
  expect(topology.edges()).toHaveLength(20_000);
});
