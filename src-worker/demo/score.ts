/**
 * What the demo sings: two phrases of our own in E minor, and where every sound of it lies in time.
 *
 *   Luna serena, vola da me, solo nel vento torna dal mare. (Calm moon, fly to me, alone in the wind come back from the sea.)
 */
import { CONSONANTS, VOWELS, type Consonant, type Phoneme, type Vowel } from './phonemes.ts';

export const TEMPO_BPM = 84;
/** The whole recording. Below 13 s a fit sees it as one piece, which is the quickest. */
export const DEMO_SECONDS = 12.9;
const BEAT_SECONDS = 60 / TEMPO_BPM;
const FIRST_BEAT_SECONDS = 0.42;

interface Syllable {
  readonly onset: readonly Consonant[];
  readonly vowel: Vowel;
  /** One pitch, or several on the same vowel: MIDI note number and beats. */
  readonly pitches: readonly (readonly [midi: number, beats: number])[];
  /** How much the singer gives, 0..1. */
  readonly effort: number;
}

const syllable = (
  onset: string,
  vowel: Vowel,
  effort: number,
  ...pitches: (readonly [number, number])[]
): Syllable => ({ onset: [...onset] as Consonant[], vowel, pitches, effort });

interface Phrase {
  readonly startBeat: number;
  readonly syllables: readonly Syllable[];
}

const PHRASES: readonly Phrase[] = [
  {
    startBeat: 0,
    syllables: [
      syllable('l', 'u', 0.5, [52, 1]),
      syllable('n', 'a', 0.55, [54, 0.5]),
      syllable('s', 'e', 0.62, [55, 0.5]),
      syllable('r', 'e', 0.8, [59, 1.5]),
      syllable('n', 'a', 0.6, [57, 0.5]),
      syllable('v', 'o', 0.6, [55, 0.5]),
      syllable('l', 'a', 0.55, [54, 0.5]),
      syllable('d', 'a', 0.45, [50, 0.5]),
      syllable('m', 'e', 0.45, [52, 1.5]),
    ],
  },
  {
    startBeat: 8,
    syllables: [
      syllable('s', 'o', 0.55, [52, 0.5]),
      syllable('l', 'o', 0.62, [55, 0.5]),
      syllable('n', 'e', 0.72, [57, 0.5]),
      syllable('lv', 'e', 0.85, [59, 0.5]),
      syllable('nt', 'o', 1, [62, 1.5]),
      syllable('t', 'o', 0.75, [59, 0.5]),
      syllable('rn', 'a', 0.62, [57, 0.5]),
      syllable('d', 'a', 0.55, [55, 0.5]),
      syllable('lm', 'a', 0.55, [57, 0.25], [55, 0.25], [54, 0.5]),
      syllable('r', 'e', 0.4, [52, 1.5]),
    ],
  },
];

/** Something that holds from `start` to `end`, in seconds. */
interface Span {
  readonly start: number;
  readonly end: number;
}

export interface SungSound extends Span {
  readonly phoneme: Phoneme;
  readonly effort: number;
}

export interface SungNote extends Span {
  readonly midi: number;
  readonly isFirstOfPhrase: boolean;
}

/** A phrase's voice, from its first consonant to its last vowel. */
export type SungPhrase = Span;

export interface Timeline {
  readonly sounds: readonly SungSound[];
  readonly notes: readonly SungNote[];
  readonly phrases: readonly SungPhrase[];
}

/** The score in seconds. A syllable's vowel starts on the beat; its consonants take their time from what is before. */
export function timeline(): Timeline {
  const sounds: SungSound[] = [];
  const notes: SungNote[] = [];
  const phrases: SungPhrase[] = [];
  for (const { startBeat, syllables } of PHRASES) {
    let beat = startBeat;
    const first = sounds.length;
    const vowelStarts: number[] = [];
    for (const { onset, vowel, effort, pitches } of syllables) {
      const vowelStart = FIRST_BEAT_SECONDS + beat * BEAT_SECONDS;
      vowelStarts.push(vowelStart);
      let start = vowelStart - onset.reduce((sum, name) => sum + CONSONANTS[name].seconds, 0);
      const before = sounds[sounds.length - 1];
      if (before && sounds.length > first) sounds[sounds.length - 1] = { ...before, end: start };
      for (const name of onset) {
        const end = start + CONSONANTS[name].seconds;
        sounds.push({ start, end, phoneme: CONSONANTS[name], effort });
        start = end;
      }
      pitches.forEach(([midi, beats], i) => {
        const noteStart = FIRST_BEAT_SECONDS + beat * BEAT_SECONDS;
        beat += beats;
        notes.push({
          start: noteStart,
          end: FIRST_BEAT_SECONDS + beat * BEAT_SECONDS,
          midi,
          isFirstOfPhrase: vowelStarts.length === 1 && i === 0,
        });
      });
      sounds.push({
        start: vowelStart,
        end: FIRST_BEAT_SECONDS + beat * BEAT_SECONDS,
        phoneme: VOWELS[vowel],
        effort,
      });
    }
    phrases.push({ start: sounds[first]!.start, end: sounds[sounds.length - 1]!.end });
  }
  return { sounds, notes, phrases };
}
