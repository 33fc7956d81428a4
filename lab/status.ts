import { missingParts } from './build.ts';
import { getJson } from './kubectl.ts';
import { lab } from './lab.ts';
import { labMode } from './lab-mode.ts';
import { isRunning } from './processes.ts';
import { readState } from './state.ts';

interface PodList {
  readonly items: readonly { readonly metadata: { readonly namespace: string; readonly name: string }; readonly status: { readonly phase: string } }[];
}

/** Prints what runs and where to find it. */
export async function printStatus(format: 'table' | 'json'): Promise<void> {
  const mode = labMode();
  const processes = (readState()?.processes ?? []).map((process) => ({ name: process.name, pid: process.pid, running: isRunning(process) }));
  const pods =
    mode === 'full'
      ? (await getJson<PodList>('pods', '-A')).items.map((pod) => ({ namespace: pod.metadata.namespace, name: pod.metadata.name, phase: pod.status.phase }))
      : [];
  const status = { kind: 'LabStatus', mode: mode ?? 'down', missingParts: missingParts(), processes, pods, ...(mode === undefined ? {} : { addresses: lab }) };
  if (format === 'json') {
    process.stdout.write(`${JSON.stringify(status, undefined, 2)}\n`);
    return;
  }
  const lines = [
    `lab        ${status.mode}${status.missingParts.length === 0 ? '' : ` (not built: ${status.missingParts.join(', ')})`}`,
    ...processes.map((process) => `process    ${process.name.padEnd(20)} ${process.running ? `pid ${process.pid}` : 'ended'}`),
    ...pods.map((pod) => `pod        ${`${pod.namespace}/${pod.name}`.padEnd(50)} ${pod.phase}`),
    ...Object.entries(status.addresses ?? {}).map(([name, value]) => `${name.padEnd(20)} ${value}`),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
