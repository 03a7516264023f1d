/**
 * Loudness over time, ungated (EBU Tech 3341 §2.2): momentary over 400 ms, short-term over 3 s, ten times a second.
 */
import type { Audio } from '../signal/audio.ts';
import { blockPowers, powerToLufs, STEP_SECONDS, stepEnergies } from './block-power.ts';

export interface LoudnessSeries {
  readonly windowSeconds: number;
  /** Window j covers seconds [j · step, j · step + window). */
  readonly stepSeconds: number;
  readonly lufs: Float64Array;
}

function series(audio: Audio, windowSteps: number): LoudnessSeries {
  return {
    windowSeconds: windowSteps * STEP_SECONDS,
    stepSeconds: STEP_SECONDS,
    lufs: blockPowers(stepEnergies(audio), windowSteps).map(powerToLufs),
  };
}

/** Material shorter than the window gives one value, over all of it. */
export function momentaryLufs(audio: Audio): LoudnessSeries {
  return series(audio, 4);
}

/** Material shorter than the window gives one value, over all of it. */
export function shortTermLufs(audio: Audio): LoudnessSeries {
  return series(audio, 30);
}

/** The loudest window; −Infinity without any. */
export function maxLufs({ lufs }: LoudnessSeries): number {
  return lufs.reduce((highest, value) => Math.max(highest, value), -Infinity);
}
