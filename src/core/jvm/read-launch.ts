import { absolutePath, baseName } from './absolute-path.ts';
import type { Argument } from './effective-command.ts';
import type { EffectiveEnv } from './effective-env.ts';
import { isVersionQuery, optionIndexes, programIndex } from './java-arguments.ts';
import { newLaunchState, mostWords, optionLike, optionsOf, resolveWord, variableName, type LaunchState } from './launch-state.ts';
import { optionAt, type Origin, type ResolvedText } from './option-origin.ts';
import { parameterFallback } from './parameter-fallback.ts';
import { jettyOptions, libertyOptions } from './server-option-files.ts';
import { assignDefault, assignVariable, mentionVariables, wordWithFallback, type Word } from './script-variables.ts';
import { readAssignment } from './script-tokens.ts';
import { shellCommands } from './shell-commands.ts';
import type { ShellToken } from './tokenize-shell-words.ts';

/** Where a command stands. `positional` is `$@`; scripts may set it anew. */
interface Frame {
  positional: readonly Word[];
  /** The folder of the script. */
  readonly directory: string;
  readonly evaluated: boolean;
  readonly depth: number;
}

const wrappers = new Set(['exec', 'nohup', 'setsid', 'command', 'env', 'time', 'nice', 'tini', 'dumb-init', 'catatonit', 'docker-init', 'builtin']);
const userWrappers = new Set(['gosu', 'su-exec', 'setpriv', 'runuser']);
const shells = new Set(['sh', 'bash', 'ash', 'dash', 'ksh', 'zsh']);
const otherPrograms = new Set(
  'nginx httpd apache2 node npm python python3 php php-fpm ruby envoy pilot-agent redis-server mysqld postgres mongod sleep tail cat true false filebeat fluentd fluent-bit logtail haproxy traefik caddy go dotnet'.split(
    ' ',
  ),
);
const javaVariable = /^"?\$\{?_?(?:RUN)?JAVA(?:_?(?:CMD|EXE|BIN|COMMAND))?\}?"?$/i;
const deepest = 4;

/**
 * Follows a command line to the JVM it starts, through wrappers, `sh -c` strings and start scripts of the image, and gathers
 * the JVM options on the way. Scripts are read, not run: every branch counts, later ones after earlier ones.
 */
export function readLaunch(
  argv: readonly Argument[],
  context: { readonly env: EffectiveEnv; readonly imageText: (path: string) => string | undefined; readonly workingDir: string },
): LaunchState {
  const state = newLaunchState(context);
  const words = argv.map(({ text, origin }): Word => ({ token: { text, start: 0, end: text.length }, origin }));
  if (words.length === 0) state.unread = '';
  else readCommand(state, words, { positional: [], directory: context.workingDir, evaluated: false, depth: 0 }, true);
  for (const name of state.mentioned)
    if (!state.used.has(name)) state.options.push(...optionsOf(state, name, 'plain').filter((option) => optionLike.test(option.text)));
  return state;
}

/** `mayStart`: an unknown program here would be the container's process. */
function readCommand(state: LaunchState, words: readonly Word[], frame: Frame, mayStart: boolean): void {
  const { rest, wrapped } = unwrap(state, words);
  const [word, ...args] = rest;
  if (!word || frame.depth > deepest) return;
  const program = resolveWord(state, word.token);
  const name = baseName(program.text);
  const variable = word.token.expands ? variableName(word.token.text) : undefined;
  if (/^\$(?:[@*]|\{[@*]\})$/.test(word.token.text)) readCommand(state, [...frame.positional, ...args], { ...frame, depth: frame.depth + 1 }, true);
  else if (name === 'java' || javaVariable.test(word.token.text)) readJava(state, args, frame);
  else if (name === 'catalina.sh') readTomcat(state, { program, args }, frame);
  else if (program.text.endsWith('.jar')) readExecutableJar(state, program.text, frame);
  else if (shells.has(name)) readShell(state, args, frame);
  else if (name === 'server' && /^(?:run|start|debug)$/.test(args[0]?.token.text ?? '')) readLiberty(state, program.text, args);
  else if (name === ':') for (const arg of args) assignDefault(state, arg, frame.evaluated);
  else if (name === 'eval') readEval(state, args, frame);
  else if (name === 'set')
    frame.positional =
      args[0]?.token.text === '--'
        ? args
            .slice(1)
            .flatMap((arg) => withPositional(arg, frame))
            .slice(0, mostWords)
        : frame.positional;
  else if (name === 'cd') changeDirectory(state, args[0], frame);
  else if (name === '.' || name === 'source')
    readFile(state, { path: resolveWord(state, args[0]?.token ?? { text: '' }), args: frame.positional, sourced: true }, frame);
  else if (variable !== undefined && state.assigned.has(variable)) state.options.push(...optionsOf(state, variable, 'plain'));
  else if (!readFile(state, { path: program, args: args.flatMap((arg) => withPositional(arg, frame)) }, frame) && (mayStart || wrapped)) {
    if (otherPrograms.has(name)) state.otherProgram = name;
    else state.unread = program.text;
  }
}

