import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { serveConverter } from '../adapters/tee/serve-converter.ts';
import { createConversion } from '../app/convert-segments.ts';

/** Behind the thread that forwards, when both share a core. */
const NICE = 10;

// Linux gives each thread a priority of its own; elsewhere this would be that of the whole process.
if (process.platform === 'linux') setPriority(NICE);
if (parentPort) serveConverter(parentPort, createConversion());
