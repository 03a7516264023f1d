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
 *
 * While a setting glides the matrices go in straight lines: between two orthogonal ones the norm of U is at most 1, so
 * nothing grows. Other attenuations are crossfaded to from a block's beginning on; as both are real, that is a
 * glide of every frequency's decay.
 */
import { designBiquad, type BiquadKind } from '../../signal/biquad.ts';
import { realFft } from '../../signal/fft.ts';
import { orthogonalFromRaw } from '../../signal/orthogonal.ts';
import { FILTER_PLACE_NUMBERS, filterPlace } from '../../signal/state-variable.ts';
import { FIT_SAMPLE_RATE_HZ } from '../../units.ts';
import {
  FadeCurve,
  FadedTable,
  Glide,
  GlidingFilters,
  NODE_SAMPLES,
  TABLE_FADE_SECONDS,
  type Gliding,
} from '../glide.ts';
import {
  Doubles,
  Floats,
  Processor,
  SPARE_SAMPLES,
  type PieceBuffer,
  type StreamKernels,
} from '../processor.ts';
import { DECAY_BANDS, FDN_DELAYS, FDN_LINES } from './params.ts';
import { fdnValues } from './training.ts';

/** Largest |Γ_i| after the cut: a decay time of more than two minutes. */
export const MAX_LINE_GAIN = 0.999;

const BLOCK_AT_FIT_RATE = 256;
const PARTITIONS = 6;
/** Γ is sampled at this many points per block sample; aliasing of the response is then far below the cut. */
const DENSITY = 32;
const EQ_KINDS: readonly BiquadKind[] = ['peak', 'peak', 'lowShelf', 'highShelf'];
const EQ_FILTERS = EQ_KINDS.length;
const CHANNELS = 2;
const NUMBERS_PER_FILTER = 7 * CHANNELS;
const COEFFICIENTS = 5;
/** U, B and C. */
const MATRIX_ENTRIES = FDN_LINES * FDN_LINES + 2 * CHANNELS * FDN_LINES;
/** Entries are kept this many times, for vectors. */
const LANES = 4;
const GLIDE_NUMBERS = MATRIX_ENTRIES + EQ_FILTERS * FILTER_PLACE_NUMBERS;
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

export interface FdnDesign {
  /** The 49 γ that {@link spectra} are made from. */
  readonly gamma: Float64Array;
  /** The lines' attenuations in the kernel's layout, about 100 kB at 44.1 kHz; null where the receiver has those of `gamma`. */
  readonly spectra: Float32Array | null;
  /** U, B and C row by row, then {@link filterPlace} of each filter of the EQ. */
  readonly places: Float64Array;
  /** b0 b1 b2 a1 a2 of each filter of the EQ. */
  readonly coefficients: Float64Array;
}

const isSame = (a: ArrayLike<number>, b: ArrayLike<number>): boolean => {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
};

/**
 * What the processor needs, from values in the order of `fdnParameters`. The spectra take milliseconds; they are those
 * of `known`, if that has the same γ.
 */
export function designFdn(values: ArrayLike<number>, geometry: FdnGeometry, known?: FdnDesign): FdnDesign {
  const { input, output, gamma, mixingRaw, filters } = fdnValues(values);
  const { block, sampleRateHz } = geometry;
  const spectra = known && isSame(gamma, known.gamma) ? known.spectra : null;
  return {
    gamma,
    spectra: spectra ?? partitionedSpectra(attenuationTaps(gamma, geometry), block),
    places: Float64Array.of(
      ...orthogonalFromRaw(mixingRaw),
      ...input,
      ...output,
      ...filters.flatMap((settings) => filterPlace(settings, sampleRateHz)),
    ),
    coefficients: Float64Array.from(
      filters.flatMap((settings) => {
        const { b0, b1, b2, a1, a2 } = designBiquad(settings.kind, settings, sampleRateHz);
        return [b0, b1, b2, a1, a2];
      }),
    ),
  };
}

