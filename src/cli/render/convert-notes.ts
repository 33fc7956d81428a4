import type { Conversion } from '../../app/convert-manifests.ts';
import type { NewImage } from '../../core/convert/convert-target.ts';
import type { Severity } from '../../core/finding.ts';
import type { Policy } from '../../core/policy/policy.ts';
import { quote } from '../../core/shell-quote.ts';
import { skippedText } from './convert-texts.ts';
import { findingText } from './messages/finding-text.ts';
import { count } from './messages/say.ts';
import { skipText } from './messages/skip-text.ts';
import type { Paint, Tone } from './paint.ts';
import { printable } from './printable.ts';

interface NotesStyle {
  readonly paint: Paint;
  readonly policy: Policy;
  readonly policyFile: string;
  readonly images: 'read' | 'not-read';
}

const labels = { block: ['left as it is:', 'bad'], warn: ['note:', 'caution'], info: ['info:', 'quiet'] } as const satisfies {
  readonly [severity in Severity]: readonly [string, Tone];
};
const skipIds = new Set(['ambiguous-container', 'no-jvm', 'no-agent', 'already-on-target']);

/** `file:line: label Kind/name[container]: text`, in the order of the files; explanations only when `verbose`. */
export function formatConvertNotes({ notes, skipped }: Conversion, { paint, policy, verbose }: NotesStyle & { readonly verbose: boolean }): readonly string[] {
  const shown = notes.filter((note) => verbose || note.finding.severity !== 'info');
  const lines = shown.map(({ file, line, object, container, finding }) => {
    const [label, tone] = labels[finding.severity];
    const place = `${printable(file)}:${line}:`;
    const name = printable(`${object}${container === undefined ? '' : `[${container}]`}`);
    return `${place} ${paint(tone, label)} ${name}: ${skipIds.has(finding.id) ? skipText(finding) : findingText(finding)}`;
  });
  const general = [
    ...(policy.select.requireSidecar.length > 0 ? [`spec.select.requireSidecar is not judged: sidecars come with the pods`] : []),
    ...(policy.select.namespaceSelector === undefined ? [] : ['spec.select.namespaceSelector is not judged: labels of namespaces are in the cluster']),
  ];
  return [
    ...skipped.map(({ file, why }) => `${printable(file)}: ${paint('quiet', skippedText(why))}`),
    ...new Set(lines),
    ...general.map((text) => `${paint('caution', 'note:')} ${text}`),
  ];
}

/** What was done, and the images to push before the manifests are deployed, with the commands that make them. */
export function formatConvertSummary(conversion: Conversion, style: NotesStyle): readonly string[] {
  const { counts, images, notes } = conversion;
  const left = new Set(notes.filter((note) => note.finding.severity === 'block').map((note) => `${note.file} ${note.line}`)).size;
  const parts = [
    `${counts.changed} of ${count(counts.templates, 'pod template')} converted`,
    ...(left > 0 ? [`${left} left as ${left === 1 ? 'it is' : 'they are'}, see above`] : []),
  ];
  const unread = style.images === 'not-read' ? ['No image was read: an old agent that only an image names is not seen.'] : [];
  return [parts.join(', '), ...unread, ...pushLines(images, style)];
}

function pushLines(images: readonly NewImage[], { policy, policyFile }: NotesStyle): readonly string[] {
  const ready = images.filter((image) => image.byRewrite);
  const others = images.filter((image) => !image.byRewrite);
  const needsMode =
    policy.delivery === 'auto' && ready.length > 0 ? [`with \`delivery: ${ready[0]?.mode ?? ''}\` in the policy, as \`auto\` may choose otherwise:`] : [];
  return [
    ...(ready.length > 0 ? ['Push these images before the manifests are deployed:', ...needsMode] : []),
    ...ready.map(({ source, tagged }) => `  changeover image rewrite ${quote(printable(source))} --to ${quote(printable(tagged))} -p ${quote(policyFile)}`),
    ...(others.length > 0 ? ['These images depend on the manifest too: only a plan for the running workload makes them (`changeover plan`, `apply`):'] : []),
    ...others.map(({ reference }) => `  ${printable(reference)}`),
  ];
}
