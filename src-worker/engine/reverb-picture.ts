/**
 * What an impulse into the reverb gives, in real-time form: left and right get the same impulse, as they do from the
 * chain, and the reverb's own EQ is heard.
 *
 *   level   L_c = 20 log10 max_{n ∈ c} |h[n]| of each stretch c, in dB below the largest of both sides
 *   decay   E_c = 10 log10 Σ_{n ≥ n_c} (h_left² + h_right²), in dB below E_0 (Schroeder, JASA 1965)
 *
 * The energy after the end of the picture is estimated from its last two quarters, as if it fell on at that rate
 * (ISO 3382-1, 5.3.3): otherwise every decay would seem to drop to nothing there.
 */
import { valuesOf } from '#core/chain/parameters.ts';
import { FdnProcessor } from '#core/effects/fdn/realtime.ts';
import { gainToDb } from '#core/units.ts';
import { openStreamKernels } from './realtime-chain.ts';

/** Shown for silence. */
const LOWEST_DB = -200;
const PIECE_SAMPLES = 4096;

/** `columns` levels each; {@link LOWEST_DB} is the lowest. */
export interface ReverbPicture {
  readonly leftDb: Float32Array<ArrayBuffer>;
  readonly rightDb: Float32Array<ArrayBuffer>;
  readonly decayDb: Float32Array<ArrayBuffer>;
}

/** The energy after the end, from those of the last two quarters. */
function energyAfter(third: number, fourth: number): number {
  const ratio = fourth / third;
  return ratio < 1 ? (fourth * ratio) / (1 - ratio) : 0;
}

const levels = (peaks: Float64Array, largest: number): Float32Array<ArrayBuffer> =>
  Float32Array.from(peaks, (peak) => (peak > 0 ? Math.max(LOWEST_DB, gainToDb(peak / largest)) : LOWEST_DB));

/** Draws one reverb after another; what is expensive is made anew only where it changed. */
export class ReverbPainter {
  private readonly reverb: FdnProcessor;

  constructor(
    module: WebAssembly.Module,
    readonly sampleRateHz: number,
  ) {
    this.reverb = new FdnProcessor(openStreamKernels(module), sampleRateHz);
  }

  /** `raw`: 151 raw numbers. Yields often, so that others get their turn; one picture at a time. */
  *draw(raw: ArrayLike<number>, seconds: number, columns: number): Generator<undefined, ReverbPicture> {
    const { reverb } = this;
    const lengthSamples = Math.max(1, Math.round(seconds * this.sampleRateHz));
    reverb.set(valuesOf(raw, 'fdn'));
    reverb.reset();
    yield;
    const peaks = [new Float64Array(columns), new Float64Array(columns)] as const;
    const energies = new Float64Array(columns);
    const quarters = new Float64Array(4);
    const impulse = new Float32Array(PIECE_SAMPLES);
    const left = new Float32Array(PIECE_SAMPLES);
    const right = new Float32Array(PIECE_SAMPLES);
    impulse[0] = 1;
    for (let start = 0; start < lengthSamples; start += PIECE_SAMPLES) {
      const length = Math.min(PIECE_SAMPLES, lengthSamples - start);
      reverb.process([impulse, impulse], [left, right], length);
      impulse[0] = 0;
      for (let n = 0; n < length; n++) {
        const column = Math.floor(((start + n) * columns) / lengthSamples);
        const energy = left[n]! ** 2 + right[n]! ** 2;
        energies[column]! += energy;
        quarters[Math.floor((4 * (start + n)) / lengthSamples)]! += energy;
        peaks[0][column] = Math.max(peaks[0][column]!, Math.abs(left[n]!));
        peaks[1][column] = Math.max(peaks[1][column]!, Math.abs(right[n]!));
      }
      yield;
    }
    const largest = peaks[0].reduce(
      (found, peak, c) => Math.max(found, peak, peaks[1][c]!),
      Number.MIN_VALUE,
    );
    let rest = energyAfter(quarters[2]!, quarters[3]!);
    for (let c = columns - 1; c >= 0; c--) energies[c] = rest += energies[c]!;
    const whole = energies[0]!;
    return {
      leftDb: levels(peaks[0], largest),
      rightDb: levels(peaks[1], largest),
      decayDb: Float32Array.from(energies, (energy) =>
        energy > 0 ? Math.max(LOWEST_DB, 10 * Math.log10(energy / whole)) : LOWEST_DB,
      ),
    };
  }
}
