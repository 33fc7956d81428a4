import { serveRegistry } from '../../src/adapters/simulated/registry-server.ts';
import { pushUnderFaults } from './push-under-faults.ts';

pushUnderFaults('the simulated registry', () => serveRegistry(), 8);
