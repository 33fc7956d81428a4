import type { Finding } from '../finding.ts';
import type { ImageFacts } from '../image/image-facts.ts';
import { parseImageReference } from '../image/reference.ts';
import type { SourceImage } from '../image/source-image.ts';
import { askDelivery, type DeliveryQuestion } from '../plan/delivery.ts';
import { planSettings } from '../plan/plan-settings.ts';
import type { ChangeSubject } from '../plan/plan-change.ts';
import { removeOldOptions } from '../plan/remove-options.ts';
import type { Policy } from '../policy/policy.ts';
import type { Edit } from '../workload/edit.ts';
import { editContainer } from '../workload/edit-container.ts';
import { freeToolOptions } from './free-tool-options.ts';

export interface OptionsSubject extends Omit<ChangeSubject, 'source'> {
  /** Left out = nothing of the image is known. */
  readonly source?: SourceImage;
}

/**
 * Plans what can be planned without the image itself: the old agent's options leave the manifest and its settings come back
 * as variables; the image stays, and a finding says that it must be rewritten. Whatever depends on more than is known is
 * refused. Pure.
 */
export function planOptions(subject: OptionsSubject, policy: Policy): { readonly edits: readonly Edit[]; readonly findings: readonly Finding[] } {
  const facts = subject.source?.platforms[0].facts ?? unknownImage(subject.container.image);
  const asked = askDelivery({ ...subject, facts, policy, files: {} });
  if (asked.kind === 'refused') return { edits: [], findings: [asked.finding] };
  const { question } = asked;
  const mode = policy.delivery === 'takeover' ? 'takeover' : 'image';
  const settings = planSettings(question, question.reading, { found: question.old[0], mode });
  const { add, remove, replace } = policy.to.jvmOptions;
  const isTuned = add.length + remove.length + Object.keys(replace).length > 0;
  const untold: readonly Finding[] = isTuned ? [{ id: 'jvm-options-not-planned', severity: 'warn', params: {} }] : [];
  const rewriteIt: Finding = { id: 'image-not-rewritten', severity: 'warn', params: { image: subject.container.image } };
  if (mode === 'takeover') return { edits: settings.podEdits, findings: [...settings.findings, ...untold, rewriteIt] };
  const removed = removeOldOptions(question);
  const freed = freeToolOptions(subject.container, removed.podEdits);
  const removal = freed ? removed.podEdits.map((edit) => (isToolOptions(edit) ? { ...edit, after: null } : edit)) : removed.podEdits;
  const problem = startProblem(question, removal);
  if (problem) return { edits: [], findings: [problem] };
  return { edits: [...removal, ...settings.podEdits], findings: [...settings.findings, ...removed.findings, ...untold, rewriteIt] };
}

function isToolOptions(edit: Edit): edit is Edit & { readonly kind: 'env' } {
  return edit.kind === 'env' && edit.name === 'JAVA_TOOL_OPTIONS';
}

/** What would keep the container from starting with the new agent, or cannot be known from here. */
function startProblem({ container, facts, old }: DeliveryQuestion, edits: readonly Edit[]): Finding | undefined {
  const after = editContainer(container, edits);
  const emptied = (field: 'command' | 'args'): boolean => Boolean(container[field]?.length) && !after[field]?.length;
  const hasCmd = facts.manifestDigest === '' || facts.config.cmd.length > 0;
  if (emptied('command') || (emptied('args') && !container.command?.length && hasCmd)) return { id: 'command-would-be-empty', severity: 'block', params: {} };
  if (!old.every((flag) => flag.option.source.kind.startsWith('pod-'))) return undefined;
  const isSet = after.env?.some((each) => each.name === 'JAVA_TOOL_OPTIONS') ?? false;
  return isSet ? { id: 'tool-options-hide-the-image', severity: 'block', params: {} } : undefined;
}

function unknownImage(image: string): ImageFacts {
  const config = { os: 'linux', architecture: '', entrypoint: [], cmd: [], env: [], workingDir: '', user: '', labels: {}, volumes: [] };
  return {
    repository: parseImageReference(image).repository,
    digest: '',
    manifestDigest: '',
    mediaType: '',
    config,
    layers: [],
    scanProblem: 'the image was not read',
  };
}
