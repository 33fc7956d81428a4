import { around, type Params } from './say.ts';

const whys: { readonly [because: string]: string } = {
  'start-not-read': 'how its JVM is started could not be read from the image',
  'needs-volume': 'the JVM needs a file that an init container or a volume of the application brings',
  refused: 'the cluster takes no such pod',
  'too-slow': 'it did not end in time',
  'pod-gone': 'somebody deleted its pod',
  ContainerCannotRun: 'the image has no java where it is looked for',
};

/** What a boot probe found wrong with a stack, with the last lines of its log. */
export function bootFailure(p: Params): string {
  const what =
    p('because') === 'out-of-memory'
      ? 'it ran out of memory'
      : p('exitCode') === ''
        ? `its pod could not run${around(': ', p('detail'))}`
        : `it ended with exit code ${p('exitCode')}`;
  return `a JVM with the new image and options does not start: ${what}${around('; its log ends: ', p('log'))}`;
}

/** Why nothing was proven. */
export function bootNotProven(p: Params): string {
  return `the new image and options could not be tried before the rollout: ${whys[p('because')] ?? p('because')}${around(' (', p('detail'), ')')}; the run goes on and watches every pod`;
}
