/** Which jump of the input's level the step response shows, and over how long. */
import { roundUp } from '#core/plot/axis.ts';

const JUMP_BELOW_DB = 12;
const JUMP_ABOVE_DB = 12;
/** Of a 10-90 % rise time: after this, nothing can be seen to move. */
const SETTLED = 1.6;
/** Of the picture: how long the level stays up, and how long it is back. */
const UP_PART = 1 / 3;
const BACK_PART = 1 / 2;
const SHORTEST_SECONDS = 0.02;
const LONGEST_SECONDS = 10;

export interface StepTimes {
  readonly attackMs: number;
  readonly releaseMs: number;
  readonly averagingMs: number;
  readonly lookaheadMs: number;
}

/** From under the threshold to over it, in dB. */
export function stepJump(thresholdDb: number): { readonly fromDb: number; readonly toDb: number } {
  return { fromDb: thresholdDb - JUMP_BELOW_DB, toDb: thresholdDb + JUMP_ABOVE_DB };
}

/** Long enough to see attack and release end; of 1, 2 and 5, so that it stands while a time is turned. */
export function stepSeconds({ attackMs, releaseMs, averagingMs, lookaheadMs }: StepTimes): number {
  const detectorMs = SETTLED * averagingMs;
  const neededSeconds =
    Math.max(
      (SETTLED * attackMs + detectorMs) / UP_PART,
      (SETTLED * releaseMs + detectorMs) / BACK_PART,
      4 * lookaheadMs,
    ) / 1000;
  return roundUp(Math.min(Math.max(neededSeconds, SHORTEST_SECONDS), LONGEST_SECONDS));
}
