/** Shares of the direct voice, the delay and the reverb in what is heard, from their levels in dB. */

/** Of the power of all parts, in percent, for each; null when all are silent. */
export function sharesPercent(levelsDb: readonly number[]): readonly (number | null)[] {
  const loudestDb = Math.max(...levelsDb);
  if (!(loudestDb > -Infinity)) return levelsDb.map(() => null);
  const powers = levelsDb.map((level) => 10 ** ((level - loudestDb) / 10));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => (100 * power) / sum);
}

/** Whole percents; a part that can be heard never reads 0. */
export function shareText(percent: number | null): string {
  if (percent === null) return '–';
  if (percent > 0 && percent < 0.5) return '< 1 %';
  return `${Math.round(percent)} %`;
}
