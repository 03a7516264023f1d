/**
 * How far each raw parameter may move in a step, relative to the others: about the spread that the parameter has among
 * professional presets. The step of an optimiser that normalises its gradient says nothing of such scales.
 */
import { CHAIN_PARAMETERS } from '#core/chain/parameters.ts';
import { FIT_PARAMETER_COUNT } from './objective.ts';

interface Scale {
  readonly applies: (id: string, unit: string) => boolean;
  readonly scale: number;
}

/** The first that applies; 1 for all others. */
const SCALES: readonly Scale[] = [
  // A unit of raw delay time is some 200 ms, while its gradient points the right way only within the surrogate's few
  // milliseconds.
  { applies: (id) => id === 'delay.time', scale: 0.03 },
  { applies: (id) => id.endsWith('threshold'), scale: 2 },
  { applies: (_, unit) => unit === 'dB', scale: 2 },
  { applies: (id) => id.startsWith('fdn.input'), scale: 0.6 },
  { applies: (id) => id.startsWith('fdn.output'), scale: 0.3 },
  // The gradient by an angle turns within a few hundredths of it, as every mode of the reverb moves: at the common rate these
  // fifteen wander, and drag along what depends on them.
  { applies: (id) => id.startsWith('fdn.mixing'), scale: 0.2 },
  { applies: (id) => id === 'pan', scale: 0.2 },
  { applies: (id) => id === 'comp.lookahead', scale: 0.3 },
];

/**
 * For the delay time where a fit starts at a measured echo: steps of some tenths of a millisecond, as the loss has a narrow valley
 * there that larger ones leave for good.
 */
export const MEASURED_DELAY_TIME_SCALE = 0.005;

/** `delayTimeScale` in place of the common one for the delay time. */
export function rateScales(delayTimeScale?: number): Float64Array {
  const scales = new Float64Array(FIT_PARAMETER_COUNT).fill(1);
  CHAIN_PARAMETERS.forEach(({ id, unit }, i) => {
    const found = SCALES.find(({ applies }) => applies(id, unit));
    if (found) scales[i] = found.scale;
    if (id === 'delay.time' && delayTimeScale !== undefined) scales[i] = delayTimeScale;
  });
  return scales;
}
