import { finalPath } from '../agents/agent-jar.ts';
import { absolutePath } from '../jvm/absolute-path.ts';
import { javaMajor } from '../jvm/java-version.ts';
import { printToken } from '../jvm/print-token.ts';
import { replaceAgentFlag } from '../jvm/remove-agent.ts';
import { tokenize } from '../jvm/tokenize.ts';
import { newJarPath, refuse, type DeliveryQuestion, type Refusal } from './delivery.ts';
import { textOf } from './read-container.ts';

/** The variable of the image that carries the new agent's flag, with its whole value. */
export interface FlagCarrier {
  readonly kind: 'carrier';
  readonly name: 'JAVA_TOOL_OPTIONS' | 'JDK_JAVA_OPTIONS';
  readonly value: string;
}

type CarrierSubject = Pick<DeliveryQuestion, 'reading' | 'facts'>;

/** Longest value that the JVM of Java 8 reads (`os::getenv` into 1024 bytes); it drops a longer one. */
const MAX_JAVA_8 = 1023;

/**
 * Chooses where the new flag goes: JAVA_TOOL_OPTIONS of the image; where the pod sets that variable, and so hides the
 * image's, JDK_JAVA_OPTIONS, if the JVM is one that reads it. A pod's field never carries it. Pure.
 */
export function chooseCarrier(question: DeliveryQuestion): FlagCarrier | Refusal {
  return carrierFor(question, (name) => valueWithFlag(name, question));
}

/** The same for any options; `valueOf` gives a variable's whole new value. */
export function carrierFor(question: CarrierSubject, valueOf: (name: FlagCarrier['name']) => string): FlagCarrier | Refusal {
  const { reading, facts } = question;
  const major = javaMajor(reading.env.values, (path) => textOf(facts, path));
  const isSetByPod = (name: string): boolean => reading.env.sources[name]?.kind.startsWith('pod-') ?? false;
  const tool = valueOf('JAVA_TOOL_OPTIONS');
  const fits = major === undefined || major > 8 || Buffer.byteLength(tool) <= MAX_JAVA_8;
  if (!isSetByPod('JAVA_TOOL_OPTIONS') && fits) return { kind: 'carrier', name: 'JAVA_TOOL_OPTIONS', value: tool };
  const because = fits ? 'pod-sets-java-tool-options' : 'too-long-for-java-8';
  if (isSetByPod('JDK_JAVA_OPTIONS')) return refuse('no-carrier', { because, and: 'pod-sets-jdk-java-options' });
  if (!(major === undefined ? isModular(question) : major >= 9)) return refuse('no-carrier', { because, and: 'java-8-or-unknown' });
  if (reading.options.jvm !== 'yes') return refuse('no-carrier', { because, and: 'not-started-by-java' });
  return { kind: 'carrier', name: 'JDK_JAVA_OPTIONS', value: valueOf('JDK_JAVA_OPTIONS') };
}

/** The image's own value with the new flag in the old one's place, else at its end. */
function valueWithFlag(name: FlagCarrier['name'], { facts, old, plugin, policy }: DeliveryQuestion): string {
  const own = facts.config.env.findLast(([each]) => each === name)?.[1] ?? '';
  const flag = `-javaagent:${newJarPath(policy)}`;
  const value = replaceAgentFlag(own, 'tool-options', { jarPath: old[0].jarPath, agent: plugin, newJarPath: newJarPath(policy) }).text;
  if (tokenize(value, 'tool-options').tokens.some((token) => token.text === flag)) return value;
  return [value, printToken(flag, 'tool-options')].filter((part) => part !== '').join(' ');
}

/** Java 9 and later keep their classes in `lib/modules`. Asked of the image where no version is written down. */
function isModular({ facts, reading }: CarrierSubject): boolean {
  const { files } = facts;
  if (!files) return false;
  const { JAVA_HOME: home, PATH: path = '' } = reading.env.values;
  const binaries = path.split(':').flatMap((folder) => finalPath(files, `${folder}/java`) ?? []);
  const homes = [...(home ? [home] : []), ...binaries.map((binary) => absolutePath('../..', binary))];
  return homes.some((each) => finalPath(files, `${each}/lib/modules`) !== undefined);
}
