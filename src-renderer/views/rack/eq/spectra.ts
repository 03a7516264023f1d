/**
 * Spectra as the EQ shows them: SPECTRUM_BANDS levels in dB, evenly spaced in log frequency from 20 Hz to 20 kHz, which
 * is all of the picture's width.
 *
 * Shown levels are tilted by 4.5 dB per octave about 1 kHz, as analysers for mixing are, so that a balanced voice lies
 * about level.
 *
 * The match curve is what would have to be added to the dry's long-term spectrum to have the target's:
 *
 *   m[b] = smooth(target)[b] − smooth(dry)[b],   less its mean from 100 Hz to 10 kHz
 *
 * smooth() is a mean of powers, weighted by a raised cosine that is as wide at half its height as the smoothing says.
 */
import { linearAxis } from '#core/plot/axis.ts';
import { SPECTRUM_BANDS, SPECTRUM_HIGHEST_HZ, SPECTRUM_LOWEST_HZ } from '#core/protocol/audio-frames.ts';

const TILT_DB_PER_OCTAVE = 4.5;
const TILT_ABOUT_HZ = 1000;
const SEMITONES_PER_BAND = (12 * Math.log2(SPECTRUM_HIGHEST_HZ / SPECTRUM_LOWEST_HZ)) / (SPECTRUM_BANDS - 1);

export const SMOOTHING_SEMITONES = { min: 1, max: 24, default: 6 } as const;

/** Where the mean of the match curve is 0. */
const LEVEL_FROM_HZ = 100;
const LEVEL_TO_HZ = 10_000;
/** So far below its own loudest band a recording is noise, and a difference to it says nothing. */
const NOISE_BELOW_DB = 70;

/** Levels after the tilt, bottom to top of the picture. */
export const LEVEL_AXIS = linearAxis(-94, -6);

export const BAND_HZ: Float64Array = Float64Array.from(
  { length: SPECTRUM_BANDS },
  (_, band) =>
    SPECTRUM_LOWEST_HZ * (SPECTRUM_HIGHEST_HZ / SPECTRUM_LOWEST_HZ) ** (band / (SPECTRUM_BANDS - 1)),
);

/** To be added to the level of each band before it is shown. */
export const TILT_DB: Float64Array = BAND_HZ.map((hz) => TILT_DB_PER_OCTAVE * Math.log2(hz / TILT_ABOUT_HZ));

/** Mean of powers around each band, in dB; `semitones` is the width of the weights at half their height. */
export function smoothed(levelsDb: ArrayLike<number>, semitones: number): Float64Array {
  // A raised cosine is at half its height half way to its end.
  const reach = semitones / SEMITONES_PER_BAND;
  const furthest = Math.ceil(reach) - 1;
  const weights = Float64Array.from(
    { length: furthest + 1 },
    (_, distance) => 0.5 * (1 + Math.cos((Math.PI * distance) / reach)),
  );
  const powers = Float64Array.from(levelsDb, (db) => 10 ** (db / 10));
  return powers.map((_, band) => {
    let sum = 0;
    let total = 0;
    for (let other = Math.max(0, band - furthest); other <= band + furthest; other++) {
      if (other >= powers.length) break;
      const weight = weights[Math.abs(other - band)]!;
      sum += weight * powers[other]!;
      total += weight;
    }
    return 10 * Math.log10(sum / total);
  });
}

export interface MatchCurve {
  readonly hz: Float64Array;
  readonly db: Float64Array;
}

/**
 * The match curve of two long-term spectra of SPECTRUM_BANDS levels in dB, only where both have something to say; its
 * level is that of what is left from 100 Hz to 10 kHz. Empty for silence.
 */
export function matchCurve(
  dryDb: ArrayLike<number>,
  targetDb: ArrayLike<number>,
  semitones: number,
): MatchCurve {
  const [dry, target] = [smoothed(dryDb, semitones), smoothed(targetDb, semitones)];
  const [dryLeastDb, targetLeastDb] = [
    Math.max(...dry) - NOISE_BELOW_DB,
    Math.max(...target) - NOISE_BELOW_DB,
  ];
  const bands = Array.from(BAND_HZ.keys()).filter(
    (band) =>
      Number.isFinite(dry[band]! - target[band]!) && dry[band]! > dryLeastDb && target[band]! > targetLeastDb,
  );
  const hz = Float64Array.from(bands, (band) => BAND_HZ[band]!);
  const differenceDb = bands.map((band) => target[band]! - dry[band]!);
  const levelled = differenceDb.filter((_, i) => hz[i]! >= LEVEL_FROM_HZ && hz[i]! <= LEVEL_TO_HZ);
  const meanDb = levelled.reduce((sum, db) => sum + db, 0) / Math.max(1, levelled.length);
  return { hz, db: Float64Array.from(differenceDb, (db) => db - meanDb) };
}
