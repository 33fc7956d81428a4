/** OpenTelemetry's instrumentations for SkyWalking's plugins (`plugin.exclude_plugins` names plugins as their definition files do), without versions. */
const instrumentations: { readonly [plugin: string]: readonly string[] } = {
  activemq: ['jms'],
  'apache-httpclient': ['apache-httpclient'],
  httpclient: ['apache-httpclient'],
  httpasyncclient: ['apache-httpasyncclient'],
  'async-http-client': ['async-http-client'],
  'aws-sdk': ['aws-sdk'],
  'cassandra-java-driver': ['cassandra'],
  clickhouse: ['clickhouse'],
  couchbase: ['couchbase'],
  dubbo: ['apache-dubbo'],
  elasticsearch: ['elasticsearch-rest', 'elasticsearch-transport'],
  'elastic-job': ['apache-elasticjob'],
  elasticjob: ['apache-elasticjob'],
  feign: ['http-url-connection'],
  finagle: ['finagle-http'],
  graphql: ['graphql-java'],
  grpc: ['grpc'],
  guava: ['guava'],
  h2: ['jdbc'],
  hikaricp: ['hikaricp'],
  httpurlconnection: ['http-url-connection'],
  'jdk-http': ['http-url-connection'],
  'jdk-threading': ['executors'],
  'jdk-threadpool': ['executors'],
  'jdbc-commons': ['jdbc'],
  jedis: ['jedis'],
  jersey: ['jaxrs'],
  jetty: ['jetty'],
  'jetty-client': ['jetty-httpclient'],
  'jetty-server': ['jetty'],
  kafka: ['kafka'],
  lettuce: ['lettuce'],
  mariadb: ['jdbc'],
  mongodb: ['mongo'],
  mssql: ['jdbc'],
  'mssql-jdbc': ['jdbc'],
  mysql: ['jdbc'],
  netty: ['netty'],
  'netty-http': ['netty'],
  okhttp: ['okhttp'],
  oracle: ['jdbc'],
  ojdbc: ['jdbc'],
  play: ['play-mvc'],
  postgresql: ['jdbc'],
  pulsar: ['pulsar'],
  quartz: ['quartz'],
  'quartz-scheduler': ['quartz'],
  rabbitmq: ['rabbitmq'],
  'reactor-netty': ['reactor-netty'],
  redisson: ['redisson'],
  resttemplate: ['http-url-connection'],
  restlet: ['restlet'],
  rocketmq: ['rocketmq-client'],
  servicecomb: [],
  spring: ['spring-core'],
  'spring-cloud-gateway': ['spring-cloud-gateway'],
  'spring-kafka': ['spring-kafka'],
  'spring-mvc': ['spring-webmvc'],
  springmvc: ['spring-webmvc'],
  'spring-scheduled': ['spring-scheduling'],
  'spring-scheduled-annotation': ['spring-scheduling'],
  'spring-webflux': ['spring-webflux'],
  'spring-webflux-webclient': ['spring-webflux'],
  struts2: ['struts'],
  spymemcached: ['spymemcached'],
  thrift: [],
  tomcat: ['tomcat'],
  undertow: ['undertow'],
  vertx: ['vertx'],
  'vertx-core': ['vertx'],
  xmemcached: [],
  xxljob: ['xxl-job'],
  'xxl-job': ['xxl-job'],
};

/** The instrumentations that excluded plugins mean, and the plugins nobody knows one for. */
export function excludedInstrumentations(list: string): { readonly names: readonly string[]; readonly unknown: readonly string[] } {
  const plugins = list.split(',').flatMap((each) => (each.trim() === '' ? [] : [each.trim().toLowerCase()]));
  const found = plugins.map((plugin) => ({ plugin, names: namesOf(plugin) }));
  return {
    names: [...new Set(found.flatMap((each) => each.names))].sort(),
    unknown: found.filter((each) => each.names.length === 0).map((each) => each.plugin),
  };
}

/** `spring-mvc-annotation-5.x` and `tomcat-7.x/8.x` by the longest beginning that is known. */
function namesOf(plugin: string): readonly string[] {
  const bare = plugin.replace(/-?(?:\d+[\w.]*\/?)+(?:-plugin)?$/, '').replace(/-plugin$/, '');
  const words = bare.split('-');
  for (let length = words.length; length > 0; length -= 1) {
    const name = words.slice(0, length).join('-');
    if (Object.hasOwn(instrumentations, name)) return instrumentations[name] ?? [];
  }
  return [];
}
