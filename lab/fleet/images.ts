/** A layer of the lab's images, made by `build/layers.ts`. */
export type LayerName =
  | 'application'
  | 'skywalking'
  | 'opentelemetry'
  | 'store'
  | 'store-traced'
  | 'catalog'
  | 'skywalking-official'
  | 'home-link'
  | 'home-skywalking'
  | 'home-store';

/** An image of a fleet: layers on top of `base/tomcat:1`. The registry's host is not part of the name. */
export interface ImageSpec {
  readonly repository: string;
  readonly tag: string;
  readonly layers: readonly LayerName[];
  readonly entrypoint: readonly string[];
  /** `/app` when left out. */
  readonly workingDir?: string;
  readonly env: Readonly<Record<string, string>>;
}

const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

// Small heaps and a compiler that starts fast, so that a fleet of JVMs fits on two cores.
const smallJvm = ['-Xms48m', '-Xmx128m', '-Xss512k', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xshare:auto'];

const tomcatEnv = { PATH: path, CATALINA_HOME: '/usr/share/tomcat10', CATALINA_BASE: '/app/tomcat', JAVA_OPTS: smallJvm.join(' ') };
const catalina = ['/usr/share/tomcat10/bin/catalina.sh', 'run'];
const script = ['/app/bin/start.sh'];

/** `java` with the lab's small settings, in exec form. */
export const java: readonly string[] = ['java', ...smallJvm];

/** Every image the fleets use; `shop/web` beside them is the pause image under another name. */
export const images: readonly ImageSpec[] = [
  shopImage('gateway', ['application', 'skywalking'], catalina),
  shopImage('orders', ['application', 'skywalking'], script),
  shopImage('payments', ['application', 'skywalking'], catalina),
  shopImage('inventory', ['skywalking', 'application'], script),
  shopImage('login', ['application', 'skywalking'], catalina),
  shopImage('fragile', ['application', 'skywalking'], script),
  shopImage('already', ['application', 'opentelemetry'], catalina),
  // As with the official base image of SkyWalking: its variable, its working directory, and the application's jar beside the agent's folder.
  {
    ...storeImage('catalog', ['skywalking-official', 'catalog'], [...java, '-jar', 'app.jar']),
    workingDir: '/skywalking',
    env: { PATH: path, JAVA_TOOL_OPTIONS: '-javaagent:/skywalking/agent/skywalking-agent.jar' },
  },
  { ...storeImage('legacy', ['store', 'skywalking'], ['/app/bin/run.sh']), env: { PATH: path, JAVA_OPTS: smallJvm.join(' ') } },
  storeImage(
    'symlinked',
    ['home-link', 'home-skywalking', 'home-store'],
    [...java, '-javaagent:/home/admin/skywalking/skywalking-agent.jar', '-jar', '/home/admin/app/app.jar'],
  ),
  storeImage('initcopy', ['store'], [...java, '-jar', '/app/app.jar']),
  storeImage('agent', ['skywalking-official'], ['sh']),
  storeImage('tools', ['store', 'skywalking'], [...java, '-jar', '/app/app.jar']),
  storeImage('args', ['skywalking', 'store'], [...java, '-jar', '/app/app.jar']),
  storeImage('hardcoded', ['store-traced', 'skywalking'], [...java, '-javaagent:/opt/skywalking/skywalking-agent.jar', '-jar', '/app/app.jar']),
];

function shopImage(name: string, layers: readonly LayerName[], entrypoint: readonly string[]): ImageSpec {
  return { repository: `shop/${name}`, tag: '1.0', layers, entrypoint, env: tomcatEnv };
}

function storeImage(name: string, layers: readonly LayerName[], entrypoint: readonly string[]): ImageSpec {
  return { repository: `store/${name}`, tag: '1.0', layers, entrypoint, env: { PATH: path } };
}
