import { describe, expect, it } from 'vitest';
import { writeZip } from '../files/write-zip.ts';
import { logCouplings } from './find-couplings.ts';
import { scanJar, type JarFacts } from './scan-jar.ts';

const caller = '\xca\xfe\xba\xbe org/apache/skywalking/apm/dependencies/io/grpc/Channel;';

function scan(
  files: Parameters<typeof writeZip>[0],
  options: { readonly name?: string; readonly manifestOnly?: boolean; readonly stored?: readonly string[] } = {},
): JarFacts {
  const jar = scanJar(options.name ?? '/app/app.jar', { manifestOnly: options.manifestOnly ?? false });
  jar.sink.write(writeZip(files, options.stored));
  jar.sink.end();
  return jar.facts();
}

describe('scanJar', () => {
  it('knows an agent by its manifest, also where nothing else is read of it', () => {
    const files = {
      'META-INF/MANIFEST.MF': 'Manifest-Version: 1.0\r\nPremain-Class: org.apache.skywalking.apm.a\r\n gent.SkyWalkingAgent\r\n',
      'A.class': caller,
    };
    const expected = { premainClass: 'org.apache.skywalking.apm.agent.SkyWalkingAgent', references: [], couplings: [] };

    expect(scan(files)).toEqual(expected);
    expect(scan(files, { manifestOnly: true })).toEqual(expected);
  });

  it('finds toolkits, log layouts and appenders, also in jars inside jars', () => {
    const library = writeZip({ 'logback-shop.xml': '<layout class="x.TraceIdPatternLogbackLayout"/><!-- GRPCLogClientAppender -->' });
    const toolkit = writeZip({ 'org/apache/skywalking/apm/toolkit/trace/TraceContext.class': 'x' });

    const { couplings } = scan(
      {
        'BOOT-INF/lib/shop-logging.jar': library,
        'BOOT-INF/lib/apm-toolkit-trace-8.9.0.jar': toolkit,
        'BOOT-INF/classes/log4j2.xml': '<PatternLayout pattern="%d [%traceId] %m"/><GRPCLogClientAppender/>',
        'org/apache/skywalking/apm/toolkit/meter/Counter.class': 'x',
        'org/apache/skywalking/apm/toolkit/meter/Gauge.class': 'x',
      },
      { stored: ['BOOT-INF/lib/apm-toolkit-trace-8.9.0.jar'] },
    );

    expect(couplings).toEqual([
      { kind: 'log-pattern', what: 'TraceIdPatternLogbackLayout' },
      { kind: 'toolkit', what: 'apm-toolkit-trace-8.9.0' },
      { kind: 'log-pattern', what: '%traceId' },
      { kind: 'log-appender', what: 'GRPCLogClientAppender' },
      { kind: 'toolkit', what: 'classes of apm-toolkit-meter' },
    ]);
  });

  it("is not misled by the agent's own plugins for its toolkit", () => {
    const files = { 'skywalking-plugin.def': 'a=b', 'org/apache/skywalking/apm/toolkit/activation/A.class': caller };

    expect(scan(files, { name: '/sw/apm-toolkit-trace-activation-9.4.0.jar' })).toEqual({ references: [], couplings: [] });
  });

  it('names libraries that are only in the agent', () => {
    expect(scan({ 'A.class': Buffer.from(caller, 'latin1') }).references).toEqual(['org/apache/skywalking/apm/dependencies/io/grpc/Channel']);
  });
});

describe('logCouplings', () => {
  it.each([
    ['appender.pattern = %d %m%n\n# %traceId', []],
    ['<pattern>%d [%tid] %X{trace_id}</pattern>', []],
    ['<pattern>%-20traceId %m</pattern>', ['%-20traceId']],
    ['<provider class="org.apache.skywalking.apm.toolkit.log.logback.v1.x.logstash.TraceIdJsonProvider"/>', ['TraceIdJsonProvider']],
  ])('reads %s', (text, expected) => {
    expect(logCouplings(text).map((each) => each.what)).toEqual(expected);
  });
});
