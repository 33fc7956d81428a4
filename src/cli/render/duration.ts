/** A duration for people: `45 s`, `6 min 12 s`, `2 h 55 min`. Milliseconds in; negative counts as zero. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** An estimate, rounded so that it does not pretend: seconds below a minute, minutes below two hours, then quarters of an hour. */
export function formatEstimate(ms: number): string {
  const minutes = ms / 60_000;
  if (minutes < 1) return `${Math.max(1, Math.round(ms / 1000))} s`;
  return formatDuration(minutes < 120 ? Math.round(minutes) * 60_000 : Math.round(minutes / 15) * 15 * 60_000);
}

/** A running clock: `4:07`, `1:04:07`. Milliseconds in; negative counts as zero. */
export function formatClock(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
