import { beforeAll, describe, expect, it } from 'vitest';
import { applyJsonPatch } from '../../src/adapters/simulated/apply-json-patch.ts';
import { pushSampleImage } from '../../src/adapters/simulated/sample-images.ts';
import { readManifests } from '../../src/adapters/yaml/edit-yaml.ts';
import type { ImageKnowledge } from '../../src/app/convert-images.ts';
import type { Conversion } from '../../src/app/convert-manifests.ts';
import { prepareRewrite, pushRewrite } from '../../src/app/rewrite-reference.ts';
import { readChangeContext } from '../../src/app/change-context.ts';
import { resolveImage } from '../../src/app/resolve-image.ts';
import { findObjects } from '../../src/core/convert/find-targets.ts';
import { ChangeoverError } from '../../src/core/error.ts';
import { parseImageReference } from '../../src/core/image/reference.ts';
import { planChange } from '../../src/core/plan/plan-change.ts';
import type { Container } from '../../src/core/workload/workload.ts';
import { workloadOf } from '../builders/service.ts';
import { convertText, policyWith, sampleImages } from './convert-text.ts';
import { manifest } from './corpus.ts';
import { images as names, jar } from './services.ts';

const options = `-Xmx1g -javaagent:${jar} -Dskywalking.agent.service_name=orders`;

