import { describe, expect, it } from 'vitest';
import { effectiveEnv } from '../../jvm/effective-env.ts';
import { effectiveOptions } from '../../jvm/effective-options.ts';
import type { AgentSettings } from '../agent.ts';
import { opentelemetry } from './opentelemetry.ts';

function settingsOf(options: readonly string[], env: { readonly [name: string]: string } = {}, file?: string): AgentSettings {
  const container = {
    name: 'app',
    image: 'app:1',
    command: ['java', ...options, '-jar', 'a.jar'],
    env: Object.entries(env).map(([name, value]) => ({ name, value })),
  };
  const context = {
    options: effectiveOptions({ container }),
    env: effectiveEnv({ container }).values,
    imageText: (path: string) => (path === '/otel.properties' ? file : undefined),
  };
  const [detected] = opentelemetry.detect(context.options);
  if (!detected) throw new Error('no agent detected');
  return opentelemetry.readSettings(context, detected);
}

describe("OpenTelemetry's settings", () => {
  const jar = '-javaagent:/otel/opentelemetry-javaagent.jar';

  it('are arguments, then properties, then variables, then the properties file', () => {
    const file = 'otel.service.name=file\notel.exporter.otlp.endpoint=http://file:4318\n';
    const variables = { OTEL_SERVICE_NAME: 'env', OTEL_JAVAAGENT_CONFIGURATION_FILE: '/otel.properties' };

    expect(settingsOf([jar], { OTEL_JAVAAGENT_CONFIGURATION_FILE: '/otel.properties' }, file)).toMatchObject({
      serviceName: 'file',
      backend: 'http://file:4318',
    });
    expect(settingsOf([jar], variables, file)).toMatchObject({ serviceName: 'env', backend: 'http://file:4318' });
    expect(settingsOf([jar, '-Dotel.service.name=property'], variables, file).serviceName).toBe('property');
    expect(settingsOf([`${jar}=otel.service.name=argument;otel.x=y`, '-Dotel.service.name=property'], variables, file).serviceName).toBe('argument');
  });

  it('fall back to resource attributes, percent-decoded', () => {
    expect(settingsOf([jar], { OTEL_RESOURCE_ATTRIBUTES: 'service.name=my%20app, service.namespace=shop,service.instance.id=100%' })).toMatchObject({
      serviceName: 'my app',
      namespace: 'shop',
      instanceName: '100%',
    });
  });

  it('hold back headers and credentials', () => {
    expect(
      JSON.stringify(settingsOf([jar, '-Dotel.exporter.otlp.headers=x=hush'], { OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'y=hush', OTEL_EXPORTER_PASSWORD: 'hush' })),
    ).not.toContain('hush');
  });
});
