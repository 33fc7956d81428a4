import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the lab's sources. */
export const sources: string = dirname(fileURLToPath(import.meta.url));

const cache = process.env['CHANGEOVER_LAB_DIR'] || join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'changeover-lab');
const run = join(cache, 'run');

/** Where things are. `run` lives from `up` to `down`; everything else is a cache that `build` fills. */
export const paths = {
  cache,
  bin: join(cache, 'bin'),
  cni: join(cache, 'cni'),
  stamps: join(cache, 'stamps'),
  buildLog: join(cache, 'build-log'),
  java: join(cache, 'java'),
  agents: join(cache, 'agents'),
  skywalkingJar: join(cache, 'agents', 'apm-agent.jar'),
  opentelemetryJar: join(cache, 'agents', 'opentelemetry-javaagent.jar'),
  images: join(cache, 'images'),
  baseImage: join(cache, 'images', 'base.tar.gz'),
  /** A registry's storage with every image of the lab: `up` starts from a copy of it. */
  pristineRegistry: join(cache, 'registry'),
  lastLog: join(cache, 'last-log'),
  run,
  log: join(run, 'log'),
  pki: join(run, 'pki'),
  state: join(run, 'state.json'),
  registry: join(run, 'registry'),
  containerdSocket: join(run, 'containerd.sock'),
  adminKubeconfig: join(run, 'admin.kubeconfig'),
  changeoverKubeconfig: join(run, 'changeover.kubeconfig'),
  viewerKubeconfig: join(run, 'viewer.kubeconfig'),
} as const;

/** Held by whichever lab command changes something on this machine: the ports, the bridge and the cgroup below exist once. */
export const machineLock = '/run/lock/changeover-lab.lock';

/** Every address the lab listens on. Pods reach the host by the bridge's address alone. */
export const addresses = {
  bridge: '10.244.0.1',
  podRange: '10.244.0.0/24',
  serviceRange: '10.96.0.0/16',
  registry: '127.0.0.1:15000',
  etcd: '127.0.0.1:23790',
  etcdPeer: '127.0.0.1:23800',
  apiServer: '127.0.0.1:16443',
  webhook: '127.0.0.1:19443',
  jaegerQuery: '127.0.0.1:16686',
  oapCounts: '127.0.0.1:12800',
  oap: '10.244.0.1:11800',
  tee: '10.244.0.1:11801',
  otlpGrpc: '10.244.0.1:4317',
  otlpHttp: '10.244.0.1:4318',
} as const;

/** Names of what the lab adds to the machine outside its own folder. */
export const traces = { bridge: 'lab0', cgroup: 'changeover-lab', node: 'node1' } as const;
