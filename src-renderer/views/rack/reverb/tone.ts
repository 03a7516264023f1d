/** The reverb EQ's bands as its panel shows them, by frequency. */
import type { Colour } from '../../../lib/theme/theme.svelte.ts';

export interface ToneBand {
  readonly id: string;
  readonly name: string;
  /** Inside its handle. */
  readonly glyph: string;
  readonly colour: Colour;
  /** What it does to a vocal's reverb, in one sentence. */
  readonly help: string;
  /** Parameter ids; shelves have no Q. */
  readonly gain: string;
  readonly freq: string;
  readonly q: string | null;
  /** Its parameters in order, by name. */
  readonly controls: readonly { readonly id: string; readonly label: string }[];
}

type Given = Pick<ToneBand, 'id' | 'name' | 'glyph' | 'colour' | 'help'>;

function band(given: Given, hasQ: boolean): ToneBand {
  const { id } = given;
  const [gain, freq, q] = [`${id}.gain`, `${id}.freq`, hasQ ? `${id}.q` : null];
  return {
    ...given,
    gain,
    freq,
    q,
    controls: [
      { id: gain, label: 'Gain' },
      { id: freq, label: 'Frequency' },
      ...(q === null ? [] : [{ id: q, label: 'Q' }]),
    ],
  };
}

export const TONE_BANDS: readonly ToneBand[] = [
  band(
    {
      id: 'fdn.ls',
      name: 'Low shelf',
      glyph: 'L',
      colour: 'band-3',
      help: 'Thins the room out so that the voice keeps its body, or gives it weight.',
    },
    false,
  ),
  band(
    {
      id: 'fdn.pk1',
      name: 'Peak 1',
      glyph: '1',
      colour: 'band-1',
      help: 'Takes mud and boxiness out of the room, or makes it warmer.',
    },
    true,
  ),
  band(
    {
      id: 'fdn.pk2',
      name: 'Peak 2',
      glyph: '2',
      colour: 'band-2',
      help: 'Keeps the room out of the way of consonants, or brings it forward.',
    },
    true,
  ),
  band(
    {
      id: 'fdn.hs',
      name: 'High shelf',
      glyph: 'H',
      colour: 'band-4',
      help: 'Tames splashing sibilance in the room, or adds air to it.',
    },
    false,
  ),
];
