/** Feed-forward compressor and downward expander. Source: DiffVox fx_config and torchcomp. */
import {
  gainParameter,
  levelParameter,
  rangeParameter,
  riseTimeParameter,
  wrapMap,
  type ParameterDefinition,
} from '../../parameter.ts';

/** Longest lookahead in ms; raw values wrap here. */
export const MAX_LOOKAHEAD_MS = 15;

const lookahead: ParameterDefinition = {
  ...rangeParameter(
    'comp.lookahead',
    'Lookahead',
    'Lets the compressor act this early, so that hard consonants do not slip through.',
    'ms',
    0,
    MAX_LOOKAHEAD_MS,
    1000 / 44_100,
  ),
  map: wrapMap(MAX_LOOKAHEAD_MS),
};

export const compParameters = [
  levelParameter(
    'comp.threshold',
    'Compressor threshold',
    'Singing louder than this is turned down: lower evens out more of the performance.',
    -80,
    0,
    -18,
  ),
  levelParameter(
    'comp.expander_threshold',
    'Expander threshold',
    'Sound quieter than this is turned down further: higher hides more breath and room noise.',
    -100,
    0,
    -48,
  ),
  gainParameter(
    'comp.makeup',
    'Make-up gain',
    'Turns the voice up or down after the compressor, to give back the loudness it took.',
  ),
  lookahead,
  riseTimeParameter(
    'comp.attack',
    'Attack',
    'How fast loud notes are turned down: slow keeps the punch of consonants, fast tames them.',
    0.01,
    2000,
    50,
  ),
  riseTimeParameter(
    'comp.release',
    'Release',
    'How fast the level comes back: short sounds dense and excited, long calm and natural.',
    0.01,
    5000,
    50,
  ),
  riseTimeParameter(
    'comp.averaging',
    'Level averaging',
    'How long loudness is averaged: short follows every peak, long follows whole syllables.',
    0.001,
    500,
    0.139_867,
  ),
  rangeParameter(
    'comp.ratio',
    'Compressor ratio',
    'How firmly loud notes are held back: 2 is gentle, 4 clearly heard, 20 almost a ceiling.',
    '',
    1,
    20,
    2,
  ),
  rangeParameter(
    'comp.expander_ratio',
    'Expander ratio',
    'How strongly quiet sound fades away: 1 not at all, 0.5 gently, near 0 cuts it off.',
    '',
    0,
    1,
    0.5,
  ),
];
