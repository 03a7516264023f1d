/** Measured levels: "−18.3 LUFS", "−∞ dB". */
import { fixed } from '#core/format/value-text.ts';

/** A level with one decimal; null (nothing to measure) reads "–". */
export function levelText(level: number | null, unit: 'dB' | 'dBTP' | 'LUFS' | 'LU' | ''): string {
  const text = level === null || Number.isNaN(level) ? '–' : fixed(level, 1);
  return unit === '' ? text : `${text} ${unit}`;
}
