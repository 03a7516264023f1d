/**
 * The chain after the compressor as one response on the bins of a grid, and its gradient back to the values. The equations, and
 * why elimination needs no pivots, are in kernels/transfer.ts; here every thread has one bin, and decay is interpolated bin by
 * bin, as published, rather than between nodes.
 */
import { delaySamples } from '#core/effects/delay/training.ts';
import { DECAY_BANDS, FDN_DELAYS, FDN_LINES } from '#core/effects/fdn/params.ts';
import { orthogonalAdjoint, orthogonalFromRaw } from '#core/signal/orthogonal.ts';
import { FIT_SAMPLE_RATE_HZ } from '#core/units.ts';
import { TRANSFER_FILTERS } from '../../filter-places.ts';
import {
  addMixGradient,
  audibleRepeats,
  dampingPerBin,
  mixScalars,
  surrogateSlopes,
  transferAt as at,
} from '../../transfer-values.ts';
import { WORKGROUP, type Dispatch, type GpuContext, type Recording } from '../device.ts';
import { PHASE_OPERATIONS, PHASE_WGSL, ROOTS_WGSL, ROOT_OPERATIONS, phasePerBin } from '../fft/roots.ts';
import { Sums, workgroupSum } from '../sums.ts';
import { COMPLEX_PRODUCT, COMPLEX_SUM, DOT, FUNCTION } from '../work.ts';
import { BIN_THREADS, binSumsMain, binSumsWork } from './bin-sums.ts';
import {
  FILTER_BANK_WGSL,
  FORM,
  GRID_OPERATIONS,
  RECIPROCAL_OPERATIONS,
  RESPONSE_OPERATIONS,
  SLOPE_OPERATIONS,
  addBankGradient,
  bankNumbers,
  bankSlopes,
  slopeCount,
} from './filter-bank.ts';

/** Smallest line gain: keeps 1/Γ finite in float32. */
const SMALLEST_GAIN = 1e-5;
const SMALLEST_GAMMA = 1e-30;

const SLOPES = slopeCount(TRANSFER_FILTERS);
/** Places in `settings`. */
const FILTERS = 0;
const MIXING = FILTERS + (TRANSFER_FILTERS.length + SLOPES) * FORM;
const INPUT = MIXING + FDN_LINES * FDN_LINES;
const OUTPUT = INPUT + 2 * FDN_LINES;
const DECAY = OUTPUT + 2 * FDN_LINES;
const SCALARS = DECAY + DECAY_BANDS;
const DAMPING = SCALARS + 8;
const SETTINGS = DAMPING + 1;
/** In `integers`: repeats, odd and even, and the phase of the delay. */
const INTEGERS = 3;

/** Places in the sums over bins. */
const AT = { mix: 0, surrogate: 8, delay: 10, input: 11, output: 23, mixing: 35, filters: 71 };
const BIN_SUMS = AT.filters + SLOPES;
export const TRANSFER_SUMS = BIN_SUMS + DECAY_BANDS;

/** ln x, right to the last digits also near 1, where decay times of seconds lie. */
const LOGARITHM_WGSL = /* wgsl */ `
fn logarithm(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  var exponent = i32(bits >> 23u) - 127;
  var mantissa = bitcast<f32>((bits & 0x7fffffu) | 0x3f800000u);
  if (mantissa > ${Math.SQRT2}) { mantissa *= 0.5; exponent += 1; }
  let s = (mantissa - 1.0) / (mantissa + 1.0);
  let z = s * s;
  return f32(exponent) * ${Math.LN2} + 2.0 * s * (1.0 + z * (${1 / 3} + z * (0.2 + z * (${1 / 7} + z * ${1 / 9}))));
}
`;

const LOGARITHM_OPERATIONS = FUNCTION + 15;

/** A complex product that is added to something, and a complex number times a real one, alone and added. */
const ADDED_PRODUCT = COMPLEX_PRODUCT + COMPLEX_SUM;
const SCALED = 2;
const ADDED_SCALED = SCALED + COMPLEX_SUM;
/** A complex number over a real one. */
const DIVIDED = FUNCTION + SCALED;

