/** Extended attributes by name, values in base64. */
export interface Xattrs {
  readonly [name: string]: string;
}

/** The overlay's own marks: repeated, they would tell the kernel something of our layer (that a folder hides what is below it). */
const OVERLAY = /^(?:trusted|user)\.overlay\./;

/** Those attributes of a folder that an entry of a layer above has to repeat; undefined when there are none. */
export function repeatableXattrs(xattrs: Xattrs | undefined): Xattrs | undefined {
  const kept = Object.entries(xattrs ?? {}).filter(([name]) => !OVERLAY.test(name));
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}
