import type { LayerEntry } from '../../core/image/image-facts.ts';

/** The largest file whose text is kept, in bytes. */
export const MAX_TEXT = 256 * 1024;

/** Files that configure or start a JVM, known by their names. */
const NAMED = [
  /\.(?:sh|bash|options|vmoptions|args|argfile)$/,
  /^(?:agent\.config|jvm\.(?:options|config)|apm-trace-ignore-plugin\.config)$/,
  /^(?:catalina\.sh|setenv\.sh|standalone\.conf|domain\.conf|wrapper[\w.-]*\.conf|supervisord\.conf|server\.env|start\.ini|jib-(?:classpath|main-class)-file)$/,
  /^(?:logback|log4j2)[\w.-]*\.xml$/,
  /^release$/,
];
/** Scripts there belong to the operating system's packages and never start the service. */
const SYSTEM =
  /^\/(?:var\/lib\/dpkg|usr\/share|usr\/lib\/(?:dpkg|apt|python[\d.]*|git-core)|usr\/lib64\/python[\d.]*|lib\/apk|etc\/(?:cron\.\w+|kernel|dhcp|init\.d|rc[\dS]\.d))\//;

/** Whether a file's text may be worth keeping: by its name, or if its first line names an interpreter (`#!`); undefined = no. */
export function wantedText({ path, type, size }: LayerEntry): 'by-name' | 'by-first-line' | undefined {
  if (type !== 'file' || size > MAX_TEXT || SYSTEM.test(path)) return undefined;
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (NAMED.some((pattern) => pattern.test(name))) return 'by-name';
  return size < 2 ? undefined : 'by-first-line';
}

/** The text of a captured file; undefined when it is not UTF-8 text, so that no edit of it could lose a byte. */
export function toText(path: string, bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return path.endsWith('/release') && !text.includes('JAVA_VERSION=') ? undefined : text;
  } catch {
    return undefined;
  }
}
