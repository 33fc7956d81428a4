import { addresses } from '../paths.ts';
import { java } from './images.ts';
import type { FleetSpec } from './service-spec.ts';

const jar = '/opt/skywalking/skywalking-agent.jar';

/** Services that get their agent in every other way teams found. Each is a case of its own; none calls another. */
export const store: FleetSpec = {
  namespace: 'store',
  services: [
    // The official base image: JAVA_TOOL_OPTIONS in the image, and the agent's folder inside the application's.
    {
      name: 'catalog',
      replicas: 1,
      image: 'store/catalog:1.0',
      agent: { kind: 'skywalking', settings: 'image' },
      sidecar: 'container',
      env: { SW_AGENT_NAME: 'catalog' },
    },
    // The flag stands in a start script of the image.
    { name: 'legacy', replicas: 1, image: 'store/legacy:1.0', agent: { kind: 'skywalking', settings: 'image' }, sidecar: 'native' },
    // `/home` is a symbolic link, and the folders below have owners and modes of their own.
    {
      name: 'symlinked',
      replicas: 1,
      image: 'store/symlinked:1.0',
      agent: { kind: 'skywalking', settings: 'image' },
      sidecar: 'container',
      env: { SW_AGENT_NAME: 'symlinked' },
    },
    // An init container brings the agent into a volume: no layer of the service's image holds it.
    {
      name: 'initcopy',
      replicas: 1,
      image: 'store/initcopy:1.0',
      agent: { kind: 'skywalking', settings: 'image' },
      sidecar: 'container',
      env: { SW_AGENT_NAME: 'initcopy', JAVA_TOOL_OPTIONS: '-javaagent:/agent/agent/skywalking-agent.jar' },
      container: { volumeMounts: [{ name: 'agent', mountPath: '/agent' }] },
      override: {
        spec: {
          template: {
            spec: {
              initContainers: [
                {
                  name: 'agent',
                  image: `${addresses.registry}/store/agent:1.0`,
                  command: ['cp', '-R', '/skywalking/agent', '/agent/'],
                  volumeMounts: [{ name: 'agent', mountPath: '/agent' }],
                },
              ],
              volumes: [{ name: 'agent', emptyDir: {} }],
            },
          },
        },
      },
    },
    // The flag stands in the deployment, in the variable every JVM reads.
    {
      name: 'tools',
      replicas: 1,
      image: 'store/tools:1.0',
      agent: { kind: 'skywalking', settings: 'image' },
      sidecar: 'native',
      env: { JAVA_TOOL_OPTIONS: `-Duser.timezone=UTC -javaagent:${jar} -Dskywalking.agent.service_name=tools -Dfile.encoding=UTF-8` },
    },
    // The flag stands in the deployment's command.
    {
      name: 'args',
      replicas: 1,
      image: 'store/args:1.0',
      agent: { kind: 'skywalking', settings: 'image' },
      sidecar: 'container',
      container: { command: [...java, `-javaagent:${jar}`, '-Dskywalking.agent.service_name=args', '-jar', '/app/app.jar'] },
    },
    // The application itself calls into the agent, and ends at once without it.
    {
      name: 'hardcoded',
      replicas: 1,
      image: 'store/hardcoded:1.0',
      agent: { kind: 'skywalking', settings: 'image' },
      sidecar: 'container',
      env: { SW_AGENT_NAME: 'hardcoded' },
    },
  ],
};
