/** Names that only SkyWalking's agent jar provides: its core, and the libraries it has moved below its own name. */
const INTERNALS = ['org/apache/skywalking/apm/agent/core/', 'org/apache/skywalking/apm/dependencies/'];
/** Names that are kept of one file. */
export const MAX_NAMES = 20;

/** The names of agent internals a class file uses, without repeats. */
export function namesInClass(bytes: Uint8Array): readonly string[] {
  const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const names = new Set<string>();
  for (const internal of INTERNALS) {
    for (let at = content.indexOf(internal); at >= 0 && names.size < MAX_NAMES; at = content.indexOf(internal, at + 1)) {
      names.add(/^[\w/$]+/.exec(content.toString('latin1', at, at + 256))?.[0] ?? internal);
    }
  }
  return [...names];
}
