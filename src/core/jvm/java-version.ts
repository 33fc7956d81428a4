/**
 * The major Java version of an image (8, 17, …): from `$JAVA_HOME/release`, else from the variable JAVA_VERSION that the usual
 * base images set. Undefined when neither tells.
 */
export function javaMajor(env: { readonly [name: string]: string }, imageText?: (path: string) => string | undefined): number | undefined {
  const version = /^JAVA_VERSION="?([^"\n]+)/m.exec(releaseText(env, imageText) ?? '')?.[1] ?? env['JAVA_VERSION'] ?? '';
  const match = /^(?:jdk-?|jre-?|v)?(?:1\.)?(\d+)/i.exec(version.trim());
  return match ? Number(match[1]) : undefined;
}

/** Whether the JVM is HotSpot, which reads no variables of OpenJ9, by `$JAVA_HOME/release`; false where that is not known. */
export function isHotSpot(env: { readonly [name: string]: string }, imageText?: (path: string) => string | undefined): boolean {
  const release = releaseText(env, imageText);
  return release !== undefined && !/openj9|IBM/i.test(release);
}

function releaseText(env: { readonly [name: string]: string }, imageText: ((path: string) => string | undefined) | undefined): string | undefined {
  const home = env['JAVA_HOME'];
  return home ? imageText?.(`${home.replace(/\/+$/, '')}/release`) : undefined;
}
