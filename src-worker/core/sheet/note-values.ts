/** Times as note values at a tempo: 375 ms at 120 BPM is a dotted eighth. */

const QUARTERS_PER_WHOLE = 4;
const FRACTIONS = [1, 2, 4, 8, 16, 32];
const KINDS = [
  { mark: '', factor: 1 },
  { mark: ' dotted', factor: 3 / 2 },
  { mark: ' triplet', factor: 2 / 3 },
];

export interface NoteValue {
  /** “1/8 dotted”. */
  readonly name: string;
  /** How much longer the time is than the note, in percent. */
  readonly deviationPercent: number;
}

/** The note whose length is nearest to a time, by ratio; both numbers above 0. */
export function nearestNote(timeMs: number, tempoBpm: number): NoteValue {
  const notes = FRACTIONS.flatMap((fraction) =>
    KINDS.map(({ mark, factor }) => ({
      name: `1/${fraction}${mark}`,
      noteMs: ((QUARTERS_PER_WHOLE * factor) / fraction) * (60_000 / tempoBpm),
    })),
  );
  const distance = (noteMs: number): number => Math.abs(Math.log(timeMs / noteMs));
  const nearest = notes.reduce((best, note) => (distance(note.noteMs) < distance(best.noteMs) ? note : best));
  return { name: nearest.name, deviationPercent: 100 * (timeMs / nearest.noteMs - 1) };
}
