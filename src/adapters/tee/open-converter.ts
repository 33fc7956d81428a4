import { Worker } from 'node:worker_threads';
import type { SegmentMessage, SpanBatch, SpanConverter } from '../../ports/tee.ts';
import type { ConverterAnswer, ConverterRequest } from './serve-converter.ts';

/** Far above what the largest message takes; a message that takes more ends the thread and nothing else. */
const HEAP_MIB = { maxOldGenerationSizeMb: 192, maxYoungGenerationSizeMb: 16 } as const;

interface Thread {
  /** Its answer, or undefined when it ended before. */
  ask(request: ConverterRequest): Promise<ConverterAnswer | undefined>;
  end(): Promise<unknown>;
}

/**
 * A converter in a thread of its own, with its own heap: neither its work nor its garbage delays the forwarding. `program` is the module the thread
 * runs (`serve-converter.ts`). The thread starts with the first messages. When it dies, what it held is counted as unreadable, and the next messages
 * start another one.
 */
export function openConverter(program: URL): SpanConverter {
  let thread: Thread | undefined;
  let waiting = 0;
  const started = (): Thread => (thread ??= startThread(program, () => (thread = undefined)));
  return {
    convert: async (messages) => {
      waiting += messages.length;
      const batch = (await started().ask(requestOf(messages))) as SpanBatch | undefined;
      const lost = { body: new Uint8Array(0), segments: 0, unreadable: waiting, waiting: 0 };
      waiting = batch?.waiting ?? 0;
      return batch ?? lost;
    },
    topology: async () => ((await thread?.ask({ kind: 'topology' })) as Awaited<ReturnType<SpanConverter['topology']>>) ?? { services: [], edges: [] },
    close: async () => void (await thread?.end()),
  };
}

function startThread(program: URL, ended: () => void): Thread {
  const worker = new Worker(program, { execArgv: ['--disable-warning=ExperimentalWarning'], resourceLimits: HEAP_MIB });
  const asked: ((answer: ConverterAnswer | undefined) => void)[] = [];
  worker.on('message', (answer: ConverterAnswer) => asked.shift()?.(answer));
  worker.on('error', () => undefined); // told by `exit`
  worker.on('exit', () => {
    ended();
    for (const answer of asked.splice(0)) answer(undefined);
  });
  return {
    ask: (request) => {
      const { promise, resolve } = Promise.withResolvers<ConverterAnswer | undefined>();
      asked.push(resolve);
      worker.postMessage(request, request.kind === 'convert' ? [request.bytes.buffer] : []);
      return promise;
    },
    end: () => worker.terminate(),
  };
}

/** One copy of all messages, to be handed over as it is: they themselves lie in pieces of memory that others use too. */
function requestOf(messages: readonly SegmentMessage[]): ConverterRequest {
  const bytes = new Uint8Array(messages.reduce((sum, message) => sum + message.bytes.length, 0));
  const ends: number[] = [];
  for (const message of messages) {
    bytes.set(message.bytes, ends.at(-1) ?? 0);
    ends.push((ends.at(-1) ?? 0) + message.bytes.length);
  }
  return { kind: 'convert', bytes, ends, kinds: messages.map(({ kind }) => kind) };
}
