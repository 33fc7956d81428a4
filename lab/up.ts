import { mkdirSync, rmSync } from 'node:fs';
import { missingParts } from './build.ts';
import { takeDown } from './down.ts';
import { paths } from './paths.ts';
import { updateState } from './state.ts';
import { applyNamespacesAndRights, applyOutsideServices, waitForOutsideServices } from './up/base-objects.ts';
import { makeCertificates } from './up/certificates.ts';
import { startApi, startControllerManager, startRegistry, startScheduler, waitForApi } from './up/control-plane.ts';
import { writeCertificateKubeconfig, writeChangeoverKubeconfig } from './up/kubeconfigs.ts';
import { prepareMachine } from './up/machine.ts';
import { startContainerd, startNode, waitForNode } from './up/node.ts';
import { startJaeger, startStandIns, waitForObservability } from './up/observability.ts';

/** Starts the lab, after taking down whatever an earlier run left. Returns when everything answers; the caller holds the machine's lock. */
export async function bringUp(mode: 'full' | 'control-plane', say: (line: string) => void): Promise<void> {
  const missing = missingParts();
  if (missing.length > 0) throw new Error(`The lab is not built (${missing.join(', ')} missing or outdated). Run: npm run lab -- build`);
  await takeDown();
  rmSync(paths.run, { recursive: true, force: true });
  mkdirSync(paths.log, { recursive: true });
  updateState((state) => ({ ...state, mode }));
  await makeCertificates();
  writeCertificateKubeconfig('admin', paths.adminKubeconfig);
  writeCertificateKubeconfig('viewer', paths.viewerKubeconfig);
  startApi();
  startRegistry();
  if (mode === 'full') await startRest(say);
  else await startClusterApi(say);
  await writeChangeoverKubeconfig();
  updateState((state) => ({ ...state, ready: true }));
}

async function startRest(say: (line: string) => void): Promise<void> {
  await prepareMachine();
  const containerd = startContainerd();
  startStandIns();
  startJaeger();
  await startClusterApi(say);
  startScheduler();
  await startNode(containerd);
  await waitForObservability();
  await applyOutsideServices();
  await waitForNode();
  say('node is Ready');
  await waitForOutsideServices();
}

async function startClusterApi(say: (line: string) => void): Promise<void> {
  await waitForApi();
  startControllerManager();
  await applyNamespacesAndRights();
  say('API server is ready');
}
