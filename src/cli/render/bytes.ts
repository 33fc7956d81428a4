/** A size for people: `812 B`, `3.4 kB`, `21.9 MB` (powers of 1,000, as registries show them). */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  const [divisor, unit] = bytes < 1_000_000 ? [1_000, 'kB'] : bytes < 1_000_000_000 ? [1_000_000, 'MB'] : [1_000_000_000, 'GB'];
  return `${(bytes / divisor).toFixed(1)} ${unit}`;
}
