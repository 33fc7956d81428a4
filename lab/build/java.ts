import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { paths, sources } from '../paths.ts';
import { runCommand } from '../run-command.ts';
import { versions } from '../versions.ts';
import { digestOf } from './part.ts';
import type { Part } from './part.ts';

/** What `javaPart` makes. */
export const javaOutputs = {
  plugin: join(paths.java, 'skywalking-plugin', 'target', 'lab-http-plugin.jar'),
  shop: join(paths.java, 'shop', 'target', 'shop'),
  store: join(paths.java, 'store', 'target', 'app.jar'),
  tracedStore: join(paths.java, 'store', 'target', 'app-traced.jar'),
} as const;

/** The two agents' jars, as published on Maven Central. */
export const agentsPart: Part = {
  name: 'agents',
  inputs: () => `opentelemetry ${versions.opentelemetryAgent} skywalking ${versions.skywalkingAgent}`,
  outputs: [paths.opentelemetryJar, paths.skywalkingJar],
  make: async (log) => {
    mkdirSync(paths.agents, { recursive: true });
    await fetchJar(`io.opentelemetry.javaagent:opentelemetry-javaagent:${versions.opentelemetryAgent}`, log);
    await fetchJar(`org.apache.skywalking:apm-agent:${versions.skywalkingAgent}`, log);
  },
};

/** SkyWalking's plugins are not published, so the lab has its own; and the applications that are every service of the shop and of the store. */
export const javaPart: Part = {
  name: 'java',
  inputs: () => `${digestOf('java')} skywalking ${versions.skywalkingAgent} tomcat ${versions.tomcat}`,
  outputs: Object.values(javaOutputs),
  make: async (log) => {
    // Maven writes beside the sources: it gets a copy, so that the work tree stays clean.
    rmSync(paths.java, { recursive: true, force: true });
    cpSync(join(sources, 'java'), paths.java, { recursive: true });
    await runCommand('mvn', ['-B', '-q', 'package', `-Dskywalking.jar=${paths.skywalkingJar}`, `-Dtomcat.version=${versions.tomcat}`], {
      cwd: paths.java,
      log,
    });
  },
};

async function fetchJar(artifact: string, log: string): Promise<void> {
  // Version 3 of the plugin insists on parent POMs, and the one of apm-agent is not published.
  const plugin = 'org.apache.maven.plugins:maven-dependency-plugin:2.8:copy';
  await runCommand('mvn', ['-B', '-q', plugin, `-Dartifact=${artifact}`, `-DoutputDirectory=${paths.agents}`, '-Dmdep.stripVersion=true'], { log });
}
