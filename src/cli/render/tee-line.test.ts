import { expect, it } from 'vitest';
import type { TeeStatus } from '../../app/tee.ts';
import { formatTeeLine } from './tee-line.ts';

const status: TeeStatus = {
  kind: 'TeeStatus',
  time: '2026-11-24T18:40:10.000Z',
  listen: '0.0.0.0:11800',
  agents: { connections: 12, calls: 812, unavailable: 0 },
  segments: { seen: 5_012, sent: 4_998, waiting: 14, lost: { bufferFull: 0, undelivered: 0, refused: 0, unreadable: 0 } },
  rejectedSpans: 0,
  buffer: { bytes: 1_000, maxBytes: 2_000 },
  backend: { state: 'up' },
  collector: { state: 'up' },
};

it('the line of a tee that is well is short', () => {
  expect(formatTeeLine(status)).toBe(
    '18:40:10 tee 0.0.0.0:11800 | 12 connections, 812 calls | segments: 5012 seen, 4998 sent, 14 waiting, 0 lost | backend up | collector up',
  );
});

it('the line of a tee in trouble says what is lost and why, without escape sequences from outside', () => {
  const trouble: TeeStatus = {
    ...status,
    agents: { connections: 1, calls: 812, unavailable: 3 },
    segments: { ...status.segments, lost: { bufferFull: 10, undelivered: 5, refused: 0, unreadable: 1 } },
    rejectedSpans: 4,
    backend: { state: 'down', problem: 'ECONN\u001B[31mREFUSED' },
    collector: { state: 'down', problem: 'answers 503' },
    baseline: { services: 3, edges: 2, problem: 'disk full' },
  };

  expect(formatTeeLine(trouble)).toBe(
    '18:40:10 tee 0.0.0.0:11800 | 1 connection, 812 calls, 3 without a backend | ' +
      'segments: 5012 seen, 4998 sent, 14 waiting, 16 lost (buffer full 10, undelivered 5, unreadable 1) | 4 spans rejected | ' +
      'backend down (ECONNREFUSED) | collector down (answers 503) | baseline not written: disk full',
  );
});
