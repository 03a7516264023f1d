/**
 * Where a value lies on the travel of its control, 0 (the lower end) to 1, and how far hand movements carry it. Log
 * parameters travel evenly in log. A value outside the control's range rests at the end it is beyond.
 */
import type { ParameterDefinition } from '#core/parameter.ts';

/** A drag of this many pixels is the whole travel. */
export const TRAVEL_PIXELS = 200;
/** Shift makes every movement this much finer. */
const FINE = 10;
/** Of the travel: a key press on a log parameter, and a notch of the wheel on any. */
const KEY_TRAVEL = 0.01;
const NOTCH_TRAVEL = 0.02;
const NOTCH_PIXELS = 100;
/** Pixels of a wheel event that counts in lines. */
const LINE_PIXELS = 33;
/** Steps of Page Up and Page Down. */
export const COARSE_STEPS = 10;

const clamp01 = (position: number): number => Math.min(1, Math.max(0, position));

/** Lower end of a log travel; where the range starts at 0 the travel starts one step above it. */
const logStart = ({ min, step }: ParameterDefinition): number => (min > 0 ? min : step);

/** 0..1 of a physical value. */
export function positionOf(parameter: ParameterDefinition, physical: number): number {
  const { min, max, scale } = parameter;
  if (scale === 'linear') return clamp01((physical - min) / (max - min));
  const start = logStart(parameter);
  return physical <= start ? 0 : clamp01(Math.log(physical / start) / Math.log(max / start));
}

/** Physical value at a position; exactly `min` and `max` at the ends. */
export function valueAt(parameter: ParameterDefinition, position: number): number {
  const { min, max, scale } = parameter;
  if (position <= 0) return min;
  if (position >= 1) return max;
  if (scale === 'linear') return min + position * (max - min);
  const start = logStart(parameter);
  return start * (max / start) ** position;
}

/** Position after a drag upwards by `pixels` (downwards: negative). */
export function dragged(position: number, pixels: number, isFine: boolean): number {
  return clamp01(position + pixels / TRAVEL_PIXELS / (isFine ? FINE : 1));
}

/** Travel of a wheel event, upwards positive. Browsers turn Shift + wheel into a horizontal one. */
export function wheelTravel(wheel: Pick<WheelEvent, 'deltaX' | 'deltaY' | 'deltaMode' | 'shiftKey'>): number {
  const delta = wheel.deltaY === 0 ? wheel.deltaX : wheel.deltaY;
  const pixels = wheel.deltaMode === 0 ? delta : delta * LINE_PIXELS;
  return ((-pixels / NOTCH_PIXELS) * NOTCH_TRAVEL) / (wheel.shiftKey ? FINE : 1);
}

/**
 * Value after `steps` key presses: the table's steps on a linear parameter, hundredths of the travel on a log one. A
 * value beyond the range comes back step by step and goes no further out.
 */
export function stepped(
  parameter: ParameterDefinition,
  physical: number,
  steps: number,
  isFine: boolean,
): number {
  const { min, max, scale, step, fineStep } = parameter;
  if (steps > 0 ? physical >= max : physical <= min) return physical;
  if (scale === 'log')
    return valueAt(parameter, positionOf(parameter, physical) + (steps * KEY_TRAVEL) / (isFine ? FINE : 1));
  if (!Number.isFinite(physical)) return physical < 0 ? min : max;
  const next = physical + steps * (isFine ? fineStep : step);
  return steps > 0 ? Math.min(next, max) : Math.max(next, min);
}

/** What a key does to a value: a new value, or null for a key that is not a slider's. */
export function keyed(
  parameter: ParameterDefinition,
  physical: number,
  key: string,
  isFine: boolean,
): number | null {
  switch (key) {
    case 'ArrowUp':
    case 'ArrowRight':
      return stepped(parameter, physical, 1, isFine);
    case 'ArrowDown':
    case 'ArrowLeft':
      return stepped(parameter, physical, -1, isFine);
    case 'PageUp':
      return stepped(parameter, physical, COARSE_STEPS, isFine);
    case 'PageDown':
      return stepped(parameter, physical, -COARSE_STEPS, isFine);
    case 'Home':
      return parameter.min;
    case 'End':
      return parameter.max;
    case 'Delete':
    case 'Backspace':
      return parameter.default;
    default:
      return null;
  }
}
