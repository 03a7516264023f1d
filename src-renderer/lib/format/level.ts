/** Loudness as a person reads it; `–∞` for silence. */
export function formatLufs(lufs: number | null): string {
  return lufs === null || !Number.isFinite(lufs) ? '–∞ LUFS' : `${withMinus(lufs)} LUFS`;
}

/** A level to one decimal; `–∞` for silence. */
export function formatDb(levelDb: number): string {
  return Number.isFinite(levelDb) ? withMinus(levelDb) : '–∞';
}

function withMinus(value: number): string {
  return value.toFixed(1).replace('-', '−');
}
