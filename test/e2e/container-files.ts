import { runCommand } from '../../lab/run-command.ts';

/** A file system entry as it matters to an application: type, mode, owner, link target, and for files size and time. By absolute path. */
export type FileListing = ReadonlyMap<string, string>;

/** What the kubelet mounts or the JVM itself writes differs from pod to pod. */
const volatile = ['/tmp/', '/etc/hosts', '/etc/hostname', '/etc/resolv.conf'];

/** Lists the whole root file system of a process, as root on this machine sees it: no mode hides anything, and no tool of the image is trusted. */
export async function listFiles(pid: number): Promise<FileListing> {
  const output = await runCommand('find', [`/proc/${pid}/root/`, '-xdev', '-printf', String.raw`/%P\t%y\t%m %U:%G\t%s %T@\t%l\n`]);
  const entries = output
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'))
    .filter(([path = '']) => !volatile.some((each) => path === each || (each.endsWith('/') && path.startsWith(each))))
    .map(([path = '', type = '', rights = '', content = '', link = '']): [string, string] => [
      path,
      [type, rights, type === 'f' ? content : link].join(' ').trim(),
    ]);
  return new Map(entries);
}

/** The listing without everything below some folders; the folders themselves stay. */
export function outside(listing: FileListing, folders: readonly string[]): FileListing {
  return new Map([...listing].filter(([path]) => !folders.some((folder) => path.startsWith(`${folder}/`))));
}
