import type { ImageFacts } from '../image/image-facts.ts';
import { listFiles } from './list-files.ts';

/** A Java installation; what is not written down is left out. */
export interface JavaHome {
  readonly home?: string;
  readonly version?: string;
  readonly vendor?: string;
}

/** The Java installations of an image by their `release` files; without one, what its variables JAVA_HOME and JAVA_VERSION say. */
export function findJava({ files, config }: Pick<ImageFacts, 'files' | 'config'>): readonly JavaHome[] {
  const releases = files ? [...listFiles(files)].map((entry) => entry.path).filter((path) => path.endsWith('/release')) : [];
  const found = releases.flatMap((path): readonly JavaHome[] => {
    const text = files?.text(path);
    const version = field(text, 'JAVA_VERSION');
    const vendor = field(text, 'IMPLEMENTOR');
    return version === undefined ? [] : [{ home: path.slice(0, -'/release'.length), version, ...(vendor === undefined ? {} : { vendor }) }];
  });
  if (found.length > 0) return found;
  const variable = (name: string): string => config.env.findLast(([each]) => each === name)?.[1] ?? '';
  const [home, version] = [variable('JAVA_HOME'), variable('JAVA_VERSION')];
  return home === '' && version === '' ? [] : [{ ...(home === '' ? {} : { home }), ...(version === '' ? {} : { version }) }];
}

function field(text: string | undefined, name: string): string | undefined {
  return new RegExp(String.raw`^${name}="?([^"\r\n]+)`, 'm').exec(text ?? '')?.[1];
}
