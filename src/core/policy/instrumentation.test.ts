import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../json.ts';
import { literalCredentials, readInstrumentation } from './instrumentation.ts';

const read = (spec: JsonObject): ReturnType<typeof readInstrumentation> => readInstrumentation({ kind: 'Instrumentation', spec });

describe('readInstrumentation', () => {
  it('takes exporter, propagators, sampler, attributes and environment over', () => {
    const secret = { name: 'OTEL_EXPORTER_OTLP_HEADERS', valueFrom: { secretKeyRef: { name: 'otlp', key: 'headers' } } };
    const pod = { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } };
    const spec = {
      exporter: { endpoint: 'https://collector:4317', tls: { ca_file: '/certs/ca.crt', cert_file: '/certs/crt', key_file: '/certs/key' } },
      propagators: ['tracecontext', 'baggage'],
      sampler: { type: 'parentbased_traceidratio', argument: '0.25' },
      resource: { resourceAttributes: { env: 'prod', team: 'a b' } },
      env: [{ name: 'OTEL_BSP_MAX_QUEUE_SIZE', value: '4096' }, pod],
      java: { env: [secret, { name: 'OTEL_X', value: '$(POD_NAME)' }], extensions: [{ image: 'r.example.com/ext:1', dir: '/ext' }] },
      nodejs: { image: 'r.example.com/node:1' },
    };

    expect(read(spec)).toEqual({
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector:4317',
        OTEL_EXPORTER_OTLP_CERTIFICATE: '/certs/ca.crt',
        OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: '/certs/crt',
        OTEL_EXPORTER_OTLP_CLIENT_KEY: '/certs/key',
        OTEL_PROPAGATORS: 'tracecontext,baggage',
        OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
        OTEL_TRACES_SAMPLER_ARG: '0.25',
        OTEL_RESOURCE_ATTRIBUTES: 'env=prod,team=a%20b',
        OTEL_BSP_MAX_QUEUE_SIZE: '4096',
      },
      podEnv: [pod, secret, { name: 'OTEL_X', value: '$(POD_NAME)' }],
      extensions: [{ image: 'r.example.com/ext:1', dir: '/ext' }],
      findings: [],
    });
  });

  it.each<[what: string, spec: JsonObject, field: string, severity: string]>([
    ['certificates from a Secret', { exporter: { tls: { secretName: 'tls' } } }, 'spec.exporter.tls.secretName', 'block'],
    ['certificates from a ConfigMap', { exporter: { tls: { configMapName: 'tls' } } }, 'spec.exporter.tls.configMapName', 'block'],
    ['a relative path', { exporter: { tls: { ca_file: 'ca.crt' } } }, 'spec.exporter.tls.ca_file', 'block'],
    ['options of the JVM', { java: { env: [{ name: 'JAVA_TOOL_OPTIONS', value: '-Xmx1g' }] } }, 'spec.java.env[0] (JAVA_TOOL_OPTIONS)', 'block'],
    ['one name for all', { env: [{ name: 'OTEL_SERVICE_NAME', value: 'x' }] }, 'spec.env[0] (OTEL_SERVICE_NAME)', 'block'],
    ['one name for all in attributes', { resource: { resourceAttributes: { 'service.name': 'x' } } }, 'spec.resource.resourceAttributes.service.name', 'block'],
    ['a variable without a value', { env: [{ name: 'A' }] }, 'spec.env[0] (A)', 'block'],
    ['what is no variable', { env: ['A=b'] }, 'spec.env[0]', 'block'],
    ['half an extension', { java: { extensions: [{ image: 'a' }] } }, 'spec.java.extensions[0]', 'block'],
    ['a part nobody knows', { later: {} }, 'spec.later', 'warn'],
    ['another image', { java: { image: 'a' } }, 'spec.java.image', 'info'],
    ['the size of a volume', { java: { volumeLimitSize: '1Gi' } }, 'spec.java.volumeLimitSize', 'info'],
    ['attributes of objects', { resource: { addK8sUIDAttributes: true } }, 'spec.resource.addK8sUIDAttributes', 'info'],
  ])('says that %s is not taken over', (_what, spec, field, severity) => {
    const { env, podEnv, findings } = read(spec);

    expect(findings).toEqual([{ id: 'instrumentation-unsupported', severity, params: { field } }]);
    expect([env, podEnv]).toEqual([{}, []]);
  });

  it('says when a sampler cuts chains', () => {
    expect(read({ sampler: { type: 'always_on' } }).findings).toEqual([{ id: 'sampler-cuts-chains', severity: 'warn', params: { sampler: 'always_on' } }]);
  });
});

describe('literalCredentials', () => {
  it.each<[what: string, variable: JsonObject, found: readonly string[]]>([
    ['a header in clear', { name: 'OTEL_EXPORTER_OTLP_HEADERS', value: 'authorization=Bearer abc' }, ['OTEL_EXPORTER_OTLP_HEADERS']],
    ['a token in clear', { name: 'API_TOKEN', value: 'abc' }, ['API_TOKEN']],
    ['a password in an address', { name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: 'https://a:b@collector' }, ['OTEL_EXPORTER_OTLP_ENDPOINT']],
    ['a reference', { name: 'API_TOKEN', valueFrom: { secretKeyRef: { name: 'a', key: 'b' } } }, []],
    ['a reference to another variable', { name: 'API_TOKEN', value: '$(TOKEN)' }, []],
    ['a header that is none', { name: 'OTEL_EXPORTER_OTLP_HEADERS', value: 'x-tenant=shop' }, []],
  ])('%s', (_what, variable, found) => {
    expect(literalCredentials({ spec: { env: [variable] } })).toEqual(found);
    expect(literalCredentials({ spec: { java: { env: [variable] } } })).toEqual(found);
  });
});
