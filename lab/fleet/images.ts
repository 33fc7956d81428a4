/** A layer of the lab's images, made by `build/layers.ts`. */
export type LayerName = 'application' | 'skywalking' | 'opentelemetry';

/** An image of a fleet: layers on top of `base/tomcat:1`. The registry's host is not part of the name. */
export interface ImageSpec {
  readonly repository: string;
  readonly tag: string;
  readonly layers: readonly LayerName[];
  readonly entrypoint: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const catalina = ['/usr/share/tomcat10/bin/catalina.sh', 'run'];
const script = ['/app/bin/start.sh'];

/** Every image the fleets use; `shop/web` beside them is the pause image under another name. */
export const images: readonly ImageSpec[] = [
  shopImage('gateway', ['application', 'skywalking'], catalina),
  shopImage('orders', ['application', 'skywalking'], script),
  shopImage('payments', ['application', 'skywalking'], catalina),
  shopImage('inventory', ['skywalking', 'application'], script),
  shopImage('login', ['application', 'skywalking'], catalina),
  shopImage('fragile', ['application', 'skywalking'], script),
  shopImage('already', ['application', 'opentelemetry'], catalina),
];

/** Environment of every image: small heaps and a compiler that starts fast, so that a fleet of JVMs fits on two cores. */
export const imageEnv: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  CATALINA_HOME: '/usr/share/tomcat10',
  CATALINA_BASE: '/app/tomcat',
  JAVA_OPTS: '-Xms48m -Xmx128m -Xss512k -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto',
};

function shopImage(name: string, layers: readonly LayerName[], entrypoint: readonly string[]): ImageSpec {
  return { repository: `shop/${name}`, tag: '1.0', layers, entrypoint };
}
