import type { AgentContext } from './agent.ts';
import { finalPath } from './agent-jar.ts';

/** What is known of a file an agent reads: its text, that it is not there, or nothing. */
export type AgentText = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'absent' } | { readonly kind: 'unreadable' };

/** Reads a file as the container sees it. `beside`: a file that must be in the same image for an absence to be proof. */
export function readAgentText(context: AgentContext, path: string, beside: string): AgentText {
  if (context.imageText) {
    const text = context.imageText(path);
    return text === undefined ? { kind: 'unreadable' } : { kind: 'text', text };
  }
  const files = context.image?.files;
  if (!files) return { kind: 'unreadable' };
  const final = finalPath(files, path);
  const text = final === undefined ? undefined : files.text(final);
  if (text !== undefined) return { kind: 'text', text };
  const sameImage = finalPath(files, beside) !== undefined;
  return final === undefined && sameImage ? { kind: 'absent' } : { kind: 'unreadable' };
}
