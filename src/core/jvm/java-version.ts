/**
 * The major Java version of an image (8, 17, …): from `$JAVA_HOME/release`, else from the variable JAVA_VERSION that the usual
 * base images set. Undefined when neither tells.
 */
export function javaMajor(env: { readonly [name: string]: string }, imageText?: (path: string) => string | undefined): number | undefined {
  const home = env['JAVA_HOME'];
  const release = home ? imageText?.(`${home.replace(/\/+$/, '')}/release`) : undefined;
  const version = /^JAVA_VERSION="?([^"\n]+)/m.exec(release ?? '')?.[1] ?? env['JAVA_VERSION'] ?? '';
  const match = /^(?:jdk-?|jre-?|v)?(?:1\.)?(\d+)/i.exec(version.trim());
  return match ? Number(match[1]) : undefined;
}