describe('the image of a manifest', () => {
  let images: ImageKnowledge & { readonly kind: 'registry' };

  beforeAll(async () => {
    images = await sampleImages();
  });

  it('gets the name a plan gives it', async () => {
    const container: Container = { name: 'orders', image: names.tomcat, env: [{ name: 'CATALINA_OPTS', value: options }] };
    const policy = policyWith();
    const { source } = await resolveImage(images.ports, parseImageReference(names.tomcat), { layerScan: true });

    const { images: made } = await convertText(deployment({ env: [['CATALINA_OPTS', options]] }), { images });
    const planned = planChange({ workload: workloadOf(container), container, configMaps: {}, source }, await readChangeContext(images.ports, policy), 'image');

    expect(made.map((image) => image.reference)).toEqual([planned.kind === 'planned' ? planned.reference : planned.finding]);
  });

  it.each(['image', 'takeover'] as const)('is what `image rewrite` makes: %s; once it is there, nothing is left to convert', async (delivery) => {
    const known = await sampleImages();
    const policy = policyWith({ delivery });
    const text = deployment({ env: [['JAVA_OPTS', options]] });
    const converted = await convertText(text, { images: known, policy });
    const [made] = converted.images;

    const to = parseImageReference(made?.tagged ?? '');
    const prepared = await prepareRewrite(known.ports, parseImageReference(made?.source ?? ''), {
      policy,
      to: { repository: to.repository, tag: to.tag ?? '' },
    });
    if (prepared.kind === 'refused') throw new Error(JSON.stringify(prepared.findings));
    const { rewrite } = await pushRewrite(known.ports, prepared, { policy });
    const again = await convertText(converted.text, { images: known, policy });

    expect(made).toMatchObject({ mode: delivery, byRewrite: true, reference: `${made?.tagged}@${rewrite?.digest}` });
    expect(again.text).toBe(converted.text);
    expect(again.notes.map((note) => note.finding.id)).toEqual(['already-on-target']);
  });

  it('is all that a takeover changes', async () => {
    const { text, notes } = await convertText(deployment({ env: [['JAVA_OPTS', options]] }), { images, policy: policyWith({ delivery: 'takeover' }) });

    expect(withoutDigests(text)).toBe(withoutDigests(deployment({ image: `${names.tomcat}-otel-X@sha256:X`, env: [['JAVA_OPTS', options]] })));
    expect(notes.map((note) => note.finding.id)).not.toContain('ghost-env');
  });

  it('is all that a takeover changes besides inert variables, where the bridge stays away', async () => {
    const policy = policyWith({ delivery: 'takeover', to: { files: { path: 'agent.jar' }, bridge: false } });

    const { text } = await convertText(deployment({ env: [['JAVA_OPTS', options]] }), { images, policy });

    expect(withoutDigests(text)).toBe(
      withoutDigests(
        deployment({
          image: `${names.tomcat}-otel-X@sha256:X`,
          env: [
            ['JAVA_OPTS', options],
            ['OTEL_SERVICE_NAME', 'orders'],
          ],
        }),
      ),
    );
  });

  it('is all that a takeover changes: where no image is made, the manifest stays', async () => {
    const text = deployment({ env: [['JAVA_OPTS', options]] });

    const converted = await convertText(text, { policy: policyWith({ delivery: 'takeover' }) });

    expect(converted.text).toBe(text);
    expect(converted.notes.map((note) => note.finding.id)).toContain('image-not-rewritten');
  });

  it("stays with the manifest, where the pod's own list of extensions would hide the bridge", async () => {
    const text = deployment({
      env: [
        ['JAVA_OPTS', options],
        ['OTEL_JAVAAGENT_EXTENSIONS', '/ours'],
      ],
    });

    const converted = await convertText(text, { images });

    expect(converted.text).toBe(text);
    expect(converted.notes.filter((note) => note.finding.severity === 'block').map((note) => note.finding.id)).toEqual(['bridge-hidden']);
  });

  it('that carries the flag itself is rewritten alone', async () => {
    const { text } = await convertText(deployment({ image: names.spring, env: [['SW_AGENT_NAME', 'orders']] }), { images });

    expect(withoutDigests(text)).toBe(
      withoutDigests(
        deployment({
          image: `${names.spring}-otel-X@sha256:X`,
          env: [
            ['SW_AGENT_NAME', 'orders'],
            ['OTEL_SERVICE_NAME', 'orders'],
          ],
        }),
      ),
    );
  });

  it.each([
    ['that the registry does not have', 'registry.example.com/shop/gone:1', 'image-not-found'],
    ['that is a placeholder', '${IMAGE}', 'not-an-image-name'],
  ])('%s leaves the manifest as it is', async (_, image, id) => {
    const text = deployment({ image, env: [['JAVA_OPTS', options]] });

    const converted = await convertText(text, { images });

    expect(converted.text).toBe(text);
    expect(blocking(converted)).toEqual([[id, 'Deployment/orders', 'orders', 10]]);
  });

  it('without agent, or with another program, is left alone without a word', async () => {
    await pushSampleImage(images.ports.registry, 'registry.example.com/shop/otel:1', 'tomcat-opentelemetry');
    for (const image of [names.program, names.tomcat, 'registry.example.com/shop/otel:1']) {
      const converted = await convertText(deployment({ image }), { images });

      expect(converted).toMatchObject({ text: deployment({ image }), counts: { templates: 1, changed: 0 }, images: [] });
      expect(converted.notes.map((note) => note.finding.severity)).toEqual(['info']);
    }
  });

  it('takes options of a ConfigMap beside it, which a variable of the pod then overrides', async () => {
    const map = `---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: opts}\ndata: {JAVA_OPTS: "${options}"}\n`;
    const from = '        envFrom: [{configMapRef: {name: opts}}]\n';

    const { text, notes } = await convertText(deployment({}) + from + map, { images });

    expect(withoutDigests(text)).toBe(
      withoutDigests(
        deployment({
          image: `${names.tomcat}-otel-X@sha256:X`,
          env: [
            ['JAVA_OPTS', '"-Xmx1g"'],
            ['OTEL_SERVICE_NAME', 'orders'],
          ],
          raw: true,
        }),
      ) +
        from +
        map,
    );
    expect(notes.map((note) => note.finding.id)).toContain('config-map-overridden');
  });

  it('is not changed where a finding blocks that nobody has allowed', async () => {
    const text = deployment({ env: [['JAVA_OPTS', `${options} -Dskywalking.agent.sample_n_per_3_secs=10`]] });
    const allow = [{ id: 'sampling-changes', reason: 'agreed', match: 'shop/*' }];

    const refused = await convertText(text, { images });
    const allowed = await convertText(text, { images, policy: policyWith({ allow }), namespaces: ['shop'] });

    expect(refused.text).toBe(text);
    expect(blocking(refused)).toEqual([['sampling-changes', 'Deployment/orders', 'orders', 10]]);
    expect(allowed.counts.changed).toBe(1);
  });
});

