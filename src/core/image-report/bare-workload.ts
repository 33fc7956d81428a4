import { printToken } from '../jvm/print-token.ts';
import type { Container, Workload } from '../workload/workload.ts';

/** Read by every JVM however it is started, and by no delivery used for the new agent. */
const VARIABLE = '_JAVA_OPTIONS';

/** A container that adds nothing to its image, but for `-javaagent:` flags of these jars as a pod would bring them. */
export function bareContainer(image: string, jars: readonly string[] = []): Container {
  const value = jars.map((jar) => printToken(`-javaagent:${jar}`, 'tool-options')).join(' ');
  return { name: 'image', image, ...(value === '' ? {} : { env: [{ name: VARIABLE, value }] }) };
}

/** A workload of this container alone, without pods: what is planned for it is what the image alone decides. */
export function bareWorkload(container: Container): Workload {
  const object = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'image' }, spec: { template: { spec: { containers: [container] } } } };
  return { id: '/Deployment/image', namespace: '', kind: 'Deployment', name: 'image', uid: '', object, replicaSets: [], pods: [] };
}
