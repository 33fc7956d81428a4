import { absolutePath } from './absolute-path.ts';
import type { JvmOption } from './jvm-option.ts';
import { optionLike, type LaunchState } from './launch-state.ts';
import { optionAt } from './option-origin.ts';
import { tokenize } from './tokenize.ts';

/**
 * The options that Open Liberty's `server run` reads from its `jvm.options` files, in its order, the later ones after the
 * earlier. `program` is the path of the `server` script. Source: Open Liberty, server configuration files.
 */
export function libertyOptions(state: LaunchState, program: string, server: string): readonly JvmOption[] {
  const { WLP_USER_DIR: userDir, WLP_INSTALL_DIR: installDir } = state.env.values;
  const home = installDir ?? absolutePath(`${program.slice(0, Math.max(0, program.lastIndexOf('/')))}/..`, state.workingDir);
  const user = userDir ?? `${home}/usr`;
  const folder = `${user}/servers/${server}`;
  const own = [
    `${user}/shared/jvm.options`,
    `${folder}/configDropins/defaults/jvm.options`,
    `${folder}/jvm.options`,
    `${folder}/configDropins/overrides/jvm.options`,
  ];
  const found = own.flatMap((path) => optionsInLines(state, path) ?? []);
  // Only where the server has none at all.
  return own.some((path) => state.imageText(path) !== undefined) ? found : (optionsInLines(state, `${home}/etc/jvm.options`) ?? []);
}

/**
 * The options of the JVM that Jetty's `start.jar` starts for `--exec`, from `start.ini` in its base; none without `--exec`, since Jetty then runs
 * in the JVM that is there. Files below `start.d` are not read. Source: Jetty, start mechanism.
 */
export function jettyOptions(state: LaunchState): readonly JvmOption[] {
  const base = state.env.values['JETTY_BASE'] ?? state.workingDir;
  const path = `${base}/start.ini`;
  const text = state.imageText(path) ?? '';
  return /^[ \t]*--exec[ \t]*\r?$/m.test(text) ? (optionsInLines(state, path) ?? []) : [];
}

function optionsInLines(state: LaunchState, path: string): readonly JvmOption[] | undefined {
  const text = state.imageText(path);
  if (text === undefined) return undefined;
  const origin = { carrier: 'script', source: { kind: 'image-file', path }, syntax: 'lines' } as const;
  return tokenize(text, 'lines')
    .tokens.filter((token) => optionLike.test(token.text))
    .map((token) => optionAt(origin, token));
}
