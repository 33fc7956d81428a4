import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** How much may pass between two collections, in bytes. */
const STEP = 8 * 1024 * 1024;

/**
 * Keeps the memory of a long stream small: call the result with the length of every chunk that has been dealt with. Chunks lie outside V8's heap, which sees of
 * each a small object only and collects them late: hundreds of megabytes of them pile up. A collection of the young objects takes a millisecond.
 */
export function collectBuffers(): (length: number) => void {
  const collect = exposeCollector();
  let passed = 0;
  return (length) => {
    passed += length;
    if (passed < STEP) return;
    passed = 0;
    collect({ type: 'minor' });
  };
}

function exposeCollector(): (options: { readonly type: 'minor' }) => void {
  setFlagsFromString('--expose-gc');
  const found: unknown = runInNewContext('gc');
  return typeof found === 'function' ? (options) => void Reflect.apply(found, undefined, [options]) : () => undefined;
}
