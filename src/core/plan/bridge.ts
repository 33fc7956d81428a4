import type { DetectedAgent } from '../agents/agent.ts';
import { opentelemetry } from '../agents/opentelemetry/opentelemetry.ts';
import type { Finding } from '../finding.ts';
import type { Policy } from '../policy/policy.ts';
import type { DeliverySubject } from './delivery.ts';
import type { ContainerReading } from './read-container.ts';
import { askedEnv } from './target-env.ts';

/** The bridge's jar, below `to.home`. */
export const BRIDGE_PATH = 'extensions/changeover-bridge.jar';

const EXTENSIONS = 'OTEL_JAVAAGENT_EXTENSIONS';

/** What the bridge needs of the image, and what stands against it. */
export interface BridgeSettings {
  /** It is loaded and asked; else a plan that goes ahead must do without. */
  readonly works: boolean;
  readonly env: { readonly [name: string]: string };
  readonly findings: readonly Finding[];
}

/** A setting of the new agent that image, pod or policy gives. */
interface GivenSetting {
  readonly value: string;
  /** `env OTEL_PROPAGATORS`, `-Dotel.propagators`, `agent arguments`, a file, or `spec.to.env`. */
  readonly by: string;
}

/**
 * Variables of the image that load the bridge, and what keeps it from being loaded or from working. Extensions that the image
 * loads already stay. `bridge-hidden` and `bridge-yaml-config` block where the old agent is another one, since chains would
 * break; an upgrade breaks nothing that was whole. Nothing where the policy leaves the bridge out.
 */
export function bridgeSettings({ facts, policy }: DeliverySubject, reading: ContainerReading, found: DetectedAgent): BridgeSettings {
  if (!policy.to.bridge && policy.to.extensions.length === 0) return { works: false, env: {}, findings: [] };
  const given = (name: string): GivenSetting | undefined => givenSetting(name, { reading, found, policy });
  const folder = `${policy.to.home}/extensions`;
  const extensions = given(EXTENSIONS);
  const inImage = facts.config.env.findLast(([name]) => name === EXTENSIONS)?.[1];
  const hasMore = policy.to.extensions.length > 0;
  const loads = (list: string): boolean => loadsFolder(list, folder) || (!hasMore && loadsBridge(list, folder));
  const isHidden = extensions !== undefined && hidesImage(extensions, reading) && !loads(extensions.value);
  const others = inImage ?? (extensions && !hidesImage(extensions, reading) ? extensions.value : '');
  const env = { [EXTENSIONS]: loads(others) ? others : [others, folder].filter((part) => part !== '').join(',') };
  const moreHidden: readonly Finding[] = isHidden && hasMore ? [{ id: 'extensions-hidden', severity: 'warn', params: { by: extensions.by, folder } }] : [];
  if (!policy.to.bridge) return { works: false, env, findings: moreHidden };
  const severity = policy.from.agent === policy.to.agent ? 'warn' : 'block';
  const yaml = given('OTEL_CONFIG_FILE') ?? given('OTEL_EXPERIMENTAL_CONFIG_FILE');
  const propagators = given('OTEL_PROPAGATORS');
  return {
    works: !isHidden && !yaml,
    env,
    findings: [
      ...moreHidden,
      ...(speaksSw6(found) ? [{ id: 'bridge-sw6', severity, params: { version: found.version ?? '' } } as const] : []),
      ...(isHidden ? [{ id: 'bridge-hidden', severity, params: { by: extensions.by, folder } } as const] : []),
      ...(yaml ? [{ id: 'bridge-yaml-config', severity, params: { by: yaml.by } } as const] : []),
      ...(propagators?.value.split(',').some((each) => each.trim() === 'none')
        ? [{ id: 'bridge-propagators-none', severity: 'warn', params: { by: propagators.by } } as const]
        : []),
    ],
  };
}

/** What the new agent would take a setting from, by its own precedence; an empty value is none. */
function givenSetting(
  name: string,
  { reading, found, policy }: { readonly reading: ContainerReading; readonly found: DetectedAgent; readonly policy: Policy },
): GivenSetting | undefined {
  const key = name.toLowerCase().replaceAll('_', '.');
  // A takeover leaves the arguments of the old flag: the new agent reads them as its own.
  const { values, findings } = opentelemetry.readSettings(reading.context, found);
  const own = values[key];
  if (own) return own.value === '' ? undefined : { value: own.value, by: own.source };
  if (findings.some(({ params }) => params['key'] === key)) return { value: '', by: `-D${key}` };
  const wanted = askedEnv(policy)[name];
  return wanted ? { value: wanted, by: name in policy.to.env ? 'spec.to.env' : 'spec.to.instrumentation' } : undefined;
}

/** Whether a setting takes the place of the image's own variable. */
function hidesImage({ by }: GivenSetting, { env }: ContainerReading): boolean {
  return by === `env ${EXTENSIONS}` ? (env.sources[EXTENSIONS]?.kind.startsWith('pod-') ?? false) : by === 'agent arguments' || by.startsWith('-D');
}

function loadsFolder(extensions: string, folder: string): boolean {
  return pathsOf(extensions).includes(folder);
}

function loadsBridge(extensions: string, folder: string): boolean {
  return pathsOf(extensions).includes(`${folder}/changeover-bridge.jar`);
}

function pathsOf(extensions: string): readonly string[] {
  return extensions.split(',').map((path) => path.trim().replace(/\/+$/, ''));
}

/** Agents of 6 and 7 write another header. */
function speaksSw6({ agent, version = '' }: DetectedAgent): boolean {
  return agent === 'skywalking' && /^[67]\./.test(version);
}
