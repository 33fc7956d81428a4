import { describe, expect, it } from 'vitest';
import { spanIdOf, traceIdOf } from '../../src/core/sw8/ids.ts';
import { built, runApp } from './java-app.ts';
import type { AppRun } from './java-app.ts';

const bridged = { OTEL_JAVAAGENT_EXTENSIONS: built.bridge, OTEL_SERVICE_NAME: 'shop', OTEL_RESOURCE_ATTRIBUTES: 'service.instance.id=shop-0' };

describe('an application with the toolkit of SkyWalking', () => {
  it('has no ids without an agent', async () => {
    const run = await runApp();

    expect(run.exitCode).toBe(0);
    expect(run.said).toEqual({ ...mute('outside'), ...mute('inside') });
  });

  it('has none with OpenTelemetry alone, whose spans it sends', async () => {
    const run = await runApp({ agent: built.agent });

    expect(run.exitCode).toBe(0);
    expect(run.said).toEqual({ ...mute('outside'), ...mute('inside') });
    expect(namesIn(run)).toEqual(['GET', 'GET /']);
  });

  it('has the ids of its OpenTelemetry spans with the bridge, in the texts of SkyWalking, from asynchronous appenders too', async () => {
    const run = await runApp({ agent: built.agent, env: bridged });

    const traced = spanIn(run, 'Main.traced');
    expect(run.exitCode).toBe(0);
    expect(run.said).toEqual({ ...spoken('outside'), ...spoken('inside', traced) });
    expect(namesIn(run)).toEqual(['GET', 'GET /', 'Main.traced']);
    expect(new Set(run.spans.map((span) => span.traceId))).toEqual(new Set([traced.traceId]));
    expect(traced).toMatchObject({ parentSpanId: spanIn(run, 'GET /').spanId, attributes: { customer: 'c-7' }, events: ['info', 'exception'], failed: true });
  });

  it('has them too where the agent keeps advice apart from the application, as its next major version will', async () => {
    const run = await runApp({ agent: built.agent, env: { ...bridged, OTEL_INSTRUMENTATION_COMMON_V3_PREVIEW: 'true' } });

    expect(run.said).toEqual({ ...spoken('outside'), ...spoken('inside', spanIn(run, 'Main.traced')) });
  });

  it('has the OpenTelemetry id of a trace that came from SkyWalking, and the values that travel with it', async () => {
    const trace = '0261b37e52464a3c9f21aee37883e0ae.1.17954313111340003';
    const segment = '0261b37e52464a3c9f21aee37883e0ae.1.17954313111340002';
    const sw8 = ['1', ...[trace, segment].map(base64), '2', ...['web', 'web-0', '/', 'shop:80'].map(base64)].join('-');

    const run = await runApp({ agent: built.agent, env: bridged, headers: { sw8, baggage: 'tenant=t-1' } });

    expect(spanIn(run, 'GET /')).toMatchObject({ traceId: traceIdOf(trace), parentSpanId: spanIdOf(segment, 2) });
    expect(run.said['logback-async inside']).toContain(`[TID:${traceIdOf(trace)}]`);
    expect(run.said['correlation inside']).toBe('[t-1]');
  });

  it('keeps its ids where the agent is told other names for them and other annotations', async () => {
    const env = {
      OTEL_INSTRUMENTATION_COMMON_LOGGING_TRACE_ID_KEY: 'tid',
      OTEL_INSTRUMENTATION_COMMON_LOGGING_SPAN_ID_KEY: 'sid',
      OTEL_INSTRUMENTATION_EXTERNAL_ANNOTATIONS_INCLUDE: 'com.example.Traced',
    };

    const run = await runApp({ agent: built.agent, env: { ...bridged, ...env } });

    expect(run.said).toEqual({ ...spoken('outside'), ...spoken('inside', spanIn(run, 'GET /')) });
    expect(namesIn(run)).toEqual(['GET', 'GET /']);
  });

  it('loses what one changed class says, and nothing else', async () => {
    const run = await runApp({ agent: built.agent, env: bridged, classPath: built.changedToolkit });

    const context = spoken('inside', spanIn(run, 'Main.traced'));
    const changed = (where: 'log4j' | 'log4j-async') => context[`${where} inside`]?.replace(/^\[TID:\w+\]/, '[changed]');
    expect(run.exitCode).toBe(0);
    expect(run.said).toMatchObject({ ...context, 'log4j inside': changed('log4j'), 'log4j-async inside': changed('log4j-async') });
  });

  it('stays mute when the shims are switched off', async () => {
    const run = await runApp({ agent: built.agent, env: { ...bridged, OTEL_INSTRUMENTATION_CHANGEOVER_TOOLKIT_ENABLED: 'false' } });

    expect(run.said).toEqual({ ...mute('outside'), ...mute('inside') });
  });
});

type Where = 'inside' | 'outside';

/** What the toolkit says by itself. */
function mute(where: Where): Readonly<Record<string, string>> {
  return said(where, { ids: '[] [] [-1]', json: '[] []', tid: '[TID: N/A]', context: '[SW_CTX: N/A]' });
}

/** What it says with the bridge, at a span or outside of all: then as SkyWalking's agent says it. */
function spoken(where: Where, span?: { readonly traceId: string; readonly spanId: string }): Readonly<Record<string, string>> {
  const [trace, segment, number] = span === undefined ? ['N/A', 'N/A', '-1'] : [span.traceId, `${span.spanId}${'0'.repeat(16)}`, '0'];
  const [tid, context] = [`[TID:${trace}]`, `[SW_CTX:[shop,shop-0,${trace},${segment},${number}]]`];
  return said(where, { ids: `[${trace}] [${segment}] [${number}]`, json: `${tid} ${context}`, tid, context });
}

function said(where: Where, { ids, json, tid, context }: { ids: string; json: string; tid: string; context: string }): Readonly<Record<string, string>> {
  const line = `${tid} ${context}`;
  return {
    [`ids ${where}`]: ids,
    [`correlation ${where}`]: '[none]',
    [`log4j1 ${where}`]: tid,
    [`logback ${where}`]: line,
    [`logback-mdc ${where}`]: `${line} []`,
    [`logback-json ${where}`]: json,
    [`logback-async ${where}`]: line,
    [`log4j ${where}`]: line,
    [`log4j-async ${where}`]: line,
  };
}

function namesIn(run: AppRun): readonly string[] {
  return run.spans.map((span) => span.name).toSorted();
}

function spanIn(run: AppRun, name: string) {
  const span = run.spans.find((each) => each.name === name);
  if (span === undefined) throw new Error(`no span ${name} in ${JSON.stringify(run.spans)}\n${run.log}`);
  return span;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
