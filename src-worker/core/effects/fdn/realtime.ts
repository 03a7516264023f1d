/**
 * Feedback delay network as a recursion, stereo to stereo, followed by its four-band EQ. With s_i what line i gives:
 *
 *   q[n] = B x[n] + U (Γ s)[n],  s_i[n] = q_i[n − m_i],  out = EQ(C s)
 *
 * which is C (diag(e^{jωm_i}) − U diag(Γ_i))^{−1} B, the training form (chain.md). Γ_i(ω) = Γ(ω)^{m_i/997} is real, so
 * its impulse response is symmetric about 0 and reads the future; the line's own delay supplies it. The response is
 * sampled densely, inverse-transformed and cut to ±L_i taps, and the filter reads its line from m_i − L_i on
 * (fit.md, 'The reverb in real time, faithfully').
 *
 * The filters run in blocks of B samples, all six at once, by uniformly partitioned overlap-save convolution (Kulp,
 * AES 1988). A block needs nothing younger than its first sample because B ≤ m_i − L_i, so it is computed before its
 * first sample is processed, and there is no latency for pieces of any length.
 * The cut is a plain one: a smoother window brings lower error nowhere but at the overshoot beside steep changes of
 * decay. Where that overshoot reaches {@link MAX_LINE_GAIN} the line is scaled down to it, so that every setting decays.
 */
import { designBiquad } from '../../signal/biquad.ts';
import { realFft } from '../../signal/fft.ts';
import { orthogonalFromRaw } from '../../signal/orthogonal.ts';
import { FIT_SAMPLE_RATE_HZ } from '../../units.ts';
import { Processor, SPARE_SAMPLES, type PieceBuffer, type StreamKernels } from '../processor.ts';
import { DECAY_BANDS, FDN_DELAYS, FDN_LINES } from './params.ts';
import { fdnValues } from './training.ts';

/** Largest |Γ_i| after the cut: a decay time of more than two minutes. */
export const MAX_LINE_GAIN = 0.999;

const BLOCK_AT_FIT_RATE = 256;
const PARTITIONS = 6;
/** Γ is sampled at this many points per block sample; aliasing of the response is then far below the cut. */
const DENSITY = 32;
const EQ_FILTERS = 4;
const NUMBERS_PER_FILTER = 14;
const COEFFICIENTS = 10;
/** Vectors of four numbers in a filter's or a line's spectrum: re and im of lines 1-4, re and im of lines 5, 6. */
const NUMBERS_PER_BIN = 16;

const isPrime = (n: number): boolean => {
  if (n < 2) return false;
  for (let divisor = 2; divisor * divisor <= n; divisor++) if (n % divisor === 0) return false;
  return true;
};

/** The prime nearest to x ≥ 2; of two equally near, the smaller. */
export function nearestPrime(x: number): number {
  const centre = Math.round(x);
  for (let distance = 0; ; distance++) {
    const [near, far] =
      x > centre ? [centre + distance, centre - distance] : [centre - distance, centre + distance];
    if (isPrime(near)) return near;
    if (isPrime(far)) return far;
  }
}

/** Sizes of the network at a sample rate. */
export interface FdnGeometry {
  readonly sampleRateHz: number;
  /** m_i */
  readonly delays: readonly number[];
  /** B */
  readonly block: number;
  /** L_i */
  readonly reach: readonly number[];
}

export function fdnGeometry(sampleRateHz: number): FdnGeometry {
  const ratio = sampleRateHz / FIT_SAMPLE_RATE_HZ;
  const delays = FDN_DELAYS.map((delay) => nearestPrime(delay * ratio));
  const block = 2 ** Math.round(Math.log2(BLOCK_AT_FIT_RATE * ratio));
  const longest = (PARTITIONS * block) / 2 - 1;
  return { sampleRateHz, delays, block, reach: delays.map((delay) => Math.min(delay - block, longest)) };
}

/**
 * The line attenuations' taps −L_i..L_i, from the 49 γ (interpolated over frequency, the last held above 22,050 Hz).
 */
