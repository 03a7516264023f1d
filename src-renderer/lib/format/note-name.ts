/** Frequencies as musicians call them. */
const NOTES = ['C', 'C♯', 'D', 'D♯', 'E', 'F', 'F♯', 'G', 'G♯', 'A', 'A♯', 'B'] as const;

/** The nearest note of equal temperament and the cents above it: `A4`, `C♯3 +12`. */
export function noteName(hz: number): string {
  const semitones = 69 + 12 * Math.log2(hz / 440);
  const nearest = Math.round(semitones);
  const cents = Math.round(100 * (semitones - nearest));
  const name = `${NOTES[((nearest % 12) + 12) % 12]!}${Math.floor(nearest / 12) - 1}`;
  return cents === 0 ? name : `${name} ${cents > 0 ? '+' : '−'}${Math.abs(cents)}`;
}
