import { otherAgentFindings } from '../agents/other-agent-findings.ts';
import type { Finding } from '../finding.ts';
import type { StoredConfig } from '../image/image-config.ts';
import type { ImageFacts } from '../image/image-facts.ts';
import { classifyManifest } from '../image/media-types.ts';
import type { ImageIndex, ImageManifest } from '../image/manifest.ts';
import { ourLabels } from '../image/our-labels.ts';
import { formatReference, type ImageReference } from '../image/reference.ts';
import type { SourceImage } from '../image/source-image.ts';
import type { Policy } from '../policy/policy.ts';
import { redact, redactValue } from '../redact.ts';
import { findAgents } from './find-agents.ts';
import { findJava } from './find-java.ts';
import type { ImageReport, IndexChild, PlatformReport, SignatureSeen } from './image-report.ts';
import { judgeTakeover } from './judge-takeover.ts';

/** One platform as the registry has it: layers of ours, where there are some, are part of it. */
export interface StoredPlatform {
  readonly manifest: ImageManifest;
  readonly config: StoredConfig;
  readonly facts: ImageFacts;
}

export interface ReportInput {
  readonly reference: ImageReference;
  readonly mediaType: string;
  readonly source: SourceImage;
  /** The source's platforms, in its order. */
  readonly stored: readonly StoredPlatform[];
  readonly signatures: readonly SignatureSeen[];
  readonly policy: Policy;
}

/** Says what an image is, which agents it holds, and whether a takeover could replace them. Pure. */
export function makeImageReport({ reference, mediaType, source, stored, signatures, policy }: ReportInput): ImageReport {
  return {
    apiVersion: 'changeover.dev/v1alpha1',
    kind: 'ImageReport',
    reference: formatReference(reference),
    digest: source.digest,
    mediaType,
    ...(source.index ? { children: listChildren(source.index.parsed) } : {}),
    platforms: stored.map(reportPlatform),
    takeover: judgeTakeover(source, policy),
    signatures,
  };
}

function listChildren({ manifests }: ImageIndex): readonly IndexChild[] {
  return manifests.map(({ digest, mediaType, platform, annotations }) => {
    const about = annotations['vnd.docker.reference.digest'];
    const isAttestation = annotations['vnd.docker.reference.type'] === 'attestation-manifest';
    const isImage = classifyManifest(mediaType)?.kind === 'image' && platform?.os !== 'unknown';
    return {
      digest,
      mediaType,
      ...(platform ? { platform } : {}),
      role: isAttestation ? 'attestation' : isImage ? 'image' : 'other',
      ...(about === undefined ? {} : { about }),
    };
  });
}

function reportPlatform({ manifest, config, facts }: StoredPlatform): PlatformReport {
  const { reading, agents, findings } = findAgents(facts);
  const { os, architecture, labels } = config;
  const below = facts.ours ? Number.parseInt(labels[ourLabels.layers] ?? '', 10) : manifest.layers.length;
  return {
    os,
    architecture,
    digest: manifest.digest,
    config: {
      entrypoint: config.entrypoint.map((word) => redactValue('', word)),
      cmd: config.cmd.map((word) => redactValue('', word)),
      workingDir: config.workingDir,
      user: config.user,
      env: config.env.map(([name, value]) => ({ name, value: redactValue(name, value) })),
    },
    java: findJava(facts),
    layers: manifest.layers.map(({ digest, size, mediaType }, index) => ({ digest, size, mediaType, ours: index >= below })),
    ...(facts.scanProblem === undefined ? {} : { scanProblem: facts.scanProblem }),
    agents,
    ...(facts.ours
      ? { ours: { source: facts.ours.sourceDigest, sourceName: labels[ourLabels.sourceName] ?? '', agent: facts.ours.agent, version: facts.ours.version } }
      : {}),
    findings: [...reading.options.findings, ...otherAgentFindings(reading.context), ...findings].map(maskFinding),
  };
}

/** Findings quote what they are about: options, programs, settings. */
function maskFinding({ params, ...finding }: Finding): Finding {
  return { ...finding, params: Object.fromEntries(Object.entries(params).map(([name, value]) => [name, typeof value === 'string' ? redact(value) : value])) };
}
