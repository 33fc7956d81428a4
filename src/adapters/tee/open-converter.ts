import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import type { SegmentMessage, SpanBatch, SpanConverter } from '../../ports/tee.ts';
import type { ConverterAnswer, ConverterRequest } from './serve-converter.ts';

/** Far above what the largest message takes; a message that takes more ends the thread and nothing else. */
const HEAP_MIB = { maxOldGenerationSizeMb: 192, maxYoungGenerationSizeMb: 24 } as const;

/**
 * The thread that forwards keeps a young generation of one MiB: each collection is over in half a millisecond, where one of 16 MiB took ten, and calls
 * waited. The converter's starts at 8 MiB, since its garbage is a batch. On one core, helpers of a collection only take turns.
 */
const heapFlags = ['--semi-space-growth-factor=1', '--min-semi-space-size=8', '--no-parallel-scavenge'] as const;

/** A batch takes milliseconds; a thread that does not answer for so long is given up. */
const ANSWER_MS = 30_000;

interface Thread {
  /** Its answer, or undefined when it ended before. */
  ask(request: ConverterRequest): Promise<ConverterAnswer | undefined>;
  end(): Promise<unknown>;
}

/**
 * A converter in a thread of its own, with its own heap: neither its work nor its garbage delays the forwarding. `program` is the module the thread
 * runs (`serve-converter.ts`). The thread starts with the first messages. When it dies or hangs, what it held is counted as unreadable, and the next messages
 * start another one.
 */
export function openConverter(program: URL, { answerMs = ANSWER_MS } = {}): SpanConverter {
  for (const flag of heapFlags) setFlagsFromString(flag);
  let thread: Thread | undefined;
  let waiting = 0;
  const started = (): Thread => (thread ??= startThread(program, answerMs, () => (thread = undefined)));
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

function startThread(program: URL, answerMs: number, ended: () => void): Thread {
  const worker = new Worker(program, { execArgv: ['--disable-warning=ExperimentalWarning'], resourceLimits: HEAP_MIB });
  const asked: ((answer: ConverterAnswer | undefined) => void)[] = [];
  let over = false;
  const lose = (): void => {
    if (!over) ended(); // once: a thread that is given up ends later, beside its successor
    over = true;
    for (const answer of asked.splice(0)) answer(undefined);
  };
  worker.on('message', (answer: ConverterAnswer) => asked.shift()?.(answer));
  worker.on('error', () => undefined); // told by `exit`
  worker.on('exit', lose);
  return {
    ask: async (request) => {
      const { promise, resolve } = Promise.withResolvers<ConverterAnswer | undefined>();
      asked.push(resolve);
      worker.postMessage(request, request.kind === 'convert' ? [request.bytes.buffer] : []);
      const giveUp = setTimeout(() => {
        lose();
        void worker.terminate();
      }, answerMs);
      return promise.finally(() => clearTimeout(giveUp));
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