describe('without a registry', () => {
  it('the options go, the settings come, and the image stays, with a note', async () => {
    const converted = await convertText(deployment({ env: [['JAVA_OPTS', options]] }));

    expect(converted.text).toBe(
      deployment({
        env: [
          ['JAVA_OPTS', '-Xmx1g'],
          ['OTEL_SERVICE_NAME', 'orders'],
        ],
      }),
    );
    expect(converted.notes.map((note) => note.finding.id)).toContain('image-not-rewritten');
    expect(converted.images).toEqual([]);
  });

  it.each([
    ["a variable that would hide the image's", deployment({ env: [['JAVA_TOOL_OPTIONS', options]] }), 'tool-options-hide-the-image'],
    ['a name that only the image knows', deployment({ env: [['JAVA_OPTS', `-javaagent:${jar}`]] }), 'service-name-unknown'],
  ])('nothing is guessed: %s', async (_, text, id) => {
    const converted = await convertText(text);

    expect(converted.text).toBe(text);
    expect(blocking(converted).map(([found]) => found)).toEqual([id]);
  });

  it('nor of args, whose program only the image knows, with a word where they name an agent', async () => {
    const text = deployment({ args: [`-javaagent:${jar}=agent.service_name=a`, '-jar', 'a.jar'] });

    const converted = await convertText(text);

    expect(converted.text).toBe(text);
    expect(converted.notes.map(({ finding }) => [finding.id, finding.severity])).toEqual([['start-not-known', 'warn']]);
  });

  it('a variable that held the old agent alone goes whole, unless something refers to it', async () => {
    const only = deployment({
      env: [
        ['SW_AGENT_NAME', 'orders'],
        ['JAVA_TOOL_OPTIONS', `-javaagent:${jar}`],
      ],
    });
    const referred = deployment({
      env: [
        ['SW_AGENT_NAME', 'orders'],
        ['JAVA_TOOL_OPTIONS', `-javaagent:${jar}`],
        ['MORE', '$(JAVA_TOOL_OPTIONS)'],
      ],
    });

    expect((await convertText(only)).text).toBe(
      deployment({
        env: [
          ['SW_AGENT_NAME', 'orders'],
          ['OTEL_SERVICE_NAME', 'orders'],
        ],
      }),
    );
    expect((await convertText(referred)).text).toBe(referred);
  });

  it('a config from a file tells what the image starts; of several images it cannot be', async () => {
    const config = {
      os: 'linux',
      architecture: 'amd64',
      rootfs: { type: 'layers', diff_ids: [] },
      config: { Entrypoint: ['java', '-jar', '/a.jar'], Env: [`JAVA_TOOL_OPTIONS=-javaagent:${jar}`] },
    };
    const images: ImageKnowledge = { kind: 'config', file: 'config.json', config: new TextEncoder().encode(JSON.stringify(config)) };
    const text = deployment({ env: [['SW_AGENT_NAME', 'orders']] });

    const converted = await convertText(text, { images });

    expect(converted.text).toBe(
      deployment({
        env: [
          ['SW_AGENT_NAME', 'orders'],
          ['OTEL_SERVICE_NAME', 'orders'],
        ],
      }),
    );
    await expect(convertText(`${text}---\n${deployment({ image: names.spring })}`, { images })).rejects.toThrow(/2 images/);
    await expect(convertText(text, { images: { ...images, config: new TextEncoder().encode('{}') } })).rejects.toMatchObject({
      code: 'invalid-file',
      target: 'config.json',
    });
  });
});

describe('what is never touched', () => {
  it.each([
    ['an anchor others use', deployment({ env: [['JAVA_OPTS', `&opts "${options}"`]], raw: true }) + '        stdin: false\nx: *opts\n'],
    ['an alias', `x: &opts "${options}"\n${deployment({ env: [['JAVA_OPTS', '*opts']], raw: true })}`],
    ['a merge key', `x: &env {value: "${options}"}\n${deployment({}).replace(/$/, `        env:\n        - {name: JAVA_OPTS, <<: *env}\n`)}`],
  ])('%s', async (_, text) => {
    const converted = await convertText(text);

    expect(converted.text).toBe(text);
    expect(blocking(converted).map(([id]) => id)).toEqual(['anchors-shared']);
  });

  it.each([
    ['another namespace', { select: { namespaces: ['shop'] } }, '  namespace: other\n'],
    ['other labels', { select: { labelSelector: 'team in (a,b),!legacy' } }, '  labels: {team: c}\n'],
    ['an excluded name', { select: { namespaces: ['shop'], exclude: ['shop/Deployment/ord*'] } }, ''],
  ])('what the policy does not select: %s', async (_, spec, metadata) => {
    const text = deployment({ env: [['JAVA_OPTS', options]] }).replace('spec:\n', `${metadata}spec:\n`);

    const converted = await convertText(text, { policy: policyWith(spec) });

    expect(converted.text).toBe(text);
    expect(converted.counts).toMatchObject({ templates: 1, selected: 0, changed: 0 });
  });

  it('containers the API server would not take, with a word where they name an agent', async () => {
    const text = deployment({ image: '', env: [['JAVA_OPTS', options]] }).replace(/ {8}image: .*\n/, '');

    const converted = await convertText(text);

    expect(converted.text).toBe(text);
    expect(converted.notes.map(({ finding }) => [finding.id, finding.severity, finding.params['field']])).toContainEqual([
      'container-not-valid',
      'warn',
      'image',
    ]);
  });

  it('schemas, texts that look like templates, and pods without containers', async () => {
    const text = `apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec: {template: {spec: {containers: [{name: a, image: b}]}}}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {}\n---\njust text\n`;

    expect(await convertText(text)).toMatchObject({ text, counts: { templates: 0 } });
  });
});

