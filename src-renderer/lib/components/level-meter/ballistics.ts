/** How a meter moves: it rises at once, falls steadily, and its peak mark stands for a while. */

export const LOWEST_DB = -60;
export const HIGHEST_DB = 3;
/** Of a bar after the sound has gone. */
const FALL_DB_PER_SECOND = 24;
const HOLD_SECONDS = 1.5;

export interface MeterReading {
  readonly peakDb: number;
  readonly rmsDb: number;
  /** The highest peak of late. */
  readonly holdDb: number;
  readonly holdSeconds: number;
}

export const SILENT_READING: MeterReading = {
  peakDb: -Infinity,
  rmsDb: -Infinity,
  holdDb: -Infinity,
  holdSeconds: 0,
};

/** The reading `elapsedSeconds` after `before`, with new levels in dB; −Infinity is silence. */
export function nextReading(
  before: MeterReading,
  peakDb: number,
  rmsDb: number,
  elapsedSeconds: number,
): MeterReading {
  const fallen = (level: number): number => {
    const lower = level - FALL_DB_PER_SECOND * elapsedSeconds;
    return lower < LOWEST_DB ? -Infinity : lower;
  };
  const holdSeconds = before.holdSeconds + elapsedSeconds;
  const isNewHold = peakDb >= before.holdDb;
  const stays = isNewHold ? peakDb : holdSeconds <= HOLD_SECONDS ? before.holdDb : fallen(before.holdDb);
  return {
    peakDb: Math.max(peakDb, fallen(before.peakDb)),
    rmsDb: Math.max(rmsDb, fallen(before.rmsDb)),
    holdDb: Math.max(peakDb, stays),
    holdSeconds: isNewHold ? 0 : holdSeconds,
  };
}

/** 0..1 along the meter: linear in dB, with the top 20 dB on a good half of it. */
export function meterFraction(levelDb: number): number {
  if (!(levelDb > LOWEST_DB)) return 0;
  const KNEE_DB = -20;
  const KNEE_FRACTION = 0.42;
  const fraction =
    levelDb < KNEE_DB
      ? (KNEE_FRACTION * (levelDb - LOWEST_DB)) / (KNEE_DB - LOWEST_DB)
      : KNEE_FRACTION + ((1 - KNEE_FRACTION) * (levelDb - KNEE_DB)) / (HIGHEST_DB - KNEE_DB);
  return Math.min(1, fraction);
}
