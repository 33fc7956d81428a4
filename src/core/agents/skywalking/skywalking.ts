import type { ImageFacts } from '../../image/image-facts.ts';
import type { EffectiveOptions } from '../../jvm/effective-options.ts';
import type { AgentPlugin, DetectedAgent } from '../agent.ts';
import { agentJars, detectedAgent, type AgentJar } from '../agent-jar.ts';
import { systemProperties } from '../system-properties.ts';
import { proveFromLog } from './prove-from-log.ts';
import { readSettings } from './read-settings.ts';
import { stockSettings } from './stock-settings.ts';

const stockVariables = new Set(Object.values(stockSettings).map((each) => each.env));

/** Apache SkyWalking's Java agent (8.x, 9.x). */
export const skywalking: AgentPlugin = { id: 'skywalking', detect, readSettings, proveFromLog, ownsProperty };

function detect(options: EffectiveOptions, image?: ImageFacts): readonly DetectedAgent[] {
  return agentJars(options, image)
    .filter((jar) => isSkyWalking(jar, options, image))
    .map((jar) => detectedAgent('skywalking', jar, versionFromPlugins(jar, image)));
}

/** The jar's manifest proves it; where that is not known, the names the distribution uses, its folder, and settings only it reads. */
function isSkyWalking(jar: AgentJar, options: EffectiveOptions, image: ImageFacts | undefined): boolean {
  if (jar.ours) return jar.ours.agent === 'skywalking';
  if (jar.premain) return jar.premain.kind === 'agent' && jar.premain.agent === 'skywalking';
  const name = jar.realPath.slice(jar.realPath.lastIndexOf('/') + 1);
  if (/^skywalking-agent(?:-[\w.-]+)?\.jar$/i.test(name) || /^apm-agent-\d[\w.-]*\.jar$/.test(name)) return true;
  if (/(?:^|,)["']?(?:agent\.service_name|collector\.backend_service)=/.test(jar.args ?? '')) return true;
  const config = image?.files?.text(`${folderOf(jar)}/config/agent.config`);
  if (config !== undefined) return /^\s*(?:agent\.service_name|collector\.backend_service)\s*=/m.test(config);
  const agentName = /^(?:apm-?|sw-?|java-?)?agent\.jar$/i.test(name);
  return agentName && (/skywalking/i.test(jar.realPath) || [...systemProperties(options).keys()].some((property) => property.startsWith('skywalking.')));
}

/** The kernel jar has no version in its name, the plugins beside it do. */
function versionFromPlugins(jar: AgentJar, image: ImageFacts | undefined): string | undefined {
  const files = image?.files;
  const names = files ? ['activations', 'plugins'].flatMap((folder) => files.children(`${folderOf(jar)}/${folder}`)) : [];
  return (
    names.map((name) => /^apm-.*-(\d+\.\d+\.\d+)\.jar$/.exec(name)?.[1]).find((version) => version !== undefined) ?? detectedAgent('skywalking', jar).version
  );
}

function folderOf(jar: AgentJar): string {
  return jar.realPath.slice(0, Math.max(0, jar.realPath.lastIndexOf('/')));
}

function ownsProperty(name: string): boolean {
  return name.startsWith('skywalking.') || name === 'skywalking_config' || stockVariables.has(name);
}
