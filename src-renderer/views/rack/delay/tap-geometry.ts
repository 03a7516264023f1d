/**
 * Where the repeats lie in the delay's picture. Above, their levels over time: two bars for each, left and right of its
 * time, from a floor upwards. Below, their places from left (top) to right (bottom) on the same time axis. All lengths are
 * CSS pixels of the picture.
 */
import { linearAxis } from '#core/plot/axis.ts';
import { dbToGain, gainToDb } from '#core/units.ts';

/** Quieter repeats are not drawn, and a level dragged down to here is none. */
export const FLOOR_DB = -48;
/** A repeat at full gain on one side only is 3 dB louder than the direct sound. */
export const CEILING_DB = 6;

/** The scale of the levels, then room for the direct sound's bar. */
const LEFT = 44;
const RIGHT = 14;
/** Beats above, times between, room for half a handle. */
const TOP = 18;
const TIMES = 18;
const BOTTOM = 12;
const PLACES_SHARE = 0.26;
const LEAST_PLACES = 30;
const MOST_PLACES = 84;

export interface TapGeometry {
  readonly width: number;
  readonly height: number;
  readonly longestSeconds: number;
  /** Baselines and tops of both lanes. */
  readonly levelsTop: number;
  readonly levelsBottom: number;
  readonly placesTop: number;
  readonly placesBottom: number;
  xOf(seconds: number): number;
  secondsAt(x: number): number;
  /** Levels beyond the scale lie at its end. */
  yOfLevel(levelDb: number): number;
  levelAt(y: number): number;
  /** −100 (left) .. 100 (right). */
  yOfPan(pan: number): number;
  panAt(y: number): number;
}

const within = (value: number, min: number, max: number): number => Math.min(Math.max(value, min), max);

export function tapGeometry(width: number, height: number, longestSeconds: number): TapGeometry {
  const places = within(PLACES_SHARE * height, LEAST_PLACES, MOST_PLACES);
  const placesBottom = height - BOTTOM;
  const placesTop = placesBottom - places;
  const levelsBottom = placesTop - TIMES;
  const time = linearAxis(0, longestSeconds);
  const level = linearAxis(FLOOR_DB, CEILING_DB);
  const pan = linearAxis(-100, 100);
  const [across, up] = [width - LEFT - RIGHT, levelsBottom - TOP];
  return {
    width,
    height,
    longestSeconds,
    levelsTop: TOP,
    levelsBottom,
    placesTop,
    placesBottom,
    xOf: (seconds) => LEFT + time.toUnit(seconds) * across,
    secondsAt: (x) => time.toValue((x - LEFT) / across),
    yOfLevel: (levelDb) => levelsBottom - level.toUnit(within(levelDb, FLOOR_DB, CEILING_DB)) * up,
    levelAt: (y) => level.toValue((levelsBottom - y) / up),
    yOfPan: (at) => placesTop + pan.toUnit(at) * places,
    panAt: (y) => pan.toValue((y - placesTop) / places),
  };
}

const SPANS_SECONDS = [1, 1.5, 2, 3, 4];
/** As many repeats are shown as are heard, up to this; and at least two with some air. */
const MOST_REPEATS = 12;
const LEAST_REPEATS = 2.5;

/** How much time to show, of a few steps, so that it seldom changes. */
export function spanSeconds(timeMs: number, lastHeardSeconds: number): number {
  const time = timeMs / 1000;
  const wanted = within(1.05 * lastHeardSeconds, LEAST_REPEATS * time, MOST_REPEATS * time);
  return SPANS_SECONDS.find((span) => span >= wanted) ?? SPANS_SECONDS.at(-1)!;
}

/** A gain (0..1) from the level it is dragged to; none at the floor. */
export function gainAtLevel(levelDb: number): number {
  return levelDb <= FLOOR_DB + 0.01 ? 0 : Math.min(dbToGain(levelDb), 1);
}

/** Where the handle of the second repeat is: the level it would have in the middle, held at the floor. */
export function secondLevelDb(gain: number, feedback: number): number {
  return Math.max(FLOOR_DB, gainToDb(gain * feedback));
}

/**
 * The feedback that brings the second repeat to a level. Where the first is at the floor there is nothing to compare
 * with: the drag counts from the feedback at its start.
 */
export function feedbackAtLevel(levelDb: number, gain: number, start: number): number {
  if (levelDb <= FLOOR_DB + 0.01) return 0;
  const firstDb = gainToDb(gain);
  if (firstDb <= FLOOR_DB)
    return Math.min(Math.max(start, dbToGain(FLOOR_DB)) * dbToGain(levelDb - FLOOR_DB), 1);
  return Math.min(dbToGain(levelDb - firstDb), 1);
}

/** How bright a repeat is drawn, 0..1, from where its low-passes cut: even in log, dark at 200 Hz. */
export function brightness(cutoffHz: number): number {
  return within(Math.log(cutoffHz / 200) / Math.log(16_000 / 200), 0, 1);
}
