/**
 * The sounds of the demo's words: what the vocal tract and the source aim at while each is held. Formants lie between
 * those of a tenor and an alto, rounded from common tables (Sundberg, The Science of the Singing Voice, 1987; Klatt,
 * JASA 67, 1980, for the consonants).
 */

/** Centre frequencies of the five lowest formants in Hz. */
export type Formants = readonly [f1: number, f2: number, f3: number, f4: number, f5: number];

/** The noise of a consonant, made in front of the tract's resonances. */
export interface Frication {
  readonly kind: 'hiss' | 'burst' | 'buzz';
  readonly levelDb: number;
  /** Part of the sound, counted from its end, in which there is noise: 1 all of it. */
  readonly part: number;
}

export interface Phoneme {
  readonly formants: Formants;
  /** Level of the voice relative to an open vowel; −Infinity is voiceless. */
  readonly voiceDb: number;
  /** How far the nose is open, 0..1. */
  readonly nasality: number;
  /** Where the mouth, shut off as a side branch, takes sound away, in Hz. */
  readonly nasalZeroHz: number;
  readonly frication: Frication | undefined;
}

export type Vowel = 'a' | 'e' | 'i' | 'o' | 'u';
export type Consonant = 'l' | 'm' | 'n' | 'v' | 's' | 'r' | 'd' | 't';

function sound(formants: Formants, voiceDb: number, rest: Partial<Phoneme> = {}): Phoneme {
  return { formants, voiceDb, nasality: 0, nasalZeroHz: 1000, frication: undefined, ...rest };
}

export const VOWELS: Readonly<Record<Vowel, Phoneme>> = {
  a: sound([730, 1230, 2700, 3400, 4250], -1.5),
  e: sound([470, 1980, 2680, 3500, 4350], 0),
  i: sound([330, 2250, 2950, 3600, 4450], 1),
  o: sound([480, 860, 2650, 3350, 4200], 0.5),
  u: sound([360, 740, 2560, 3300, 4150], 2),
};

export const CONSONANTS: Readonly<Record<Consonant, Phoneme & { readonly seconds: number }>> = {
  l: { ...sound([350, 1150, 2800, 3400, 4300], -7), seconds: 0.085 },
  m: { ...sound([270, 1050, 2250, 3300, 4200], -7, { nasality: 1, nasalZeroHz: 850 }), seconds: 0.09 },
  n: { ...sound([280, 1500, 2550, 3400, 4300], -7, { nasality: 1, nasalZeroHz: 1600 }), seconds: 0.085 },
  v: {
    ...sound([310, 1050, 2350, 3300, 4200], -11, {
      frication: { kind: 'buzz', levelDb: -30, part: 1 },
    }),
    seconds: 0.08,
  },
  s: {
    ...sound([330, 1650, 2700, 3500, 4400], -Infinity, {
      frication: { kind: 'hiss', levelDb: -15, part: 1 },
    }),
    seconds: 0.15,
  },
  r: { ...sound([420, 1450, 2050, 3200, 4200], -10), seconds: 0.04 },
  d: {
    ...sound([270, 1700, 2700, 3500, 4350], -16, {
      frication: { kind: 'burst', levelDb: -24, part: 0.25 },
    }),
    seconds: 0.065,
  },
  t: {
    ...sound([320, 1750, 2750, 3500, 4400], -Infinity, {
      frication: { kind: 'burst', levelDb: -20, part: 0.3 },
    }),
    seconds: 0.095,
  },
};
