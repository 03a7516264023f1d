/**
 * Note values as times at a tempo:
 *
 *   ms = notes · 240 000 / bpm
 *
 * with `notes` in whole notes and the tempo in quarter notes a minute. A dotted note is 3/2 as long, a triplet 2/3. The
 * names are those that a time field understands (core/format/value-text.ts).
 */
import { fixed } from '#core/format/value-text.ts';

export interface NoteValue {
  /** `1/8`, `1/8 dotted`, `1/8 triplet` */
  readonly name: string;
  /** Length in whole notes. */
  readonly notes: number;
}

const MS_PER_MINUTE_OF_WHOLES = 240_000;

const DIVISIONS = [1, 2, 4, 8, 16, 32];

/** From the whole note to the thirty-second: dotted, plain and triplet of each, longest first. */
export const NOTE_VALUES: readonly NoteValue[] = DIVISIONS.flatMap((division) => [
  { name: `1/${division} dotted`, notes: 3 / (2 * division) },
  { name: `1/${division}`, notes: 1 / division },
  { name: `1/${division} triplet`, notes: 2 / (3 * division) },
]);

export interface TimeRange {
  readonly minMs: number;
  readonly maxMs: number;
}

/** Length in milliseconds at a tempo. */
export function noteMs({ notes }: NoteValue, tempoBpm: number): number {
  return (notes * MS_PER_MINUTE_OF_WHOLES) / tempoBpm;
}

/** Whether a note value lies in a range of times at a tempo. */
export function fits(note: NoteValue, tempoBpm: number, { minMs, maxMs }: TimeRange): boolean {
  const ms = noteMs(note, tempoBpm);
  return ms >= minMs && ms <= maxMs;
}

/** Note values within a range of times at a tempo, longest first. */
function notesWithin(tempoBpm: number, range: TimeRange): NoteValue[] {
  return NOTE_VALUES.filter((note) => fits(note, tempoBpm, range)).sort((a, b) => b.notes - a.notes);
}

export interface NearestNote {
  readonly note: NoteValue;
  /** The time less the note's. */
  readonly deviationMs: number;
}

/** The note value of the range that is nearest to a time, by ratio. Throws a RangeError where the range holds none. */
export function nearestNote(timeMs: number, tempoBpm: number, range: TimeRange): NearestNote {
  const distance = (note: NoteValue): number => Math.abs(Math.log(timeMs / noteMs(note, tempoBpm)));
  const candidates = notesWithin(tempoBpm, range);
  if (candidates.length === 0)
    throw new RangeError(`No note is ${range.minMs} to ${range.maxMs} ms long at ${tempoBpm} BPM.`);
  const note = candidates.reduce((best, other) => (distance(other) < distance(best) ? other : best));
  return { note, deviationMs: timeMs - noteMs(note, tempoBpm) };
}

/** The next longer (1) or shorter (−1) note value of the range than a time; the last one at its end. */
export function neighbourNote(timeMs: number, by: 1 | -1, tempoBpm: number, range: TimeRange): NoteValue {
  const candidates = notesWithin(tempoBpm, range);
  const slack = 1 + 1e-9;
  const next =
    by > 0
      ? candidates.findLast((note) => noteMs(note, tempoBpm) > timeMs * slack)
      : candidates.find((note) => noteMs(note, tempoBpm) * slack < timeMs);
  return next ?? nearestNote(timeMs, tempoBpm, range).note;
}

/** How a time is kept in notes at another tempo: as many notes, or half or double as many until it is in the range. */
export function timeAtTempo(
  timeMs: number,
  fromBpm: number,
  toBpm: number,
  { minMs, maxMs }: TimeRange,
): number {
  let ms = (timeMs * fromBpm) / toBpm;
  while (ms > maxMs * (1 + 1e-9)) ms /= 2;
  while (ms < minMs * (1 - 1e-9)) ms *= 2;
  return ms;
}

/** Nearer than this a time is the note: what its number field does not show. */
const EXACT_MS = 0.05;

export function isExact({ deviationMs }: NearestNote): boolean {
  return Math.abs(deviationMs) < EXACT_MS;
}

/** `1/8 dotted`, or with how far off it is: `1/8 dotted +3.2 ms`. */
export function nearestText(nearest: NearestNote): string {
  const { note, deviationMs } = nearest;
  if (isExact(nearest)) return note.name;
  return `${note.name} ${deviationMs > 0 ? '+' : ''}${fixed(deviationMs, 1)} ms`;
}

/** Lines of a beat grid over `seconds`: every `stepNotes`, the coarsest fine enough to lie `finestSeconds` apart. */
export function beatGrid(
  tempoBpm: number,
  seconds: number,
  finestSeconds: number,
): readonly { readonly seconds: number; readonly beat: number }[] {
  const beatSeconds = 60 / tempoBpm;
  const step = [1 / 4, 1 / 2, 1, 2, 4, 8, 16].find((beats) => beats * beatSeconds >= finestSeconds) ?? 32;
  const count = Math.floor(seconds / (step * beatSeconds) + 1e-9);
  return Array.from({ length: count }, (_, i) => {
    const beat = (i + 1) * step;
    return { seconds: beat * beatSeconds, beat };
  });
}