const PAIRS_OF_LINES = (FDN_LINES * (FDN_LINES - 1)) / 2;
/** Of a solution by triangular factors, forwards and back. */
const SOLVE_OPERATIONS = 2 * PAIRS_OF_LINES * ADDED_PRODUCT + FDN_LINES * COMPLEX_PRODUCT;
/** Of `heard`. */
const HEARD_OPERATIONS = FDN_LINES * ADDED_SCALED;

/** Operations of `evaluate`, without echoes of echoes: as many as can be heard, none at the least. */
const EVALUATE_OPERATIONS =
  GRID_OPERATIONS +
  // The delay: its phasor and filter, both sums, what is heard and sent.
  PHASE_OPERATIONS +
  ROOT_OPERATIONS +
  RESPONSE_OPERATIONS +
  5 * COMPLEX_PRODUCT +
  SCALED +
  2 * (SCALED + 2 * ADDED_SCALED) +
  // The reverb's filters and decay.
  (TRANSFER_FILTERS.length - 1) * RESPONSE_OPERATIONS +
  (7 + LOGARITHM_OPERATIONS) +
  // The lines: gain, phase, input, diagonal of the matrix, output.
  FDN_LINES * (FUNCTION + 2 + ROOT_OPERATIONS + DIVIDED + SCALED + ADDED_SCALED + COMPLEX_SUM + DIVIDED) +
  // Elimination.
  FDN_LINES * RECIPROCAL_OPERATIONS +
  PAIRS_OF_LINES * COMPLEX_PRODUCT +
  ((FDN_LINES - 1) * FDN_LINES * (2 * FDN_LINES - 1) * ADDED_PRODUCT) / 6 +
  SOLVE_OPERATIONS;

/** Everything up to the solved network for one bin, in private variables. */
function binCode(points: number): string {
  const bins = points / 2;
  const lines = FDN_LINES;
  return /* wgsl */ `
const LINES = ${lines}u;
const DELAYS = array<u32, ${lines}>(${FDN_DELAYS.map((delay) => `${delay}u`).join(', ')});
const EXPONENTS = array<f32, ${lines}>(${FDN_DELAYS.map((delay) => delay / FDN_DELAYS[0]).join(', ')});
var<private> matrix: array<array<vec2f, ${lines}>, ${lines}>;
var<private> gain: array<f32, ${lines}>;
/** 1/(zΓ) of every line. */
var<private> f: array<vec2f, ${lines}>;
var<private> s: array<vec2f, ${lines}>;
var<private> x: array<vec2f, ${lines}>;
var<private> gamma: f32;
var<private> grid: vec2f;
var<private> repeat: vec2f;
var<private> odd: vec2f;
var<private> even: vec2f;
var<private> delayed: array<vec2f, 2>;
var<private> sent: array<vec2f, 2>;
var<private> reverbEq: vec2f;

fn network(row: u32, column: u32) -> f32 { return settings[${MIXING}u + row * LINES + column]; }

fn evaluateDelay(bin: u32) {
  let phasor = root(phaseOf(bin, integers[2], settings[${DAMPING}u + 1u]));
  repeat = times(phasor, bankResponse(${FILTERS}u, 1u, grid));
  let fed = settings[${SCALARS}u] * repeat;
  let r = times(fed, fed);
  // Horner for both sums; the even one has as many terms or one less.
  var oddSum = vec2f(1.0, 0.0);
  var evenSum = select(vec2f(0.0), vec2f(1.0, 0.0), integers[1] > 0u);
  for (var j = 1u; j < integers[0]; j++) {
    oddSum = vec2f(1.0, 0.0) + times(oddSum, r);
    if (j < integers[1]) { evenSum = oddSum; }
  }
  odd = times(repeat, oddSum);
  even = times(times(repeat, fed), evenSum);
  for (var c = 0u; c < 2u; c++) {
    delayed[c] = settings[${SCALARS + 1}u + 2u * c] * odd + settings[${SCALARS + 2}u + 2u * c] * even;
    sent[c] = vec2f(1.0, 0.0) + settings[${SCALARS + 5}u] * delayed[c];
  }
}

/** Factors F − U: multipliers below the diagonal, reciprocal pivots on it. */
fn factorise() {
  for (var i = 0u; i < LINES; i++) {
    for (var j = 0u; j < LINES; j++) {
      matrix[i][j] = vec2f(-network(i, j), 0.0);
      if (i == j) { matrix[i][j] += f[i]; }
    }
  }
  for (var k = 0u; k < LINES; k++) {
    matrix[k][k] = reciprocal(matrix[k][k]);
    for (var i = k + 1u; i < LINES; i++) {
      let multiplier = times(matrix[i][k], matrix[k][k]);
      matrix[i][k] = multiplier;
      for (var j = k + 1u; j < LINES; j++) { matrix[i][j] -= times(multiplier, matrix[k][j]); }
    }
  }
}

fn evaluate(bin: u32) {
  grid = gridAt(bin * ${2 ** 31 / bins}u);
  evaluateDelay(bin);
  reverbEq = bankResponse(${FILTERS + FORM}u, ${TRANSFER_FILTERS.length - 1}u, grid);
  let place = bin * ${DECAY_BANDS - 1}u;
  let band = place / ${bins}u;
  let fraction = f32(place % ${bins}u) / ${bins}.0;
  gamma = max(${SMALLEST_GAMMA}, mix(settings[${DECAY}u + band], settings[${DECAY}u + band + 1u], fraction));
  let decay = logarithm(gamma) * ${Math.LOG2E};
  for (var i = 0u; i < LINES; i++) {
    gain[i] = max(${SMALLEST_GAIN}, exp2(EXPONENTS[i] * decay));
    f[i] = conjugate(root(DELAYS[i] * bin * ${2 ** 32 / points}u)) / gain[i];
    s[i] = settings[${INPUT}u + 2u * i] * sent[0] + settings[${INPUT}u + 2u * i + 1u] * sent[1];
  }
  factorise();
  for (var i = 1u; i < LINES; i++) {
    for (var k = 0u; k < i; k++) { s[i] -= times(matrix[i][k], s[k]); }
  }
  for (var back = 0u; back < LINES; back++) {
    let i = LINES - 1u - back;
    for (var j = i + 1u; j < LINES; j++) { s[i] -= times(matrix[i][j], s[j]); }
    s[i] = times(s[i], matrix[i][i]);
  }
  for (var i = 0u; i < LINES; i++) { x[i] = s[i] / gain[i]; }
}

/** The network's output to a channel, before its filters. */
fn heard(channel: u32) -> vec2f {
  var sum = vec2f(0.0);
  for (var i = 0u; i < LINES; i++) { sum += settings[${OUTPUT}u + channel * LINES + i] * x[i]; }
  return sum;
}
`;
}

