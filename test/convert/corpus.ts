import type { JsonObject } from '../../src/core/json.ts';
import { seededRandom, type Random } from './random.ts';
import { kinds, objectOf, sampleContainer, withSidecars, type Kind, type Mode, type Sample } from './services.ts';
import { randomHand, writeYaml } from './write-yaml.ts';

/** A file as it is found in repositories, with what its documents mean before and after. */
export interface Manifest {
  readonly file: string;
  readonly text: string;
  readonly kinds: readonly Kind[];
  readonly samples: readonly Sample[];
  /** Documents, with the old images. */
  readonly documents: { readonly before: readonly JsonObject[]; readonly after: { readonly [mode in Mode]: readonly JsonObject[] } };
}

function bystanders(seed: number): readonly JsonObject[] {
  return [
    { apiVersion: 'v1', kind: 'Service', metadata: { name: `web${seed}` }, spec: { ports: [{ port: 80, targetPort: 8080 }], selector: { app: 'web' } } },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `alerts${seed}` },
      data: { 'rules.yaml': 'alert: "{{ $labels.job }} is down"\nfor: 5m\n', opts: '-javaagent:/nothing.jar' },
    },
  ];
}

/** The manifest of a seed; `only` narrows the kinds. */
export function manifest(seed: number, only: readonly [Kind, ...Kind[]] = kinds): Manifest {
  const random = seededRandom(seed);
  const made = Array.from({ length: 1 + random.below(3) }, (_, index) => workload(`svc${seed}-${index}`, random.pick(only), random));
  const around = bystanders(seed).filter(() => random.chance(0.3));
  const layout = random.pick(['documents', 'documents', 'documents', 'list', 'json']);
  const arrange = (objects: readonly JsonObject[]): readonly JsonObject[] =>
    layout === 'documents' ? objects : [{ apiVersion: 'v1', kind: 'List', items: objects }];
  const documents = {
    before: arrange([...around, ...made.map((each) => each.before)]),
    after: {
      registry: arrange([...around, ...made.map((each) => each.after.registry)]),
      'no-registry': arrange([...around, ...made.map((each) => each.after['no-registry'])]),
    },
  };
  const text = layout === 'json' ? writeJson(documents.before[0] ?? {}, random) : writeDocuments(documents.before, random);
  return {
    file: `${seed}.${layout === 'json' ? 'json' : 'yaml'}`,
    text,
    kinds: made.map((each) => each.kind),
    samples: made.map((each) => each.sample),
    documents,
  };
}

interface MadeWorkload {
  readonly kind: Kind;
  readonly sample: Sample;
  readonly before: JsonObject;
  readonly after: { readonly [mode in Mode]: JsonObject };
}

function workload(name: string, kind: Kind, random: Random): MadeWorkload {
  const sample = sampleContainer(random.pick([name, 'app']), random);
  const containers = withSidecars(sample.before, random);
  const object = (business: JsonObject): JsonObject =>
    objectOf(kind, name, { containers: containers.map((each) => (each === sample.before ? business : each)) });
  return {
    kind,
    sample,
    before: object(sample.before),
    after: { registry: object(sample.after.registry), 'no-registry': object(sample.after['no-registry']) },
  };
}

function writeJson(document: JsonObject, random: Random): string {
  return random.pick([JSON.stringify(document), `${JSON.stringify(document, undefined, 2)}\n`, `${JSON.stringify(document, undefined, '\t')}\n`]);
}

function writeDocuments(documents: readonly JsonObject[], random: Random): string {
  const hand = randomHand(random);
  const head = random.pick([
    '',
    '---\n',
    '# Source: shop/templates/deployment.yaml\n',
    '\n---\n# Source: shop/templates/deployment.yaml\n',
    '%YAML 1.2\n---\n',
  ]);
  const bodies = documents.map((document) => writeYaml(document, hand, random));
  const end = random.pick(['', '\n', '\n\n# the end\n', '\n...\n']);
  const text = head + bodies.join(random.pick(['\n---\n', '\n--- # next\n', '\n\n---\n# Source: shop/templates/next.yaml\n'])) + end;
  return random.chance(0.2) ? text.replaceAll('\n', '\r\n') : text;
}