export function attenuationTaps(gamma: ArrayLike<number>, geometry: FdnGeometry): Float64Array[] {
  const { sampleRateHz, delays, block, reach } = geometry;
  const points = DENSITY * block;
  const transform = realFft(points);
  const logGamma = Float64Array.from({ length: transform.bins }, (_, bin) => {
    const hz = (bin * sampleRateHz) / points;
    const band = Math.min((hz / (FIT_SAMPLE_RATE_HZ / 2)) * (DECAY_BANDS - 1), DECAY_BANDS - 1);
    const lower = Math.min(Math.floor(band), DECAY_BANDS - 2);
    return Math.log(gamma[lower]! + (band - lower) * (gamma[lower + 1]! - gamma[lower]!));
  });
  const zeros = new Float64Array(transform.bins);
  const response = new Float64Array(points);
  const spectrum = new Float64Array(transform.bins);
  return delays.map((delay, line) => {
    const exponent = ((delay / sampleRateHz) * FIT_SAMPLE_RATE_HZ) / FDN_DELAYS[0];
    transform.inverse(
      logGamma.map((log) => Math.exp(log * exponent)),
      zeros,
      response,
    );
    const L = reach[line]!;
    response.fill(0, L + 1, points - L);
    transform.forward(response, spectrum, new Float64Array(transform.bins));
    const largest = spectrum.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
    const scale = largest > MAX_LINE_GAIN ? MAX_LINE_GAIN / largest : 1;
    return Float64Array.from({ length: 2 * L + 1 }, (_, k) => scale * response[(k - L + points) % points]!);
  });
}

/** Spectra of the taps' partitions as the kernel wants them, with its factors ½ and 1/(2B). */
function partitionedSpectra(taps: readonly Float64Array[], block: number): Float32Array {
  const transform = realFft(2 * block);
  const spectra = new Float32Array((block + 1) * PARTITIONS * NUMBERS_PER_BIN);
  const part = new Float64Array(2 * block);
  const re = new Float64Array(transform.bins);
  const im = new Float64Array(transform.bins);
  const scale = 0.5 / (2 * block);
  taps.forEach((lineTaps, line) => {
    const lane = line < 4 ? line : 4 + line;
    for (let p = 0; p < PARTITIONS; p++) {
      part.fill(0);
      part.set(lineTaps.subarray(p * block, (p + 1) * block));
      transform.forward(part, re, im);
      for (let k = 0; k <= block; k++) {
        const at = (k * PARTITIONS + p) * NUMBERS_PER_BIN + lane;
        spectra[at] = scale * re[k]!;
        spectra[at + 4] = scale * im[k]!;
      }
    }
  });
  return spectra;
}

/** Stereo in, stereo out, no latency. */
export class FdnProcessor extends Processor {
  readonly latencySamples = 0;
  private readonly geometry: FdnGeometry;
  private readonly plan: number;
  private readonly spectraAddress: number;
  private readonly inputSpectra: number;
  private readonly lines: number;
  private readonly lineLength: number;
  private readonly ringSize: number;
  private readonly matrices: number;
  private readonly equaliser: number;
  private readonly gamma = new Float64Array(DECAY_BANDS).fill(NaN);
  private position = 0;
  private done = 0;