/** Operations of {@link adjointCode}, again without echoes of echoes. */
const ADJOINT_OPERATIONS =
  EVALUATE_OPERATIONS +
  // The reverb's filters.
  2 * (COMPLEX_PRODUCT + HEARD_OPERATIONS + ADDED_PRODUCT) +
  // The network: outputs, solution, then mixing, inputs, gains.
  FDN_LINES * (2 * DOT + SCALED + ADDED_SCALED + DOT + DIVIDED) +
  SOLVE_OPERATIONS +
  FDN_LINES * (FDN_LINES * DOT + 2 * (DOT + ADDED_SCALED) + COMPLEX_PRODUCT + DOT + 1 + 2) +
  FUNCTION +
  // The delay: channels, both sums' slopes, weight, damping.
  2 * (3 * DOT + 1 + 3 * ADDED_SCALED) +
  (SCALED + COMPLEX_PRODUCT) +
  (2 * COMPLEX_PRODUCT + SCALED) +
  (3 * COMPLEX_PRODUCT + ADDED_SCALED) +
  (2 * DOT + 1) +
  (2 * COMPLEX_PRODUCT + 3 * COMPLEX_SUM) +
  (FUNCTION + 2 + 2 + 2) +
  SLOPES * SLOPE_OPERATIONS;

