/** The six filters before the compressor, in signal order. Source: DiffVox fx_config; see the chain's order in chain/parameters.ts. */
import { frequencyParameter, gainParameter, qParameter } from '../../parameter.ts';

/** Quality factor of every shelf in the chain: 0.707 exactly, not 1/√2. */
export const SHELF_Q = 0.707;

export const eqParameters = [
  gainParameter(
    'eq.pk1.gain',
    'Peak 1 gain',
    'Lifts or dips the voice around one frequency, for more body or less boxiness.',
  ),
  frequencyParameter(
    'eq.pk1.freq',
    'Peak 1 frequency',
    'Moves the band: near 250 Hz it changes warmth, near 500 Hz boxiness, near 3 kHz clarity.',
    33,
    5400,
    800,
  ),
  qParameter(
    'eq.pk1.q',
    'Peak 1 Q',
    'High values touch only a narrow part of the voice; low ones shape it broadly and gently.',
    0.2,
    20,
  ),
  gainParameter(
    'eq.pk2.gain',
    'Peak 2 gain',
    'Lifts or dips the voice around one frequency, for more presence or less harshness.',
  ),
  frequencyParameter(
    'eq.pk2.freq',
    'Peak 2 frequency',
    'Moves the band: near 3 kHz it changes presence, near 7 kHz sharp “s” sounds, above 10 kHz air.',
    200,
    17_500,
    4000,
  ),
  qParameter(
    'eq.pk2.q',
    'Peak 2 Q',
    'High values take out one ringing or piercing note; low ones shape the voice broadly and gently.',
    0.2,
    20,
  ),
  gainParameter('eq.ls.gain', 'Low shelf gain', 'Makes the bottom of the voice fuller or leaner.'),
  frequencyParameter(
    'eq.ls.freq',
    'Low shelf frequency',
    'Sets how far up the low shelf reaches: higher takes in more of the chest of the voice.',
    30,
    200,
    115,
  ),
  gainParameter(
    'eq.hs.gain',
    'High shelf gain',
    'Makes the top of the voice brighter and airier, or softer and darker.',
  ),
  frequencyParameter(
    'eq.hs.freq',
    'High shelf frequency',
    'Sets where brightness begins: lower takes in the consonants, higher only air and breath.',
    750,
    8300,
    6000,
  ),
  frequencyParameter(
    'eq.lp.freq',
    'Low-pass frequency',
    'Takes away everything above it: lower makes the voice darker and more distant.',
    200,
    18_000,
    17_500,
  ),
  qParameter(
    'eq.lp.q',
    'Low-pass Q',
    'Higher values add a whistling edge where the highs end; around 0.7 the cut is smooth.',
    0.5,
    10,
  ),
  frequencyParameter(
    'eq.hp.freq',
    'High-pass frequency',
    'Takes away everything below it: higher removes rumble and pops, then the body of the voice.',
    16,
    5300,
    200,
  ),
  qParameter(
    'eq.hp.q',
    'High-pass Q',
    'Higher values add a bump of bass where the lows end; around 0.7 the cut is smooth.',
    0.5,
    10,
  ),
];
