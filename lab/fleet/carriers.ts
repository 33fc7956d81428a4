import { java } from './images.ts';
import type { FleetSpec, ServiceSpec } from './service-spec.ts';

const jar = '/opt/skywalking/skywalking-agent.jar';
const options = (name: string): string => `-javaagent:${jar} -Dskywalking.agent.service_name=${name} -Duser.timezone=UTC`;
const mounts = { volumeMounts: [{ name: 'options', mountPath: '/etc/java' }] };

/** One service for each place a pod can have JVM options in, beside those of `shop` and `store`. Not up by default. */
export const carriers: FleetSpec = {
  namespace: 'carriers',
  services: [
    carrier('jdk-options', { env: { JDK_JAVA_OPTIONS: options('jdk-options') } }),
    carrier('old-options', { env: { _JAVA_OPTIONS: options('old-options') } }),
    carrier('shell-words', { container: { command: ['sh', '-c', `exec ${java.join(' ')} ${options('shell-words')} -jar /app/app.jar`] } }),
    carrier('shell-variable', {
      env: { JAVA_OPTS: options('shell-variable') },
      container: { command: ['sh', '-c', `exec ${java.join(' ')} $JAVA_OPTS -jar /app/app.jar`] },
    }),
    carrier('reference', { env: { AGENT_FLAG: `-javaagent:${jar}`, JAVA_TOOL_OPTIONS: '$(AGENT_FLAG) -Dskywalking.agent.service_name=reference' } }),
    carrier('argument-file', { container: { command: [...java, '@/etc/java/arguments'], ...mounts }, override: volume('argument-file') }),
    carrier('options-file', {
      container: { command: [...java, '-XX:VMOptionsFile=/etc/java/vm.options', '-jar', '/app/app.jar'], ...mounts },
      override: volume('options-file'),
    }),
    carrier('env-from', { container: { envFrom: [{ configMapRef: { name: 'env-from' } }] } }),
    carrier('key-ref', { container: variable('key-ref', { configMapKeyRef: { name: 'key-ref', key: 'options' } }) }),
    carrier('secret-ref', { container: variable('secret-ref', { secretKeyRef: { name: 'secret-ref', key: 'options' } }) }),
  ],
};

/** The ConfigMaps and the Secret that the services read. */
export const carrierObjects: readonly object[] = [
  config('argument-file', { arguments: `# started by the platform\n${options('argument-file').replaceAll(' ', '\n')}\n-jar /app/app.jar\n` }),
  config('options-file', { 'vm.options': `${options('options-file').replaceAll(' ', '\n')}\n` }),
  config('env-from', { JAVA_TOOL_OPTIONS: options('env-from') }),
  config('key-ref', { options: options('key-ref') }),
  { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'secret-ref', namespace: 'carriers' }, stringData: { options: options('secret-ref') } },
];

function carrier(name: string, given: Partial<ServiceSpec>): ServiceSpec {
  return { name, replicas: 1, image: 'store/tools:1.0', agent: { kind: 'skywalking', settings: 'image' }, sidecar: 'container', ...given };
}

function volume(name: string): object {
  return { spec: { template: { spec: { volumes: [{ name: 'options', configMap: { name } }] } } } };
}

/** A variable that is read from elsewhere, beside those every service has. */
function variable(name: string, valueFrom: object): object {
  return {
    env: [
      { name: 'SERVICE_NAME', value: name },
      { name: 'SW_AGENT_COLLECTOR_BACKEND_SERVICES', value: '$(OAP_SERVICE_HOST):11800' },
      { name: 'JAVA_TOOL_OPTIONS', valueFrom },
    ],
  };
}

function config(name: string, data: Readonly<Record<string, string>>): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'carriers' }, data };
}
