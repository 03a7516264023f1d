/** Ping-pong delay and its send to the reverb. Source: DiffVox fx_config. */
import { frequencyParameter, panParameter, qParameter, rangeParameter } from '../../parameter.ts';

export const sendParameters = [rangeParameter('delay.send', 'Delay to reverb send', '', 0, 1, 0.01)];

export const delayParameters = [
  rangeParameter('delay.time', 'Delay time', 'ms', 100, 1000, 400),
  rangeParameter('delay.feedback', 'Feedback', '', 0, 1, 0.1),
  rangeParameter('delay.gain', 'Delay gain', '', 0, 1, 0.1),
  frequencyParameter('delay.lp.freq', 'Delay low-pass frequency', 200, 16_000, 8000),
  qParameter('delay.lp.q', 'Delay low-pass Q', 0.5, 2),
  panParameter('delay.odd_pan', 'Odd repeats pan'),
  panParameter('delay.even_pan', 'Even repeats pan'),
];
