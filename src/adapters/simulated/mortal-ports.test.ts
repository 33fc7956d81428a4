import { describe, expect, it } from 'vitest';
import type { CallHooks } from './intercept.ts';
import { mortalPorts, type MortalPorts } from './mortal-ports.ts';
import { createSimulatedJournals } from './simulated-journal.ts';
import { openSimulatedRegistry } from './simulated-registry.ts';
import { simulatedWorld, type SimulatedWorld } from './simulated-world.ts';
import { VirtualClock } from './virtual-clock.ts';

const namespaces = { resource: { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false }, namespace: '', name: 'new' } as const;
const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'new' } } as const;

describe('mortalPorts', () => {
  it('drops a call before it takes effect, and loses an answer after it did', async () => {
    const fail = (): void => {
      throw new Error('lost');
    };
    const early = open({ before: fail });
    const late = open({ after: fail });

    const dropped = early.ports.cluster.create(object);
    const unanswered = late.ports.cluster.create(object);

    await expect(dropped).rejects.toThrow('lost');
    await expect(unanswered).rejects.toThrow('lost');
    expect(await early.world.connect().get(namespaces)).toBeUndefined();
    expect(await late.world.connect().get(namespaces)).toBeDefined();
  });

  it('numbers the calls to all ports together', async () => {
    const seen: string[] = [];
    const { ports } = open({ before: (call) => void seen.push(`${call.count} ${call.port}.${call.method}`) });

    await ports.cluster.get(namespaces);
    const journal = await ports.journal('cluster', 'run');
    await journal.read();
    await ports.registry.canPush({ registry: 'registry.example.com', path: 'a' });

    expect(seen).toEqual(['1 cluster.get', '2 journal.read', '3 registry.canPush']);
  });

  it('leaves a killed engine hanging: no call arrives, no sleep ends, no finally runs', async () => {
    const engine = open();
    const { ports, killed, world } = engine;
    const ran: string[] = [];
    const live = async (name: string, wait: () => Promise<unknown>): Promise<void> => {
      try {
        await wait();
      } finally {
        ran.push(name);
      }
    };

    void live('asleep', () => ports.clock.sleep(1_000));
    engine.kill();
    void live('calling', () => ports.cluster.create(object));
    await killed;
    await world.clock.sleep(5_000);

    expect(ran).toEqual([]);
    expect(await world.connect().get(namespaces)).toBeUndefined();
  });
});

function open(hooks?: CallHooks): MortalPorts<Parameters<typeof mortalPorts>[0]> & { readonly world: SimulatedWorld } {
  const registry = openSimulatedRegistry();
  const world = simulatedWorld({ clock: new VirtualClock(), registry });
  return { ...mortalPorts({ cluster: world.connect(), registry, clock: world.clock, journal: createSimulatedJournals() }, hooks), world };
}