/** One bin's share of all gradients, from the gradient of both responses. */
function adjointCode(bins: number): string {
  return /* wgsl */ `
  evaluate(bin);
  let by = array<vec2f, 2>(gradient[bin], gradient[${bins}u + bin]);
  sums[0] = by[0].x;
  sums[1] = by[1].x;
  // Reverb filters: W = Σ T̄* Q y, and the gradient of y is Q* T̄.
  var r: array<vec2f, 2>;
  var reverbWeight = vec2f(0.0);
  for (var c = 0u; c < 2u; c++) {
    r[c] = conjugateTimes(reverbEq, by[c]);
    reverbWeight += conjugateTimes(r[c], heard(c));
  }
  // λ = (F − U)^{−H} s̄ by the factors, which are left as they are.
  var lambda: array<vec2f, ${FDN_LINES}>;
  var byGain: array<f32, ${FDN_LINES}>;
  for (var i = 0u; i < LINES; i++) {
    for (var c = 0u; c < 2u; c++) { sums[${AT.output}u + c * LINES + i] = dot(r[c], x[i]); }
    let byX = settings[${OUTPUT}u + i] * r[0] + settings[${OUTPUT}u + LINES + i] * r[1];
    byGain[i] = -dot(byX, x[i]);
    lambda[i] = byX / gain[i];
  }
  for (var i = 0u; i < LINES; i++) {
    for (var k = 0u; k < i; k++) { lambda[i] -= conjugateTimes(matrix[k][i], lambda[k]); }
    lambda[i] = conjugateTimes(matrix[i][i], lambda[i]);
  }
  for (var back = 1u; back < LINES; back++) {
    let i = LINES - 1u - back;
    for (var k = i + 1u; k < LINES; k++) { lambda[i] -= conjugateTimes(matrix[k][i], lambda[k]); }
  }
  var bySent = array<vec2f, 2>(vec2f(0.0), vec2f(0.0));
  var byDecay = 0.0;
  for (var i = 0u; i < LINES; i++) {
    for (var j = 0u; j < LINES; j++) { sums[${AT.mixing}u + i * LINES + j] = dot(lambda[i], s[j]); }
    for (var c = 0u; c < 2u; c++) {
      sums[${AT.input}u + 2u * i + c] = dot(lambda[i], sent[c]);
      bySent[c] += settings[${INPUT}u + 2u * i + c] * lambda[i];
    }
    byGain[i] += dot(lambda[i], times(f[i], s[i]));
    if (gain[i] > ${SMALLEST_GAIN}) { byDecay += EXPONENTS[i] * byGain[i]; }
  }
  byGamma[bin] = select(0.0, byDecay / gamma, gamma > ${SMALLEST_GAMMA});
  // Delay. With q = γE, r = q²: E ∂odd/∂E = odd + q ∂odd/∂q, γ ∂odd/∂γ = q ∂odd/∂q = 2 E r P'(r); even alike, one factor more.
  var byOdd = vec2f(0.0);
  var byEven = vec2f(0.0);
  for (var c = 0u; c < 2u; c++) {
    sums[6] += dot(bySent[c], delayed[c]);
    let byDelayed = by[c] + settings[${SCALARS + 5}u] * bySent[c];
    sums[2u + 2u * c] = dot(byDelayed, odd);
    sums[3u + 2u * c] = dot(byDelayed, even);
    byOdd += settings[${SCALARS + 1}u + 2u * c] * byDelayed;
    byEven += settings[${SCALARS + 2}u + 2u * c] * byDelayed;
  }
  let fed = settings[${SCALARS}u] * repeat;
  let q2 = times(fed, fed);
  var value = vec2f(1.0, 0.0);
  var slope = vec2f(0.0);
  var evenSlope = vec2f(0.0);
  for (var j = 1u; j < integers[0]; j++) {
    slope = value + times(q2, slope);
    value = vec2f(1.0, 0.0) + times(q2, value);
    if (j < integers[1]) { evenSlope = slope; }
  }
  let qOdd = 2.0 * times(repeat, times(q2, slope));
  let qEven = even + 2.0 * times(fed, times(repeat, times(q2, evenSlope)));
  sums[7] = dot(byOdd, qOdd) + dot(byEven, qEven);
  let delayWeight = conjugateTimes(byOdd, odd + qOdd) + conjugateTimes(byEven, even + qEven);
  let damped = f32(bin) * exp(settings[${DAMPING}u] * f32(bin));
  sums[${AT.surrogate}] = damped * delayWeight.y;
  sums[${AT.surrogate + 1}] = damped * delayWeight.x;
  sums[${AT.delay}] = ${Math.PI / bins} * f32(bin) * delayWeight.y;
${bankSlopes(TRANSFER_FILTERS, FILTERS, AT.filters, (filter) => (filter === 0 ? 'delayWeight' : 'reverbWeight'))}`;
}

