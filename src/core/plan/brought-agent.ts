import type { Finding } from '../finding.ts';
import { isJsonObject, type JsonObject } from '../json.ts';
import { containers, initContainers, podSpec, podTemplate, templateLabels } from '../workload/pod-template.ts';
import type { Container, Workload } from '../workload/workload.ts';

/** How SkyWalking's operator (SWCK) is asked for its agent, and the container by which it brings it. */
const INJECT_LABEL = 'swck-java-agent-injected';
const INJECT_CONTAINER = 'inject-skywalking-agent';

/**
 * The container of the live pods, or of the template where there are none, that shares the volume mounted at `mount` with the business
 * container: an agent there was copied by it, out of its own image. Undefined where nobody else has the volume.
 */
export function broughtBy(workload: Workload, container: string, mount: string): Container | undefined {
  for (const holder of [...workload.pods, podTemplate(workload.object)]) {
    const all = [...initContainers(podSpec(holder)), ...containers(podSpec(holder))];
    const own = all.find((each) => each.name === container);
    const volume = own && mountsOf(own).find((each) => typeof each['mountPath'] === 'string' && each['mountPath'].replace(/(?<=.)\/+$/, '') === mount);
    const other = volume && all.find((each) => each.name !== container && mountsOf(each).some((each) => each['name'] === volume['name']));
    if (other) return other;
  }
  return undefined;
}

/**
 * `swck-injects` (block): SkyWalking's operator adds its agent to pods as they are created. No template holds it, and whatever is changed there, the
 * next pod has it again, beside the new one.
 */
export function injectionFindings(workload: Workload): readonly Finding[] {
  const asks = templateLabels(podTemplate(workload.object))[INJECT_LABEL] === 'true';
  const has = workload.pods.some((pod) => initContainers(podSpec(pod)).some((each) => each.name === INJECT_CONTAINER));
  return asks || has ? [{ id: 'swck-injects', severity: 'block', params: { label: INJECT_LABEL } }] : [];
}

function mountsOf(container: Container): readonly JsonObject[] {
  const mounts = container['volumeMounts'];
  return Array.isArray(mounts) ? mounts.filter(isJsonObject) : [];
}
