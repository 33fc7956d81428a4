/** Marker that hides everything lower layers have in the directory it lies in. */
export const OPAQUE = '.wh..wh..opq';
/** Prefix of a marker that hides one name of lower layers. Source: OCI image-spec layer.md. */
export const WHITEOUT = '.wh.';

/** The components of a path; empty ones and `.` are left out. */
export function splitPath(path: string): readonly string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

/** Every folder above a relative path, the highest first: `a/b/c` has `a` and `a/b`. */
export function ancestors(path: string): readonly string[] {
  const parts = splitPath(path);
  return parts.slice(0, -1).map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** The folder a path lies in; empty for the root. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}

/** The last component. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Order of entries in a layer: folders before what is in them, whiteouts before their siblings, names by their bytes. */
export function compareLayerPaths(a: string, b: string): number {
  const left = splitPath(a);
  const right = splitPath(b);
  for (const [index, part] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    if (part === other) continue;
    if (part.startsWith(WHITEOUT) !== other.startsWith(WHITEOUT)) return part.startsWith(WHITEOUT) ? -1 : 1;
    return compareBytes(part, other);
  }
  return left.length - right.length;
}

/** Order by UTF-8 bytes, which is the order of code points (and not JavaScript's own, where surrogates sort before U+E000). */
function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