describe('files that are no manifests', () => {
  it.each([
    ['a template of a chart', 'image: {{ .Values.image }}\n', true, 'helm-template'],
    ['one that is YAML by chance', 'apiVersion: v1\nkind: Pod\nmetadata: {name: "{{ include "x" . }}"}\n', true, 'helm-template'],
    ['one that only breaks', 'a: {{ b }} c\n', true, 'helm-template'],
    ['values, in a folder', 'image: x\n', false, 'no-manifest'],
    ['a kustomization, in a folder', 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n', false, 'kustomization'],
  ])('are left out: %s', async (_, text, isNamed, why) => {
    const converted = await convertText(text, { isNamed });

    expect(converted).toMatchObject({ files: [], skipped: [{ file: 'a.yaml', why }] });
  });

  it('stay where they were asked for by name, or where other programs fill them in', async () => {
    const rules = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  x: |\n    {{ $labels.job }} {{ template "slack" . }}\n';

    expect((await convertText('image: x\n')).text).toBe('image: x\n');
    expect((await convertText(rules, { isNamed: false })).text).toBe(rules);
  });

  it('that are broken are refused with file and line', async () => {
    await expect(convertText('a: 1\n---\nb: [1\n')).rejects.toSatisfy(
      (error) => error instanceof ChangeoverError && error.code === 'invalid-file' && /^a\.yaml:\d+/.test(error.target ?? ''),
    );
  });
});

describe('patches', () => {
  it('turn the old objects into the new ones', async () => {
    const images = await sampleImages();
    for (const { text, file } of Array.from({ length: 30 }, (_, seed) => manifest(seed))) {
      const converted = await convertText(text, { file, images });

      for (const { kind, name, ops } of converted.patches)
        expect(applyJsonPatch(objectIn(text, { kind, name }), ops, name)).toEqual(objectIn(converted.text, { kind, name }));
    }
  });

  it('refuse to act on a base that has moved on', async () => {
    const text = deployment({ env: [['JAVA_OPTS', options]] });
    const { patches } = await convertText(text, { images: await sampleImages() });
    const moved = text.replace(names.tomcat, 'registry.example.com/shop/tomcat:1.5');

    expect(() => applyJsonPatch(objectIn(moved, { kind: 'Deployment', name: 'orders' }), patches[0]?.ops ?? [], 'orders')).toThrow();
  });
});

interface Wanted {
  readonly image?: string;
  readonly env?: readonly (readonly [string, string])[];
  readonly args?: readonly string[];
  /** Values of variables are YAML as they are. */
  readonly raw?: boolean;
}

/** A Deployment whose container stands in line 10. */
function deployment({ image = names.tomcat, env = [], args = [], raw = false }: Wanted): string {
  const variables = env.flatMap(([name, value]) => [`        - name: ${name}`, `          value: ${raw ? value : print(value)}`]);
  const head =
    'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: orders\nspec:\n  template:\n    metadata: {labels: {app: orders}}\n    spec:\n      containers:';
  const lines = [
    head,
    '      - name: orders',
    `        image: ${image} # pinned`,
    ...(env.length > 0 ? ['        env:', ...variables] : []),
    ...(args.length > 0 ? [`        args: ${JSON.stringify(args)}`] : []),
  ];
  return `${lines.join('\n')}\n`;
}

function print(value: string): string {
  return JSON.stringify(value);
}

function withoutDigests(text: string): string {
  return text.replace(/-otel-[0-9a-f]{8}@sha256:[0-9a-f]{64}/g, '-otel-X@sha256:X');
}

function blocking({ notes }: Conversion): readonly (readonly [string, string, string | undefined, number])[] {
  return notes.filter((note) => note.finding.severity === 'block').map((note) => [note.finding.id, note.object, note.container, note.line] as const);
}

function objectIn(text: string, { kind, name }: { readonly kind: string; readonly name: string }): ReturnType<typeof findObjects>[number]['value'] {
  const objects = [...readManifests(text, 'x')].flatMap((document) => findObjects(document.value));
  const found = objects.find(({ value }) => value['kind'] === kind && (value['metadata'] as { name?: string }).name === name);
  if (!found) throw new Error(`no ${kind}/${name}`);
  return found.value;
}
