/**
 * Levels of a stream in bands evenly spaced in log frequency, from its last samples: a Hann-windowed transform of
 * 4096 points at 44.1 and 48 kHz, in proportion at other rates.
 *
 *   S[k] = (|X[k−1]|² + |X[k]|² + |X[k+1]|²) / 1.5 · (4/N)²
 *
 * A sine of amplitude 1 has S = 1 within 0.1 dB beside its frequency, wherever between two bins that is: the window
 * spreads it over bins whose powers add up to 1.5 (0.5² + 1² + 0.5²), and what a fourth holds is little. A band as wide
 * as a bin or wider reads the largest S in it; a narrower one the level between its neighbours, linear in dB.
 * Below 3 bins (about 32 Hz) a sine meets its own mirror image and may read up to 2 dB off.
 */
import { SPECTRUM_BANDS, SPECTRUM_HIGHEST_HZ, SPECTRUM_LOWEST_HZ } from '#core/protocol/audio-frames.ts';
import { realFft, type RealFft } from '#core/signal/fft.ts';
import { FIT_SAMPLE_RATE_HZ } from '#core/units.ts';

const POINTS_AT_FIT_RATE = 4096;
/** Silence: −180 dB. */
const LEAST_POWER = 1e-18;
export const SILENT_SPECTRUM_DB = -180;
/** Of the three largest bins of a sine. */
const HANN_POWER = 1.5;

export const spectrumPoints = (sampleRateHz: number): number =>
  2 ** Math.round(Math.log2((POINTS_AT_FIT_RATE * sampleRateHz) / FIT_SAMPLE_RATE_HZ));

const powerToDb = (power: number): number => 10 * Math.log10(Math.max(power, LEAST_POWER));

/** The transform and the bands; has no memory of sound. */
export class SpectrumAnalyser {
  private readonly transform: RealFft;
  private readonly window: Float64Array;
  private readonly windowed: Float64Array;
  private readonly re: Float64Array;
  private readonly im: Float64Array;
  private readonly powers: Float64Array;
  /** Of each band: its frequency in bins, and the bins nearest to what is in it (last < first: none). */
  private readonly centres: Float64Array;
  private readonly firsts: Int32Array;
  private readonly lasts: Int32Array;

  constructor(sampleRateHz: number) {
    const points = spectrumPoints(sampleRateHz);
    this.transform = realFft(points);
    const { bins } = this.transform;
    // Amplitude 1 gives |X| = 1 at its bin.
    this.window = Float64Array.from(
      { length: points },
      (_, n) => (2 / points) * (1 - Math.cos((2 * Math.PI * n) / points)),
    );
    this.windowed = new Float64Array(points);
    this.re = new Float64Array(bins);
    this.im = new Float64Array(bins);
    this.powers = new Float64Array(bins);
    const ratio = SPECTRUM_HIGHEST_HZ / SPECTRUM_LOWEST_HZ;
    const binOf = (band: number) =>
      ((SPECTRUM_LOWEST_HZ * ratio ** (band / (SPECTRUM_BANDS - 1))) / sampleRateHz) * points;
    this.centres = Float64Array.from({ length: SPECTRUM_BANDS }, (_, band) => binOf(band));
    this.firsts = Int32Array.from(this.centres, (_, band) => Math.ceil(binOf(band - 0.5) - 0.5));
    this.lasts = Int32Array.from(this.centres, (_, band) => {
      const [low, high] = [binOf(band - 0.5), binOf(band + 0.5)];
      return high - low < 1 ? -1 : Math.min(Math.floor(high + 0.5), bins - 2);
    });
  }

  /**
   * Levels in dB of the `points` samples of a ring from `start` on, into SPECTRUM_BANDS places from `offset` on.
   * {@link SILENT_SPECTRUM_DB} for silence and above half the sample rate.
   */
  analyse(ring: Float32Array, start: number, into: Float32Array, offset: number): void {
    const { windowed, window, powers, re, im } = this;
    const points = windowed.length;
    const untilEnd = Math.min(points, ring.length - start);
    for (let n = 0; n < untilEnd; n++) windowed[n] = window[n]! * ring[start + n]!;
    for (let n = untilEnd; n < points; n++) windowed[n] = window[n]! * ring[n - untilEnd]!;
    this.transform.forward(windowed, re, im);
    const last = powers.length - 1;
    let below = re[0]! * re[0]! + im[0]! * im[0]!;
    let here = re[1]! * re[1]! + im[1]! * im[1]!;
    for (let k = 1; k < last; k++) {
      const above = re[k + 1]! * re[k + 1]! + im[k + 1]! * im[k + 1]!;
      powers[k] = (below + here + above) / HANN_POWER;
      below = here;
      here = above;
    }
    for (let band = 0; band < SPECTRUM_BANDS; band++) {
      const centre = this.centres[band]!;
      const bin = Math.floor(centre);
      if (bin + 1 >= last) {
        into[offset + band] = SILENT_SPECTRUM_DB;
        continue;
      }
      const end = this.lasts[band]!;
      if (end < 0) {
        const fromDb = powerToDb(powers[bin]!);
        into[offset + band] = fromDb + (centre - bin) * (powerToDb(powers[bin + 1]!) - fromDb);
        continue;
      }
      let largest = 0;
      for (let k = this.firsts[band]!; k <= end; k++) if (powers[k]! > largest) largest = powers[k]!;
      into[offset + band] = powerToDb(largest);
    }
  }
}
