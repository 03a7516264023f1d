/** Ping-pong delay and its send to the reverb. Source: DiffVox fx_config. */
import { frequencyParameter, panParameter, qParameter, rangeParameter } from '../../parameter.ts';

export const sendParameters = [
  rangeParameter(
    'delay.send',
    'Delay to reverb send',
    'Feeds the repeats into the reverb: higher lets the echoes melt into the room.',
    '',
    0,
    1,
    0.01,
  ),
];

export const delayParameters = [
  rangeParameter(
    'delay.time',
    'Delay time',
    'The time between repeats: short thickens the voice, long gives echoes you can count.',
    'ms',
    100,
    1000,
    400,
  ),
  rangeParameter(
    'delay.feedback',
    'Feedback',
    'How much of each repeat comes again: low gives a few echoes, high a long trail.',
    '',
    0,
    1,
    0.1,
  ),
  rangeParameter('delay.gain', 'Delay gain', 'How loud the repeats are beside the voice.', '', 0, 1, 0.1),
  frequencyParameter(
    'delay.lp.freq',
    'Delay low-pass frequency',
    'Darkens every repeat a little more: lower lets the echoes sink behind the voice.',
    200,
    16_000,
    8000,
  ),
  qParameter(
    'delay.lp.q',
    'Delay low-pass Q',
    'Higher values give the repeats a nasal edge where the highs end; around 0.7 they stay smooth.',
    0.5,
    2,
  ),
  panParameter(
    'delay.odd_pan',
    'Odd repeats pan',
    'Where the first, third and fifth repeats are heard, from left to right.',
  ),
  panParameter(
    'delay.even_pan',
    'Even repeats pan',
    'Where the second, fourth and sixth repeats are heard, from left to right.',
  ),
];
