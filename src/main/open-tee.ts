import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { openConverter } from '../adapters/tee/open-converter.ts';
import { openOtlpSink } from '../adapters/tee/otlp-sink.ts';
import { openRelay } from '../adapters/tee/open-relay.ts';
import type { OpenTee } from '../cli/wiring.ts';

/** Set by the build; absent when the sources run as they are. */
declare const BUNDLED_VERSION: string | undefined;

/** The converter's thread: beside the bundled program, or as source. */
const worker = pathToFileURL(join(import.meta.dirname, typeof BUNDLED_VERSION === 'string' ? 'tee-worker.mjs' : 'tee-worker.ts'));

/** The proxy and the exporter of `tee`, over real sockets. */
export const openTee: OpenTee = { openRelay, openConverter: () => openConverter(worker), openSink: openOtlpSink };