function unwrap(state: LaunchState, words: readonly Word[]): { readonly rest: readonly Word[]; readonly wrapped: boolean } {
  let at = 0;
  for (; at < words.length; at += 1) {
    const text = resolveWord(state, words[at]?.token ?? { text: '' }).text;
    const name = baseName(text);
    if (userWrappers.has(name)) at += 1;
    else if (!wrappers.has(name) && !(at > 0 && (text.startsWith('-') || /^\w+=/.test(text)))) break;
  }
  return { rest: words.slice(at), wrapped: at > 0 };
}

/** `cd "$(dirname "$0")"` is the one expansion that scripts usually go by. */
function changeDirectory(state: LaunchState, word: Word | undefined, frame: Frame): void {
  const target = word ? resolveWord(state, word.token) : undefined;
  if (target?.complete) state.workingDir = absolutePath(target.text, state.workingDir);
  else if (target && /^(?:\$\(|`)dirname /.test(target.text)) state.workingDir = frame.directory;
}

function readJava(state: LaunchState, words: readonly Word[], frame: Frame): void {
  const args = words.flatMap((word) => withPositional(word, frame));
  const texts = args.map((arg) => (arg.token.expands && isSplice(arg) ? '$' : resolveWord(state, arg.token).text));
  if (isVersionQuery(texts)) return;
  startJvm(state, [], 'plain');
  for (const arg of optionIndexes(texts).flatMap((index) => args[index] ?? [])) {
    const variable = arg.token.expands ? variableName(arg.token.text) : undefined;
    const spliced = wordWithFallback(state, arg, frame.evaluated ? 'catalina' : 'plain');
    if (spliced) state.options.push(...spliced);
    else if (variable !== undefined) state.options.push(...optionsOf(state, variable, arg.token.quoted ? 'literal' : frame.evaluated ? 'catalina' : 'plain'));
    else addOption(state, arg);
  }
  if (baseName(texts[programIndex(texts)] ?? '') === 'start.jar' || texts.some((text, at) => texts[at - 1] === '-jar' && baseName(text) === 'start.jar'))
    state.options.push(...jettyOptions(state));
  const misplaced = texts.slice(programIndex(texts)).find((text) => text.startsWith('-javaagent:'));
  if (misplaced !== undefined) state.findings.push({ id: 'program-argument', severity: 'info', params: { option: misplaced.split('=')[0] ?? '' } });
}

/** A word that stands for a list of options. */
function isSplice({ token }: Word): boolean {
  return variableName(token.text) !== undefined || ('starts' in token && parameterFallback(token as ShellToken) !== undefined);
}

function addOption(state: LaunchState, { token, origin }: Word): void {
  const resolved = resolveWord(state, token);
  if (/^[-@]/.test(resolved.text)) state.options.push(optionAt(origin, token, resolved));
}

function readTomcat(state: LaunchState, { program, args }: { readonly program: ResolvedText; readonly args: readonly Word[] }, frame: Frame): void {
  const action = args.map((arg) => arg.token.text).find((text) => !text.startsWith('-'));
  if (action === 'stop' || action === 'version' || action === 'configtest') return;
  state.tomcat = true;
  const { CATALINA_BASE: base, CATALINA_HOME: home } = state.env.values;
  const beside = program.complete && program.text.includes('/') ? program.text.slice(0, program.text.lastIndexOf('/')) : home ? `${home}/bin` : frame.directory;
  const evaluated = { ...frame, evaluated: true };
  const candidates = [...(base ? [`${base}/bin/setenv.sh`] : []), `${absolutePath(beside, state.workingDir)}/setenv.sh`];
  candidates.some((text) => readFile(state, { path: known(text), args: [] }, evaluated));
  startJvm(state, ['JAVA_OPTS', 'CATALINA_OPTS'], 'catalina');
}

/** Liberty's own start script: the options files of the server it starts. */
function readLiberty(state: LaunchState, program: string, args: readonly Word[]): void {
  const server = args[1] && resolveWord(state, args[1].token);
  startJvm(state, ['JVM_ARGS'], 'plain');
  state.options.push(...libertyOptions(state, program, server?.complete ? server.text : 'defaultServer'));
}

/** Spring Boot's executable jar reads `<name>.conf` beside it. */
function readExecutableJar(state: LaunchState, path: string, frame: Frame): void {
  readFile(state, { path: known(path.replace(/\.jar$/, '.conf')), args: [], sourced: true }, frame);
  startJvm(state, ['JAVA_OPTS'], 'plain');
}

function known(text: string): ResolvedText {
  return { text, complete: true, unresolved: [] };
}

function startJvm(state: LaunchState, variables: readonly string[], syntax: 'catalina' | 'plain'): void {
  state.jvm = true;
  for (const name of variables) state.options.push(...optionsOf(state, name, syntax));
}

function readShell(state: LaunchState, args: readonly Word[], frame: Frame): void {
  const flag = args.findIndex((arg) => /^-[a-z]*c$/.test(arg.token.text));
  const first = args.findIndex((arg) => !/^[-+]/.test(arg.token.text));
  const [script, , ...positional] = flag >= 0 ? args.slice(flag + 1) : [];
  const file = args[first];
  if (script) readScript(state, nestedScript(script), { ...frame, positional, depth: frame.depth + 1 });
  else if (file) {
    const path = resolveWord(state, file.token);
    if (!readFile(state, { path, args: args.slice(first + 1) }, frame)) state.unread = path.text;
  }
}

function readEval(state: LaunchState, args: readonly Word[], frame: Frame): void {
  const evaluated = { ...frame, evaluated: true, depth: frame.depth + 1 };
  const [only, more] = args;
  if (only && !more && /\s/.test(only.token.text)) readScript(state, nestedScript(only), evaluated);
  else readCommand(state, args.flatMap(evaluatedWords), evaluated, true);
}

/** `eval` joins its arguments: one that holds several words is those words. */
function evaluatedWords(arg: Word): readonly Word[] {
  if (!/\s/.test(arg.token.text) || isSplice(arg)) return [arg];
  const { text, origin } = nestedScript(arg);
  return shellCommands(text).commands.flatMap(({ words }) => words.map((token): Word => ({ token, origin })));
}

/** The text of a word that is a script itself, with places that lead back to the raw text around it. */
function nestedScript({ token, origin }: Word): { readonly text: string; readonly origin: Origin } {
  if (origin.syntax === 'literal') return { text: token.text, origin: { ...origin, carrier: 'script', syntax: 'script' } };
  const { starts, ends } = token as ShellToken;
  const outer = origin.mapped;
  const mapped = {
    text: token.text,
    starts: starts.map((at) => outer?.starts[at] ?? at),
    ends: ends.map((at) => outer?.ends[at - 1] ?? at),
    references: outer?.references ?? [],
  };
  return { text: token.text, origin: { ...origin, mapped } };
}

function readFile(state: LaunchState, file: { readonly path: ResolvedText; readonly args: readonly Word[]; readonly sourced?: true }, frame: Frame): boolean {
  const path = file.path.complete ? findFile(state, file.path.text, frame.directory) : undefined;
  const text = path === undefined ? undefined : state.imageText(path);
  if (path === undefined || text === undefined || (!file.sourced && !text.startsWith('#!') && !path.endsWith('.sh'))) return false;
  if (state.filesRead.has(path)) return true;
  state.filesRead.add(path);
  const directory = path.slice(0, path.lastIndexOf('/')) || '/';
  const origin: Origin = { carrier: 'script', source: { kind: 'image-file', path }, syntax: 'script' };
  readScript(state, { text, origin }, { ...frame, positional: file.args, directory, depth: frame.depth + 1 });
  return true;
}

function findFile(state: LaunchState, program: string, directory: string): string | undefined {
  const inFolders = [state.workingDir, directory].map((each) => absolutePath(program, each));
  if (program.includes('/')) return inFolders.find((each) => state.imageText(each) !== undefined);
  const path = state.env.values['PATH'] ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  return [...path.split(':').map((each) => `${each}/${program}`), ...inFolders].find((each) => state.imageText(each) !== undefined);
}

function readScript(state: LaunchState, script: { readonly text: string; readonly origin: Origin }, frame: Frame): void {
  const { commands, problem } = shellCommands(script.text);
  if (problem !== undefined) {
    state.findings.push({ id: 'script-not-parsed', severity: 'info', params: { source: sourceName(script.origin) } });
    state.unread ??= sourceName(script.origin);
  }
  const jvmBefore = state.jvm || state.otherProgram !== undefined;
  for (const [index, command] of commands.entries()) {
    const words = command.words.map((token): Word => ({ token, origin: script.origin }));
    const program = words.findIndex((word) => !readAssignment(word.token as ShellToken));
    const exports = /^(?:export|readonly|declare|local|typeset)$/.test(words[program]?.token.text ?? '');
    if (!/^(?:\[|\[\[|test|echo|printf)$/.test(words[program]?.token.text ?? '')) mentionVariables(state, words);
    for (const word of exports || program < 0 ? words : words.slice(0, program))
      assignVariable(state, word, { evaluated: frame.evaluated, conditional: command.conditional });
    if (program < 0 || exports) continue;
    const last = index === commands.length - 1 && !(jvmBefore || state.jvm);
    readCommand(state, words.slice(program), frame, last);
  }
}

function withPositional(word: Word, frame: Frame): readonly Word[] {
  return word.token.expands && /^\$(?:[@*]|\{[@*]\})$/.test(word.token.text) ? frame.positional : [word];
}

function sourceName(origin: Origin): string {
  return origin.source.kind === 'image-file' ? origin.source.path : origin.source.kind;
}
