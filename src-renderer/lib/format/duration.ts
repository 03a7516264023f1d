/** Seconds as a person says them: `0.8 s`, `42 s`, `3 min 5 s`. */
export function formatDuration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** A position as a counter: `01:23.456`. */
export function formatPosition(seconds: number): string {
  const milliseconds = Math.round(Math.max(0, seconds) * 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(milliseconds / 60_000))}:${two(Math.floor(milliseconds / 1000) % 60)}.${String(milliseconds % 1000).padStart(3, '0')}`;
}
