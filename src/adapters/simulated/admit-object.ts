import { ChangeoverError } from '../../core/error.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../core/workload/kube-object.ts';
import { containers, initContainers, podSpec, podTemplate, templateLabels } from '../../core/workload/pod-template.ts';
import { member, number, sameJson, specOf } from './object-parts.ts';
import { describe, keyOf } from './object-store.ts';
import { matchesLabels } from './selectors.ts';

const TEMPLATED = new Set(['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet']);

/**
 * What the API server does to an object before it stores it: empty lists and maps of optional members vanish, defaults
 * appear, and what breaks the rules is `refused`, naming the field. Only the rules this program can meet are here.
 */
export function admitObject(object: KubeObject, current?: KubeObject): KubeObject {
  const pruned = pruneObject(object);
  checkName(pruned);
  if (!TEMPLATED.has(object.kind)) return pruned;
  const admitted = withDefaults(pruned);
  checkTemplate(admitted);
  if (current) checkSelectorKept(admitted, current);
  return admitted;
}

function pruneObject(object: KubeObject): KubeObject {
  const spec = object['spec'];
  const metadata = pruneMetadata(object.metadata) as KubeObject['metadata'];
  if (!TEMPLATED.has(object.kind) || !isJsonObject(spec) || !isJsonObject(spec['template'])) return { ...object, metadata };
  return { ...object, metadata, spec: { ...spec, template: pruneTemplate(spec['template']) } };
}

function pruneTemplate(template: JsonObject): JsonObject {
  const spec = podSpec(template);
  const pruned = {
    ...withoutEmpty(spec, ['initContainers', 'volumes', 'nodeSelector', 'tolerations', 'imagePullSecrets']),
    ...(spec['containers'] === undefined ? {} : { containers: containers(spec).map(pruneContainer) }),
    ...(initContainers(spec).length === 0 ? {} : { initContainers: initContainers(spec).map(pruneContainer) }),
  };
  return { ...template, ...(isJsonObject(template['metadata']) ? { metadata: pruneMetadata(template['metadata']) } : {}), spec: pruned };
}

function pruneContainer(container: JsonObject): JsonObject {
  return withoutEmpty(container, ['env', 'envFrom', 'args', 'command', 'ports', 'volumeMounts']);
}

function pruneMetadata(metadata: JsonObject): JsonObject {
  return withoutEmpty(metadata, ['annotations', 'labels', 'ownerReferences', 'finalizers']);
}

function withoutEmpty(object: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name, value]) => !names.includes(name) || !isEmpty(value)));
}

function isEmpty(value: Json | undefined): boolean {
  if (value === undefined || value === null) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function withDefaults(object: KubeObject): KubeObject {
  const spec = specOf(object);
  const template = podTemplate(object);
  const defaulted = { restartPolicy: 'Always', terminationGracePeriodSeconds: 30, dnsPolicy: 'ClusterFirst', ...podSpec(template) };
  if (object.kind === 'DaemonSet')
    return { ...object, spec: { ...withStrategy(spec, { maxUnavailable: 1, maxSurge: 0 }), template: { ...template, spec: defaulted } } };
  const withTemplate = { replicas: 1, ...spec, template: { ...template, spec: defaulted } };
  if (object.kind === 'StatefulSet') return { ...object, spec: { podManagementPolicy: 'OrderedReady', ...withStrategy(withTemplate, { partition: 0 }) } };
  if (object.kind !== 'Deployment') return { ...object, spec: withTemplate };
  const strategy = { type: 'RollingUpdate', ...member(spec, 'strategy') };
  const rollingUpdate = { maxUnavailable: '25%', maxSurge: '25%', ...member(strategy, 'rollingUpdate') };
  return {
    ...object,
    spec: {
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      ...withTemplate,
      strategy: strategy.type === 'Recreate' ? strategy : { ...strategy, rollingUpdate },
    },
  };
}

function withStrategy(spec: JsonObject, defaults: JsonObject): JsonObject {
  const strategy = { type: 'RollingUpdate', ...member(spec, 'updateStrategy') };
  const rollingUpdate = { ...defaults, ...member(strategy, 'rollingUpdate') };
  return { revisionHistoryLimit: 10, ...spec, updateStrategy: strategy.type === 'OnDelete' ? strategy : { ...strategy, rollingUpdate } };
}

function checkName(object: KubeObject): void {
  const { name } = object.metadata;
  if (/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(name)) return;
  refuse(
    object,
    'metadata.name',
    `Invalid value: ${JSON.stringify(name)}: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.'`,
  );
}

function checkTemplate(object: KubeObject): void {
  const { selector, replicas } = specOf(object);
  if (!isJsonObject(selector) || !matchesLabels(selector['matchLabels'], templateLabels(podTemplate(object)))) {
    refuse(object, 'spec.template.metadata.labels', 'Invalid value: `selector` does not match template `labels`');
  }
  if (object.kind !== 'DaemonSet' && (typeof replicas !== 'number' || replicas < 0))
    refuse(object, 'spec.replicas', `Invalid value: ${JSON.stringify(replicas)}: must be greater than or equal to 0`);
  const { minReadySeconds, progressDeadlineSeconds } = specOf(object);
  if (object.kind === 'Deployment' && number(progressDeadlineSeconds) <= number(minReadySeconds)) {
    refuse(object, 'spec.progressDeadlineSeconds', `Invalid value: ${JSON.stringify(progressDeadlineSeconds)}: must be greater than minReadySeconds`);
  }
  const list = containers(podSpec(podTemplate(object)));
  if (list.length === 0) refuse(object, 'spec.template.spec.containers', 'Required value');
  const names = list.map((container) => container.name);
  for (const [index, container] of list.entries()) {
    const path = `spec.template.spec.containers[${index}]`;
    if (typeof container.image !== 'string' || container.image === '') refuse(object, `${path}.image`, 'Required value');
    if (names.indexOf(container.name) !== index) refuse(object, `${path}.name`, `Duplicate value: ${JSON.stringify(container.name)}`);
    const unnamed = (container.env ?? []).findIndex((each) => typeof each.name !== 'string' || each.name === '');
    if (unnamed >= 0) refuse(object, `${path}.env[${unnamed}].name`, 'Required value');
  }
}

function checkSelectorKept(object: KubeObject, current: KubeObject): void {
  if (!sameJson(specOf(object)['selector'], specOf(current)['selector'])) refuse(object, 'spec.selector', 'Invalid value: field is immutable');
}

function refuse(object: KubeObject, field: string, problem: string): never {
  const target = describe(keyOf(object));
  throw new ChangeoverError('refused', `${object.kind} ${JSON.stringify(object.metadata.name)} is invalid: ${field}: ${problem}`, { target });
}
