import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { paths, sources } from '../paths.ts';
import { runCommand } from '../run-command.ts';
import { versions } from '../versions.ts';
import type { Part } from './part.ts';

interface GoProgram {
  /** The package, and the name `go` gives its binary. */
  readonly package: string;
  readonly binary?: string;
}

interface GoPart {
  readonly name: string;
  readonly module: string;
  readonly version: string;
  readonly programs: readonly GoProgram[];
  /** A folder of `lab/go` whose go.mod pins everything; without it `go install package@version` is enough. */
  readonly folder?: string;
  readonly to?: string;
}

const containerd = 'github.com/containerd/containerd/v2';
const cni = 'github.com/containernetworking/plugins';

/** Every program of the lab that comes as a Go module, built from source: the module proxy is the one place that has them all. */
export const goParts: readonly Part[] = [
  goPart({ name: 'etcd', module: 'go.etcd.io/etcd/server/v3', version: versions.etcd, folder: 'etcd', programs: [{ package: './cmd', binary: 'etcd' }] }),
  goPart({
    name: 'kubernetes',
    module: 'k8s.io/kubernetes',
    version: versions.kubernetes,
    folder: 'kubernetes',
    programs: ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kubectl', 'kube-proxy'].map((name) => ({
      package: `k8s.io/kubernetes/cmd/${name}`,
    })),
  }),
  goPart({
    name: 'jaeger',
    module: 'github.com/jaegertracing/jaeger',
    version: versions.jaeger,
    folder: 'jaeger',
    programs: [{ package: 'github.com/jaegertracing/jaeger/cmd/jaeger' }],
  }),
  goPart({
    name: 'crane',
    module: 'github.com/google/go-containerregistry',
    version: versions.crane,
    programs: [{ package: 'github.com/google/go-containerregistry/cmd/crane' }],
  }),
  goPart({
    name: 'containerd',
    module: containerd,
    version: versions.containerd,
    programs: ['containerd', 'containerd-shim-runc-v2', 'ctr'].map((name) => ({ package: `${containerd}/cmd/${name}` })),
  }),
  goPart({
    name: 'cni-plugins',
    module: cni,
    version: versions.cniPlugins,
    to: paths.cni,
    programs: ['main/bridge', 'main/loopback', 'ipam/host-local'].map((name) => ({ package: `${cni}/plugins/${name}` })),
  }),
];

// Kubernetes programs without their version set make clients fail on parsing it; the flag means nothing to the others.
const linkerFlags = `-s -w -X k8s.io/component-base/version.gitVersion=v${versions.kubernetes} -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=${versions.kubernetes.split('.')[1]}`;

function goPart(part: GoPart): Part {
  const to = part.to ?? paths.bin;
  const outputs = part.programs.map((program) => join(to, program.binary ?? basename(program.package)));
  return {
    name: part.name,
    inputs: () => `${part.module} ${part.version}`,
    outputs,
    adopt: async () => (await Promise.all(outputs.map((output) => isBuiltFrom(output, part)))).every(Boolean),
    make: async (log) => await makeGoPart(part, to, log),
  };
}

/** A Go binary carries the modules it was built from. */
async function isBuiltFrom(binary: string, part: GoPart): Promise<boolean> {
  const modules = await runCommand('go', ['version', '-m', binary]).catch(() => '');
  return modules.split('\n').some((line) => /^\t(mod|dep)\t/.test(line) && line.includes(`\t${part.module}\tv${part.version}\t`));
}

/** Builds into a folder beside the target and moves the finished programs over: a build that is killed leaves no half binary. */
async function makeGoPart(part: GoPart, to: string, log: string): Promise<void> {
  const fresh = join(paths.cache, `${part.name}.new`);
  rmSync(fresh, { recursive: true, force: true });
  for (const folder of [to, fresh]) mkdirSync(folder, { recursive: true });
  const packages = part.programs.map((program) => program.package);
  const env = { CGO_ENABLED: '0', GOFLAGS: '-trimpath', GOBIN: fresh };
  try {
    if (part.folder === undefined) {
      for (const name of packages) await runCommand('go', ['install', `${name}@v${part.version}`], { env, log });
    } else {
      const output = part.programs.length === 1 ? join(fresh, part.programs[0]?.binary ?? basename(packages[0] ?? '')) : `${fresh}/`;
      await runCommand('go', ['build', '-ldflags', linkerFlags, '-o', output, ...packages], { cwd: join(sources, 'go', part.folder), env, log });
    }
    for (const name of readdirSync(fresh)) renameSync(join(fresh, name), join(to, name));
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}