/** Σ over the bins near a band of byGamma times their share of the band. */
function bandCode(bins: number): string {
  return /* wgsl */ `
@group(0) @binding(0) var<storage, read> byGamma: array<f32>;
@group(0) @binding(1) var<storage, read_write> bands: array<f32>;
var<workgroup> held: array<f32, ${WORKGROUP}>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) group: vec3u) {
  let center = group.x * ${bins}u;
  let first = (max(center, ${bins}u) - ${bins}u) / ${DECAY_BANDS - 1}u;
  let end = min(${bins}u, (center + ${bins}u) / ${DECAY_BANDS - 1}u + 1u);
  var sum = 0.0;
  for (var bin = first + thread; bin < end; bin += ${WORKGROUP}u) {
    let place = bin * ${DECAY_BANDS - 1}u;
    let distance = f32(max(place, center) - min(place, center)) / ${bins}.0;
    sum += max(0.0, 1.0 - distance) * byGamma[bin];
  }
  held[thread] = sum;
${workgroupSum(WORKGROUP, 'held')}
  if (thread == 0u) { bands[group.x] = held[0]; }
}`;
}

export interface GpuTransferOptions {
  /** Gradient of the delay time through the damped surrogate (training) instead of the exact response. */
  readonly surrogate: boolean;
  readonly logDamp: number;
}

export class GpuTransfer {
  private constructor(
    private readonly context: GpuContext,
    private readonly points: number,
    private readonly maxLength: number,
    private readonly settings: GPUBuffer,
    private readonly integers: GPUBuffer,
    private readonly dispatches: Readonly<Record<'forward' | 'adjoint' | 'total' | 'bands', Dispatch>>,
    private readonly adder: Sums,
    private readonly bands: GPUBuffer,
    private readonly binSums: GPUBuffer,
    /** f32[TRANSFER_SUMS], written by {@link recordAdjoint}. */
    readonly sums: GPUBuffer,
  ) {}

  /** `response` and `gradient`: f32[2][points / 2][2]; `maxLength`: the longest segment in samples. */
  static async make(
    context: GpuContext,
    points: number,
    maxLength: number,
    roots: GPUBuffer,
    response: GPUBuffer,
    gradient: GPUBuffer,
  ): Promise<GpuTransfer> {
    const bins = points / 2;
    const groups = bins / BIN_THREADS;
    const summed = binSumsWork(BIN_SUMS);
    const head = /* wgsl */ `
@group(0) @binding(0) var<storage, read> settings: array<f32>;
@group(0) @binding(1) var<storage, read> integers: array<u32>;
@group(0) @binding(2) var<storage, read> roots: array<vec2f>;
${ROOTS_WGSL}${PHASE_WGSL}${FILTER_BANK_WGSL}${LOGARITHM_WGSL}${binCode(points)}`;
    const forward = await context.kernel(
      'transfer',
      /* wgsl */ `${head}
@group(0) @binding(3) var<storage, read_write> response: array<vec2f>;
@compute @workgroup_size(${BIN_THREADS})
fn main(@builtin(global_invocation_id) id: vec3u) {
  evaluate(id.x);
  for (var c = 0u; c < 2u; c++) {
    response[c * ${bins}u + id.x] = vec2f(settings[${SCALARS + 6}u + c], 0.0) + delayed[c] + times(reverbEq, heard(c));
  }
}`,
      {
        items: bins,
        operations: EVALUATE_OPERATIONS + 2 * (HEARD_OPERATIONS + ADDED_PRODUCT + COMPLEX_SUM),
        bytes: 16,
      },
    );
    const adjoint = await context.kernel(
      'transfer’s gradient',
      /* wgsl */ `${head}
@group(0) @binding(3) var<storage, read> gradient: array<vec2f>;
@group(0) @binding(4) var<storage, read_write> byGamma: array<f32>;
@group(0) @binding(5) var<storage, read_write> parts: array<f32>;
${binSumsMain(BIN_SUMS, adjointCode(bins))}`,
      { items: bins, operations: ADJOINT_OPERATIONS + summed.operations, bytes: 20 + summed.bytes },
    );
    const bandKernel = await context.kernel('decay’s gradient', bandCode(bins), {
      items: bins,
      // A bin lies between two bands.
      operations: 2 * 5,
      bytes: 4,
    });
    const settings = context.numbers('transfer’s settings', SETTINGS + 1);
    const integers = context.numbers('transfer’s integers', INTEGERS);
    const byGamma = context.numbers('gradient by decay', bins);
    const parts = context.numbers('transfer’s parts', groups * BIN_SUMS);
    const binSums = context.numbers('sums over bins', BIN_SUMS);
    const bands = context.numbers('sums over bands', DECAY_BANDS);
    const adder = await Sums.make(context, 'transfer’s sums', groups, BIN_SUMS);
    return new GpuTransfer(
      context,
      points,
      maxLength,
      settings,
      integers,
      {
        forward: forward.on(settings, integers, roots, response),
        adjoint: adjoint.on(settings, integers, roots, gradient, byGamma, parts),
        total: adder.on(parts, binSums),
        bands: bandKernel.on(byGamma, bands),
      },
      adder,
      bands,
      binSums,
      context.numbers('transfer’s sums', TRANSFER_SUMS),
    );
  }

