import { createSimulatedTraceStore } from '../../src/adapters/simulated/simulated-trace-store.ts';
import { describeTraceStore } from './trace-store-contract.ts';

describeTraceStore('the simulated trace store', async () => {
  const store = createSimulatedTraceStore();
  return { store, put: async (spans) => store.add(...spans) };
});
