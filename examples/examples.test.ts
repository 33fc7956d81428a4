import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseYamlDocument } from '../src/adapters/yaml/parse-yaml.ts';
import { parsePolicy } from '../src/core/policy/parse-policy.ts';
import type { Policy } from '../src/core/policy/policy.ts';

const folder = import.meta.dirname;
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

function read(file: string, text = readFileSync(`${folder}/${file}`, 'utf8')): Policy {
  const { value, position } = parseYamlDocument(text, file);
  return parsePolicy(value, { file, position });
}

/** The file with its commented-out lines put in: what they show must be right too. */
function uncommented(file: string): string {
  const text = readFileSync(`${folder}/${file}`, 'utf8');
  return text.replaceAll(/^( +)# ([\w]+: .*)$/gm, '$1$2');
}

describe('the examples', () => {
  it('are there', () => {
    expect(files).toEqual(expect.arrayContaining(['minimal.yaml', 'skywalking-to-otel.yaml']));
  });

  it.each(files)('%s is a valid policy', (file) => {
    expect(read(file).name).toBe('skywalking-to-otel');
  });

  it('show defaults in the whole policy, but where they say otherwise', () => {
    const { source: _whole, select, to, verify: _verify, allow: _allow, owners: _owners, registries: _registries, ...shown } = read('skywalking-to-otel.yaml');
    const { source: _minimal, ...minimal } = read('minimal.yaml');

    expect(minimal).toMatchObject(shown);
    expect(select.container).toEqual(minimal.select.container);
    expect(to.signals).toEqual(minimal.to.signals);
  });

  it('have commented-out lines that are right, but for fields given twice', () => {
    const text = uncommented('skywalking-to-otel.yaml')
      .replace(/^ {2}files:\n {6}image: .*$/m, '  files:')
      .replace(/^ {6}image: .*\n/m, '')
      .replace(/^ {4}jaeger: http.*\n/m, '');

    expect(read('skywalking-to-otel.yaml', text)).toMatchObject({
      select: { namespaceSelector: 'env=prod', labelSelector: 'tier in (web,api)' },
      to: { files: { kind: 'path', path: './opentelemetry-javaagent.jar' } },
      image: { files: { 'start.sh': './start.sh' }, entrypoint: ['/bin/sh', '/changeover/files/start.sh'] },
      verify: { jaeger: { kind: 'service', service: 'observability/jaeger-query:16686' } },
      registries: { 'registry.example.com': { ca: './ca.pem' } },
    });
  });
});
