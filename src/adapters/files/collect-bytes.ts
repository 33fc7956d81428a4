import type { TarSink } from './tar-parser.ts';

/** A sink that hands over a file of `size` bytes once it is whole. The buffer is allocated at once: bound the size before. */
export function collectBytes(size: number, done: (bytes: Buffer) => void): TarSink {
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  return {
    write(part) {
      bytes.set(part, at);
      at += part.length;
    },
    end: () => done(bytes),
  };
}
