import type { Journal, JournalEntry } from '../../ports/journal.ts';

/** Journals in memory that outlive the process they simulate: opening the same run again continues it. */
export function createSimulatedJournals(): (clusterId: string, run: string) => Promise<Journal> {
  const runs = new Map<string, JournalEntry[]>();
  return async (clusterId, run) => {
    const location = `memory:${clusterId}/${run}`;
    const lines = runs.get(location) ?? [];
    runs.set(location, lines);
    return {
      location,
      append: async (entry) => {
        const line: JournalEntry = structuredClone({ seq: lines.length + 1, ...entry });
        lines.push(line);
        return line;
      },
      read: async () => structuredClone(lines),
      keep: async (name) => `${location}.evidence/${name}`,
      close: async () => undefined,
    };
  };
}