  /** Uses these values, and the raw mixing angles of `raw`, for what is recorded next. */
  prepare(raw: ArrayLike<number>, values: Float64Array, { logDamp }: GpuTransferOptions): void {
    const phase = phasePerBin(delaySamples(values[at.time]!) / this.points);
    this.context.write(
      this.settings,
      Float32Array.from([
        ...bankNumbers(TRANSFER_FILTERS, values),
        ...orthogonalFromRaw(rawMixingOf(raw)),
        ...values.subarray(at.input, at.input + 2 * FDN_LINES),
        ...values.subarray(at.output, at.output + 2 * FDN_LINES),
        ...values.subarray(at.decay, at.decay + DECAY_BANDS),
        ...mixScalars(values),
        dampingPerBin(logDamp, this.points),
        phase.part,
      ]),
    );
    this.context.write(
      this.integers,
      Uint32Array.from([...audibleRepeats(values, this.maxLength), phase.whole]),
    );
  }

  recordForward(recording: Recording): void {
    recording.dispatch(this.dispatches.forward, this.points / 2 / BIN_THREADS);
  }

  recordAdjoint(recording: Recording): void {
    recording.dispatch(this.dispatches.adjoint, this.points / 2 / BIN_THREADS);
    this.adder.record(recording, this.dispatches.total, 1);
    recording.dispatch(this.dispatches.bands, DECAY_BANDS);
    recording.copy(this.binSums, 0, this.sums, 0, BIN_SUMS * 4);
    recording.copy(this.bands, 0, this.sums, BIN_SUMS * 4, DECAY_BANDS * 4);
  }

  /**
   * Adds what {@link sums} says to the gradient by DSP value (mixing: by raw angle); returns the gradient of log η.
   * The rest is what was prepared for these sums.
   */
  addGradient(
    sums: Float32Array,
    byValue: Float64Array,
    raw: ArrayLike<number>,
    values: Float64Array,
    { surrogate }: GpuTransferOptions,
  ): number {
    addMixGradient(values, sums, byValue);
    for (let i = 0; i < 2 * FDN_LINES; i++) {
      byValue[at.input + i]! += sums[AT.input + i]!;
      byValue[at.output + i]! += sums[AT.output + i]!;
    }
    const mixing = Float64Array.from(sums.subarray(AT.mixing, AT.mixing + FDN_LINES ** 2));
    orthogonalAdjoint(rawMixingOf(raw), mixing).forEach((g, i) => (byValue[at.mixing + i]! += g));
    for (let band = 0; band < DECAY_BANDS; band++) byValue[at.decay + band]! += sums[BIN_SUMS + band]!;
    addBankGradient(TRANSFER_FILTERS, sums.subarray(AT.filters), byValue);
    const slopes = surrogate
      ? surrogateSlopes(sums[AT.surrogate]!, sums[AT.surrogate + 1]!, this.points)
      : { byDelaySamples: sums[AT.delay]!, byLogDamp: 0 };
    byValue[at.time]! += (slopes.byDelaySamples * FIT_SAMPLE_RATE_HZ) / 1000;
    return slopes.byLogDamp;
  }
}

function rawMixingOf(raw: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: FDN_LINES ** 2 }, (_, i) => raw[at.mixing + i]!);
}
