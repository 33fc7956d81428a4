import { openLayerReader } from '../../src/adapters/registry/layer-reader.ts';
import { pushSampleImage, sampleAgentJar } from '../../src/adapters/simulated/sample-images.ts';
import { openSimulatedRegistry } from '../../src/adapters/simulated/simulated-registry.ts';
import { readManifests } from '../../src/adapters/yaml/edit-yaml.ts';
import type { ImageKnowledge } from '../../src/app/convert-images.ts';
import { convertManifests, type Conversion } from '../../src/app/convert-manifests.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { parsePolicy } from '../../src/core/policy/parse-policy.ts';
import type { Policy } from '../../src/core/policy/policy.ts';
import { images } from './services.ts';

/** A registry with the images of the samples, and what else is needed to read and to plan images. */
export async function sampleImages(): Promise<ImageKnowledge & { readonly kind: 'registry' }> {
  const registry = openSimulatedRegistry();
  await pushSampleImage(registry, images.tomcat, 'tomcat-skywalking');
  await pushSampleImage(registry, images.spring, 'spring-skywalking');
  await pushSampleImage(registry, images.program, 'no-jvm');
  const cached = new Map<string, Uint8Array>();
  const layers = openLayerReader(registry, { get: async (key) => cached.get(key), put: async (key, bytes) => void cached.set(key, bytes) });
  const ports = {
    registry,
    layers,
    clock: { now: () => Date.parse('2026-11-03T10:00:00Z'), sleep: async () => undefined },
    agentFiles: async () => ({ version: '2.33.1', files: [{ path: 'agent/javaagent.jar', bytes: sampleAgentJar() }] }),
    policyFiles: async () => ({}),
  };
  return { kind: 'registry', ports };
}

/** A policy with this `spec` besides what every policy needs. */
export function policyWith(spec: JsonObject = {}): Policy {
  const to = { files: { path: 'agent.jar' }, env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4317' } };
  const document = { apiVersion: 'changeover.dev/v1alpha1', kind: 'Changeover', metadata: { name: 'test' }, spec: { to, ...spec } };
  return parsePolicy(document, { file: 'policy', position: () => undefined });
}

export interface ConvertWith {
  readonly images?: ImageKnowledge;
  readonly policy?: Policy;
  readonly namespaces?: readonly string[];
  readonly file?: string;
  readonly isNamed?: boolean;
}

/** Converts one text; without images nothing of them is known. */
export async function convertText(
  text: string,
  { images: known = { kind: 'none' }, policy = policyWith(), file = 'a.yaml', isNamed = true, ...rest }: ConvertWith = {},
): Promise<Conversion & { readonly text: string }> {
  const conversion = await convertManifests([{ file, text, isNamed }], { policy, images: known, readManifests, today: '2026-11-03', ...rest });
  return { ...conversion, text: conversion.files[0]?.text ?? '' };
}