  constructor(kernels: StreamKernels, sampleRateHz: number, input: number | readonly PieceBuffer[] = 2) {
    super(kernels, input, 2);
    this.geometry = fdnGeometry(sampleRateHz);
    const { block, delays, reach } = this.geometry;
    const { twiddles, places } = kernels.batch(2 * block);
    const guard = 2 * block + SPARE_SAMPLES;
    this.ringSize = 2 ** Math.ceil(Math.log2(Math.max(...delays) + 2 * guard));
    this.lineLength = this.ringSize + guard + SPARE_SAMPLES;
    this.lines = kernels.allocate(FDN_LINES * this.lineLength * 4);
    this.spectraAddress = kernels.allocate(this.spectraLength() * 4);
    this.inputSpectra = kernels.allocate(this.spectraLength() * 4);
    this.matrices = kernels.allocate((FDN_LINES * FDN_LINES + 4 * FDN_LINES) * 16);
    this.equaliser = kernels.allocate(EQ_FILTERS * NUMBERS_PER_FILTER * 8);
    const batch = kernels.allocate(2 * block * 32);
    const filtered = kernels.allocate((FDN_LINES * block + SPARE_SAMPLES) * 4);
    const pairs = kernels.allocate(2 * (block + 1) * 4);
    this.plan = kernels.allocate(26 * 4);
    for (let k = 0; k <= block; k++)
      kernels.i32(pairs + 8 * k, 2).set([places[k]! * 32, places[(2 * block - k) % (2 * block)]! * 32]);
    kernels
      .i32(this.plan, 26)
      .set([
        block,
        batch,
        twiddles,
        pairs,
        PARTITIONS,
        this.spectraAddress,
        this.inputSpectra,
        this.lines,
        this.ringSize,
        this.lineLength,
        guard,
        filtered,
        this.matrices,
        ...delays,
        ...delays.map((delay, line) => delay - reach[line]!),
        0,
      ]);
  }

  set(values: ArrayLike<number>): void {
    const { input, output, gamma, mixingRaw, filters } = fdnValues(values);
    if (gamma.some((value, band) => value !== this.gamma[band])) {
      const taps = attenuationTaps(gamma, this.geometry);
      this.kernels
        .f32(this.spectraAddress, this.spectraLength())
        .set(partitionedSpectra(taps, this.geometry.block));
      this.gamma.set(gamma);
    }
    const matrices = [...orthogonalFromRaw(mixingRaw), ...input, ...output];
    const splats = this.kernels.f32(this.matrices, matrices.length * 4);
    matrices.forEach((entry, i) => splats.fill(entry, 4 * i, 4 * i + 4));
    const equaliser = this.kernels.f64(this.equaliser, EQ_FILTERS * NUMBERS_PER_FILTER);
    filters.forEach((settings, filter) => {
      const { b0, b1, b2, a1, a2 } = designBiquad(settings.kind, settings, this.geometry.sampleRateHz);
      equaliser.set([b0, b0, b1, b1, b2, b2, a1, a1, a2, a2], filter * NUMBERS_PER_FILTER);
    });
  }

  reset(): void {
    this.kernels.f32(this.lines, FDN_LINES * this.lineLength).fill(0);
    this.kernels.f32(this.inputSpectra, this.spectraLength()).fill(0);
    const equaliser = this.kernels.f64(this.equaliser, EQ_FILTERS * NUMBERS_PER_FILTER);
    for (let filter = 0; filter < EQ_FILTERS; filter++)
      equaliser.fill(0, filter * NUMBERS_PER_FILTER + COEFFICIENTS, (filter + 1) * NUMBERS_PER_FILTER);
    this.position = this.done = 0;
  }

  run(length: number): void {
    const { call } = this.kernels;
    const { block } = this.geometry;
    for (let start = 0; start < length;) {
      if (this.done === 0) call.streamReverbFilter(this.plan, this.position);
      const piece = Math.min(length - start, block - this.done);
      const offset = 4 * start;
      call.streamReverbMix(
        this.plan,
        this.position,
        this.done,
        this.inputs[0]!.address + offset,
        this.inputs[1]!.address + offset,
        this.outputs[0]!.address + offset,
        this.outputs[1]!.address + offset,
        piece,
      );
      this.position = (this.position + piece) & (this.ringSize - 1);
      this.done = (this.done + piece) % block;
      start += piece;
    }
    call.streamFourPairFilters(this.equaliser, this.outputs[0]!.address, this.outputs[1]!.address, length);
  }

  private spectraLength(): number {
    return (this.geometry.block + 1) * PARTITIONS * NUMBERS_PER_BIN;
  }
}
