import { openOtlpSink } from '../adapters/tee/otlp-sink.ts';
import { openRelay } from '../adapters/tee/open-relay.ts';
import type { OpenTee } from '../cli/wiring.ts';

/** The proxy and the exporter of `tee`, over real sockets. */
export const openTee: OpenTee = { openRelay, openSink: openOtlpSink };
