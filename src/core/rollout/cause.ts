/** What kind of trouble a failed change met. The list is part of the contract; `crash` = the process ended and nothing says why. */
export type CauseId = 'agent-flag' | 'class-missing' | 'oom' | 'probe' | 'image' | 'capacity' | 'admission' | 'crash';

/** A classified cause with the text that shows it; empty where the verdict alone does. */
export interface Cause {
  readonly id: CauseId;
  readonly line: string;
}