/** Stereo in, stereo out, no latency. */
export class FdnProcessor extends Processor<FdnDesign> implements Gliding {
  readonly latencySamples = 0;
  private readonly geometry: FdnGeometry;
  private readonly plan: number;
  private readonly spectra: FadedTable;
  private readonly inputSpectra: Floats;
  private readonly lines: Floats;
  private readonly lineLength: number;
  private readonly ringSize: number;
  private readonly filtered: Floats;
  private readonly otherFiltered: Floats;
  private readonly matrices: Floats;
  private readonly matrixSteps: Floats;
  private readonly equaliser: Doubles;
  private readonly glidingEqualiser: GlidingFilters;
  private readonly glide: Glide;
  private target: FdnDesign | undefined;
  /** Counts the different γ so far. */
  private decays = 0;
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
    this.lines = new Floats(kernels, FDN_LINES * this.lineLength);
    const spectraLength = (block + 1) * PARTITIONS * NUMBERS_PER_BIN;
    const fadeBlocks = Math.max(1, Math.round((TABLE_FADE_SECONDS * sampleRateHz) / block));
    const curve = new FadeCurve(kernels, fadeBlocks * block);
    this.spectra = new FadedTable(kernels, spectraLength, curve);
    this.inputSpectra = new Floats(kernels, spectraLength);
    this.matrices = new Floats(kernels, MATRIX_ENTRIES * LANES);
    this.matrixSteps = new Floats(kernels, MATRIX_ENTRIES * LANES);
    this.equaliser = new Doubles(kernels, EQ_FILTERS * NUMBERS_PER_FILTER);
    this.glidingEqualiser = new GlidingFilters(kernels, EQ_KINDS, CHANNELS, this.equaliser, sampleRateHz);
    this.glide = new Glide(GLIDE_NUMBERS, sampleRateHz);
    const batch = kernels.allocate(2 * block * 32);
    this.filtered = new Floats(kernels, FDN_LINES * block + SPARE_SAMPLES);
    this.otherFiltered = new Floats(kernels, FDN_LINES * block + SPARE_SAMPLES);
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
        this.spectra.address,
        this.inputSpectra.address,
        this.lines.address,
        this.ringSize,
        this.lineLength,
        guard,
        this.filtered.address,
        this.matrices.address,
        ...delays,
        ...delays.map((delay, line) => delay - reach[line]!),
        0,
      ]);
  }

  design(values: ArrayLike<number>): FdnDesign {
    return designFdn(values, this.geometry, this.target);
  }

  /** Throws a RangeError if the design lacks its spectra and the processor does not have them. */
  setDesign(design: FdnDesign): void {
    const spectra = this.newSpectra(design);
    if (spectra) this.spectra.jumpTo(spectra, this.decays);
    else this.spectra.finish();
    this.target = design;
    if (this.glide.jumpTo(design.places)) this.endGlide();
    else this.useSettings();
  }

  /** Throws as {@link setDesign}. */
  glideTo(design: FdnDesign): void {
    const spectra = this.newSpectra(design);
    if (spectra) this.spectra.moveTo(spectra, this.decays);
    this.target = design;
    this.glide.moveTo(design.places);
  }

  reset(): void {
    if (this.target) this.setDesign(this.target);
    this.lines.numbers.fill(0);
    this.inputSpectra.numbers.fill(0);
    const equaliser = this.equaliser.numbers;
    for (let filter = 0; filter < EQ_FILTERS; filter++)
      equaliser.fill(
        0,
        filter * NUMBERS_PER_FILTER + COEFFICIENTS * CHANNELS,
        (filter + 1) * NUMBERS_PER_FILTER,
      );
    this.position = this.done = 0;
  }

  run(length: number): void {
    this.glide.run(length, this);
  }

  beginGlide(): void {
    this.matrixSteps.numbers.fill(0);
    this.glidingEqualiser.begin(this.glide.numbers, MATRIX_ENTRIES);
  }

  planSegment(): void {
    const matrices = this.matrices.numbers;
    const steps = this.matrixSteps.numbers;
    const { numbers } = this.glide;
    for (let entry = 0; entry < MATRIX_ENTRIES; entry++) {
      const at = entry * LANES;
      const base = matrices[at]! + NODE_SAMPLES * steps[at]!;
      const step = (numbers[entry]! - base) / NODE_SAMPLES;
      for (let lane = at; lane < at + LANES; lane++) {
        matrices[lane] = base;
        steps[lane] = step;
      }
    }
    this.glidingEqualiser.rampTo(numbers, MATRIX_ENTRIES);
  }

  endGlide(): void {
    this.useSettings();
    this.glidingEqualiser.end(this.glide.numbers, MATRIX_ENTRIES);
  }

  runPart(start: number, length: number): void {
    const { call } = this.kernels;
    const { block } = this.geometry;
    const { isMoving } = this.glide;
    let { phase } = this.glide;
    const left = this.outputs[0]!.address + 4 * start;
    const right = this.outputs[1]!.address + 4 * start;
    for (let from = 0; from < length;) {
      if (this.done === 0) this.attenuate();
      const piece = Math.min(length - from, block - this.done);
      const at = 4 * (start + from);
      const inLeft = this.inputs[0]!.address + at;
      const inRight = this.inputs[1]!.address + at;
      const outLeft = left + 4 * from;
      const outRight = right + 4 * from;
      const { plan, position, done } = this;
      if (isMoving)
        call.streamGlidingReverbMix(
          plan,
          this.matrixSteps.address,
          phase,
          position,
          done,
          inLeft,
          inRight,
          outLeft,
          outRight,
          piece,
        );
      else call.streamReverbMix(plan, position, done, inLeft, inRight, outLeft, outRight, piece);
      this.position = (position + piece) & (this.ringSize - 1);
      this.done = (done + piece) % block;
      phase += piece;
      from += piece;
    }
    if (isMoving) this.glidingEqualiser.run(left, right, left, right, length);
    else call.streamFourPairFilters(this.equaliser.address, left, right, length);
  }

  /** The attenuated lines of the next block. */
  private attenuate(): void {
    const { call } = this.kernels;
    const { spectra } = this;
    const { block } = this.geometry;
    const lines = this.filtered.address;
    const others = this.otherFiltered.address;
    call.streamReverbFilter(this.plan, this.position);
    spectra.begin();
    if (!spectra.isFading) return;
    call.streamReverbFilterAgain(this.plan, spectra.nextAddress, others);
    for (let line = 0; line < FDN_LINES; line++) {
      const at = 4 * line * block;
      call.streamCrossfade(lines + at, others + at, spectra.falling, spectra.rising, lines + at, block);
    }
    spectra.advance(block);
  }

  /** The spectra, if they are to replace those that the processor has or moves to. */
  private newSpectra({ gamma, spectra }: FdnDesign): Float32Array | null {
    if (this.target && isSame(gamma, this.target.gamma)) return null;
    if (!spectra) throw new RangeError('A design of the reverb came without the spectra of its decay.');
    this.decays += 1;
    return spectra;
  }

  private useSettings(): void {
    const { places, coefficients } = this.target!;
    const matrices = this.matrices.numbers;
    for (let entry = 0; entry < MATRIX_ENTRIES; entry++)
      matrices.fill(places[entry]!, LANES * entry, LANES * (entry + 1));
    const equaliser = this.equaliser.numbers;
    for (let filter = 0; filter < EQ_FILTERS; filter++)
      for (let i = 0; i < COEFFICIENTS; i++) {
        const at = filter * NUMBERS_PER_FILTER + CHANNELS * i;
        equaliser[at] = equaliser[at + 1] = coefficients[filter * COEFFICIENTS + i]!;
      }
  }
}
