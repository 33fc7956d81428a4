import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { getJson } from './kubectl.ts';
import { runCommand } from './run-command.ts';

interface ContainerStatus {
  readonly name: string;
  readonly containerID?: string;
}

interface PodStatus {
  readonly status: { readonly containerStatuses?: readonly ContainerStatus[]; readonly initContainerStatuses?: readonly ContainerStatus[] };
}

/** What a JVM in a container really runs with, seen from the host: not what its template says. */
export interface JvmInspection {
  /** On the host. */
  readonly pid: number;
  readonly commandLine: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Jars it holds open, as paths inside the container with symbolic links resolved. */
  readonly openJars: readonly string[];
  /** Whether a class whose name starts so is loaded. Asks the JVM once and remembers. */
  readonly hasClassPrefix: (prefix: string) => Promise<boolean>;
}

/** Finds the JVM of a container. Throws when the container or a JVM in it is not there. */
export async function inspectJvm(namespace: string, pod: string, container: string): Promise<JvmInspection> {
  const target = `${namespace}/pod/${pod}[${container}]`;
  const { status } = await getJson<PodStatus>('pod', pod, '-n', namespace);
  const statuses = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])];
  const id = statuses.find((candidate) => candidate.name === container)?.containerID?.replace(/^.*:\/\//, '');
  if (id === undefined) throw new Error(`${target} has no running container`);
  const pid = findJava(id);
  if (pid === undefined) throw new Error(`${target} runs no JVM`);
  let classes: Promise<readonly string[]> | undefined;
  return {
    pid,
    commandLine: readNulSeparated(`/proc/${pid}/cmdline`),
    environment: Object.fromEntries(
      readNulSeparated(`/proc/${pid}/environ`).map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
    ),
    openJars: openJars(pid),
    hasClassPrefix: async (prefix) => (await (classes ??= loadedClasses(pid))).some((name) => name.startsWith(prefix)),
  };
}

/** The process whose program is `java`, in a cgroup that carries the container's id. */
function findJava(containerId: string): number | undefined {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const inside = (pid: string) => orElse(() => readFileSync(`/proc/${pid}/cgroup`, 'utf8'), '').includes(containerId);
  const found = pids.find((pid) => inside(pid) && basename(orElse(() => readlinkSync(`/proc/${pid}/exe`), '')) === 'java');
  return found === undefined ? undefined : Number(found);
}

/** Links of open files are paths of the process's own root, so they need no translation. */
function openJars(pid: number): readonly string[] {
  const links = readdirSync(`/proc/${pid}/fd`).map((fd) => orElse(() => readlinkSync(`/proc/${pid}/fd/${fd}`), ''));
  return [...new Set(links.filter((link) => link.endsWith('.jar')))].sort();
}

/** Names of all loaded classes. The host's jcmd attaches across the container's namespaces; as root it needs not be the JVM's user. */
async function loadedClasses(pid: number): Promise<readonly string[]> {
  const hierarchy = await runCommand('jcmd', [String(pid), 'VM.class_hierarchy']);
  return hierarchy.split('\n').map((line) => line.replace(/^[|\s-]*/, '').replace(/\/.*$/, ''));
}

function readNulSeparated(file: string): readonly string[] {
  return readFileSync(file, 'utf8').split('\0').slice(0, -1);
}

/** For files of a process that may end while we look. */
function orElse<T>(read: () => T, fallback: T): T {
  try {
    return read();
  } catch {
    return fallback;
  }
}
