/** The EQ's bands as its panel shows them, by frequency: names, colours, and the parameters each has. */
import type { EqBandId } from '#core/protocol/schemas.ts';
import type { Colour } from '../../../lib/theme/theme.svelte.ts';

export interface EqBand {
  readonly id: EqBandId;
  readonly name: string;
  /** Inside its handle. */
  readonly glyph: string;
  readonly colour: Colour;
  /** What it does to a vocal, in one sentence. */
  readonly help: string;
  /** Parameter ids. A pass has no gain, a shelf no Q. */
  readonly gain: string | null;
  readonly freq: string;
  readonly q: string | null;
}

export const BANDS: readonly EqBand[] = [
  {
    id: 'eq.hp',
    name: 'High-pass',
    glyph: 'HP',
    colour: 'band-6',
    help: 'Takes out rumble, handling noise and plosives below the voice.',
    gain: null,
    freq: 'eq.hp.freq',
    q: 'eq.hp.q',
  },
  {
    id: 'eq.ls',
    name: 'Low shelf',
    glyph: 'LS',
    colour: 'band-3',
    help: 'Adds weight to a thin voice, or takes it from a boomy one.',
    gain: 'eq.ls.gain',
    freq: 'eq.ls.freq',
    q: null,
  },
  {
    id: 'eq.pk1',
    name: 'Peak 1',
    glyph: '1',
    colour: 'band-1',
    help: 'Body and mud: a wide lift for warmth, a narrow cut for boxiness.',
    gain: 'eq.pk1.gain',
    freq: 'eq.pk1.freq',
    q: 'eq.pk1.q',
  },
  {
    id: 'eq.pk2',
    name: 'Peak 2',
    glyph: '2',
    colour: 'band-2',
    help: 'Presence and bite: a lift brings words forward, a cut tames harshness.',
    gain: 'eq.pk2.gain',
    freq: 'eq.pk2.freq',
    q: 'eq.pk2.q',
  },
  {
    id: 'eq.hs',
    name: 'High shelf',
    glyph: 'HS',
    colour: 'band-4',
    help: 'Air and sheen above, or a darker voice that sits back.',
    gain: 'eq.hs.gain',
    freq: 'eq.hs.freq',
    q: null,
  },
  {
    id: 'eq.lp',
    name: 'Low-pass',
    glyph: 'LP',
    colour: 'band-5',
    help: 'Takes the top off: hiss, or everything but a telephone’s sound.',
    gain: null,
    freq: 'eq.lp.freq',
    q: 'eq.lp.q',
  },
];
