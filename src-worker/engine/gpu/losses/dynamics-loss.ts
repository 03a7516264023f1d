/**
 * One scale of the loudness-dynamic-range loss on the GPU, and its gradient; the definition is in
 * core/losses/loudness-dynamic-range.ts and its adjoint. Rows left, right, mid, side are the lanes of a vec4.
 *
 *   v = max(x², 1e-8)      y[n] = (1 − c) y[n−1] + c v[n], short and long      e[n] = ln(short[n] / long'[n] / target's)
 *   long' is long rotated over the flattened (row, time) matrix: past the end of a row comes the beginning of the other.
 *   μ[n] = ȳ[n] + (1 − c) μ[n+1]      x̄ = 2 x c μ where x² ≥ 1e-8
 *
 * Both recursions are scans (Blelloch, Prefix Sums and Their Applications, 1990, section 1.4.1) over groups of 512 samples:
 * each group's end from rest, the state that enters each group, then each group from its state. Powers of 1 − c come from
 * the host in double precision, so that errors grow with the logarithm of the length, and 1 − c itself is exact in float32:
 * the published coefficients are multiples of 2^−24.
 *
 * Averages, 32 bytes a sample, lie in scratch one scale after the other. The comparison meets each average once and puts
 * the gradient in its place.
 */
import { POWER_FLOOR } from '#core/losses/multi-resolution-stft.ts';
import type { LdrScale } from '#core/losses/loudness-dynamic-range.ts';
import { WORKGROUP, type Dispatch, type GpuContext, type Kernel, type Recording } from '../device.ts';
import { SEGMENT_WGSL } from '../segment.ts';
import { workgroupSum } from '../sums.ts';
import { FUNCTION } from '../work.ts';
import {
  FIRST_DYNAMICS_SUM,
  DYNAMICS_SUMS,
  GROUP_SAMPLES,
  LOSS_SUMS,
  type LossLayout,
} from './loss-layout.ts';

/** Steps of a scan over the threads of a workgroup. */
const STEPS = Math.log2(WORKGROUP);
const SAMPLES_PER_THREAD = GROUP_SAMPLES / WORKGROUP;

/** Operations of `decayed` and `added` together. */
const STEP_OPERATIONS = 16;
/** Of rows and their powers in {@link powersCode}. */
const ROWS_OPERATIONS = 4;
const POWERS_OPERATIONS = ROWS_OPERATIONS + 4 + 4 + 8;
/** Of a number's sum over the threads of a workgroup, for each sample; of a scan, for each thread. */
const GROUP_SUM_OPERATIONS = 1 / SAMPLES_PER_THREAD;
const SCAN_OPERATIONS = STEPS * STEP_OPERATIONS;
/** Of `add` in {@link differentiateShader}: rows, factors, by powers, by rows, into left and right. */
const ADD_OPERATIONS = ROWS_OPERATIONS + (FUNCTION + 2) + 16 + 8 + 8;

export interface DynamicsLossBuffers {
  /** f32[segments][2][points] */
  readonly signals: GPUBuffer;
  readonly segments: GPUBuffer;
  /** vec4f[segments][2][stride]: the short averages, then the long ones. */
  readonly averages: GPUBuffer;
  /** vec4f[segments][groups][2]: what a group ends with, then what it begins with. */
  readonly states: GPUBuffer;
}

export interface ComparisonBuffers {
  /** vec4f[slots][stride]: short / long' of the targets, of this scale. */
  readonly ratios: GPUBuffer;
  /** f32[segments][groups][LOSS_SUMS] */
  readonly parts: GPUBuffer;
  /** f32[FACTORS] */
  readonly factors: GPUBuffer;
  /** f32[segments][2][points], added to. */
  readonly gradient: GPUBuffer;
}

/** The kernels, which are the same for all scales. */
export class DynamicsKernels {
  private constructor(
    readonly ends: Kernel,
    readonly starts: Kernel,
    readonly average: Kernel,
    readonly keep: Kernel,
    readonly compare: Kernel,
    readonly endsBack: Kernel,
    readonly startsBack: Kernel,
    readonly differentiate: Kernel,
  ) {}

  static async make(context: GpuContext, layout: LossLayout): Promise<DynamicsKernels> {
    const items = layout.stride;
    const starts = {
      items: layout.groups,
      operations: 2 * STEP_OPERATIONS + (WORKGROUP * SCAN_OPERATIONS) / layout.groups,
      bytes: 64,
    };
    return new DynamicsKernels(
      ...(await Promise.all([
        context.kernel('dynamics ends', endsShader(layout, 'forward'), {
          items,
          operations: POWERS_OPERATIONS + STEP_OPERATIONS + 8 * GROUP_SUM_OPERATIONS,
          bytes: 8,
        }),
        context.kernel('dynamics starts', startsShader(layout, 'forward'), starts),
        context.kernel('dynamics averages', averageShader(layout), {
          items,
          operations: POWERS_OPERATIONS + 2 * STEP_OPERATIONS + SCAN_OPERATIONS / SAMPLES_PER_THREAD,
          bytes: 8 + 32,
        }),
        context.kernel('dynamics target', keepShader(layout), { items, operations: 4 * FUNCTION, bytes: 48 }),
        context.kernel('dynamics comparison', compareShader(layout), {
          items,
          // What is wanted, differences, ratios and their logarithms, sums, slopes.
          operations: 4 + 4 + (8 + 8 * FUNCTION) + (4 + 2 * GROUP_SUM_OPERATIONS) + 8 * FUNCTION,
          bytes: 64 + 16,
        }),
        context.kernel('dynamics ends back', endsShader(layout, 'back'), {
          items,
          operations: STEP_OPERATIONS + 8 * GROUP_SUM_OPERATIONS,
          bytes: 32,
        }),
        context.kernel('dynamics starts back', startsShader(layout, 'back'), starts),
        context.kernel('dynamics gradient', differentiateShader(layout), {
          items,
          operations: 2 * STEP_OPERATIONS + SCAN_OPERATIONS / SAMPLES_PER_THREAD + ADD_OPERATIONS,
          bytes: 32 + 8 + 16,
        }),
      ])),
    );
  }
}

/** Running averages of one scale, of whatever signals. */
class Averages {
  private readonly ends: Dispatch;
  private readonly starts: Dispatch;
  private readonly average: Dispatch;

  constructor(
    kernels: DynamicsKernels,
    private readonly groups: number,
    scale: GPUBuffer,
    { signals, segments, averages, states }: DynamicsLossBuffers,
  ) {
    this.ends = kernels.ends.on(scale, segments, signals, states);
    this.starts = kernels.starts.on(scale, states);
    this.average = kernels.average.on(scale, segments, signals, states, averages);
  }

  record(recording: Recording, count: number): void {
    recording.dispatch(this.ends, this.groups, 1, count);
    recording.dispatch(this.starts, 1, 1, count);
    recording.dispatch(this.average, this.groups, 1, count);
  }
}

export class DynamicsLoss {
  private readonly averages: Averages;
  private readonly targetAverages: Averages;
  private readonly keep: Dispatch;
  private readonly compare: Dispatch;
  private readonly endsBack: Dispatch;
  private readonly startsBack: Dispatch;
  private readonly differentiate: Dispatch;

  /** `target`: the buffers of the one target that is being set. */
  constructor(
    context: GpuContext,
    kernels: DynamicsKernels,
    scale: LdrScale,
    index: number,
    private readonly layout: LossLayout,
    buffers: DynamicsLossBuffers,
    target: DynamicsLossBuffers,
    { ratios, parts, factors, gradient }: ComparisonBuffers,
  ) {
    const { groups } = layout;
    const constants = context.filled('dynamics scale', scaleConstants(scale, index, layout));
    const { signals, segments, averages, states } = buffers;
    this.averages = new Averages(kernels, groups, constants, buffers);
    this.targetAverages = new Averages(kernels, groups, constants, target);
    this.keep = kernels.keep.on(constants, target.segments, target.averages, ratios);
    this.compare = kernels.compare.on(constants, segments, averages, ratios, parts);
    this.endsBack = kernels.endsBack.on(constants, segments, averages, states);
    this.startsBack = kernels.startsBack.on(constants, states);
    this.differentiate = kernels.differentiate.on(
      constants,
      segments,
      signals,
      states,
      averages,
      factors,
      gradient,
    );
  }

  /** Keeps the ratios of the target in the slot its segment names. */
  recordTarget(recording: Recording): void {
    this.targetAverages.record(recording, 1);
    recording.dispatch(this.keep, this.layout.groups * SAMPLES_PER_THREAD, 1, 1);
  }

  /** Writes this scale's parts of the sums, and adds the gradient where it is asked for. */
  record(recording: Recording, count: number, withGradient: boolean): void {
    const { groups } = this.layout;
    this.averages.record(recording, count);
    recording.dispatch(this.compare, groups, 1, count);
    if (!withGradient) return;
    recording.dispatch(this.endsBack, groups, 1, count);
    recording.dispatch(this.startsBack, 1, 1, count);
    recording.dispatch(this.differentiate, groups, 1, count);
  }
}

const STEP = { samples: 0, groups: STEPS, group: 2 * STEPS } as const;
const STEP_COUNT = 2 * STEPS + 1;
const groupsPerThread = ({ groups }: LossLayout): number => Math.ceil(groups / WORKGROUP);

/** The struct Scale of {@link headOf}. */
function scaleConstants(
  { shortCoefficient, longCoefficient, rollSamples }: LdrScale,
  index: number,
  layout: LossLayout,
): Uint32Array {
  const power = (exponent: number) => [(1 - shortCoefficient) ** exponent, (1 - longCoefficient) ** exponent];
  const doublings = Array.from({ length: STEPS }, (_, step) => 2 ** step);
  const numbers = Float32Array.from([
    0,
    0,
    shortCoefficient,
    longCoefficient,
    ...doublings.flatMap((times) => power(SAMPLES_PER_THREAD * times)),
    ...doublings.flatMap((times) => power(GROUP_SAMPLES * groupsPerThread(layout) * times)),
    ...power(GROUP_SAMPLES),
    ...Array.from({ length: GROUP_SAMPLES }, (_, n) => power(n)).flat(),
  ]);
  const words = new Uint32Array(numbers.buffer);
  words[0] = rollSamples;
  words[1] = FIRST_DYNAMICS_SUM + index * DYNAMICS_SUMS;
  return words;
}

/** Pairs of numbers, or of vectors of all rows, are for the short and the long average. */
const headOf = (layout: LossLayout): string => /* wgsl */ `
${SEGMENT_WGSL}
struct Scale {
  /** By how many samples the long average is advanced. */
  roll: u32,
  /** Where the scale's sums go. */
  sum: u32,
  coefficients: vec2f,
  /**
   * Powers of 1 − c for the steps of a scan over threads, first of ${SAMPLES_PER_THREAD} samples each, then of
   * ${groupsPerThread(layout)} groups each; then for a group.
   */
  steps: array<vec2f, ${STEP_COUNT}>,
  /** (1 − c)^n */
  powers: array<vec2f, ${GROUP_SAMPLES}>,
}
struct Pair { short: vec4f, long: vec4f }

@group(0) @binding(0) var<storage, read> scale: Scale;

fn decayed(pair: Pair, by: vec2f) -> Pair { return Pair(by.x * pair.short, by.y * pair.long); }
fn added(a: Pair, b: Pair) -> Pair { return Pair(a.short + b.short, a.long + b.long); }
`;

const ROWS_WGSL = /* wgsl */ `
fn rowsOf(left: f32, right: f32) -> vec4f {
  return vec4f(left, right, (left + right) * ${Math.SQRT1_2}, (left - right) * ${Math.SQRT1_2});
}
`;

const SCAN_WGSL = /* wgsl */ `
var<workgroup> shorts: array<vec4f, ${WORKGROUP}>;
var<workgroup> longs: array<vec4f, ${WORKGROUP}>;

/** What lies before a thread, of threads whose own is \`end\`; \`step\`: the first of its powers. */
fn before(thread: u32, end: Pair, step: u32) -> Pair {
  var sum = end;
  for (var i = 0u; i < ${STEPS}u; i++) {
    shorts[thread] = sum.short;
    longs[thread] = sum.long;
    workgroupBarrier();
    let reach = 1u << i;
    if (thread >= reach) {
      sum = added(sum, decayed(Pair(shorts[thread - reach], longs[thread - reach]), scale.steps[step + i]));
    }
    workgroupBarrier();
  }
  shorts[thread] = sum.short;
  longs[thread] = sum.long;
  workgroupBarrier();
  if (thread == 0u) { return Pair(); }
  return Pair(shorts[thread - 1u], longs[thread - 1u]);
}
`;

/** Code of c · power of the rows at sample n, as a pair; of silence where the region has ended. */
const powersCode = ({ points }: LossLayout): string => /* wgsl */ `
${ROWS_WGSL}
fn inputAt(row: u32, n: u32, region: u32) -> Pair {
  if (n >= region) { return Pair(); }
  let at = row * ${2 * points}u + n + segments[row].warmup;
  let rows = rowsOf(signals[at], signals[at + ${points}u]);
  let power = max(rows * rows, vec4f(${POWER_FLOOR}));
  return Pair(scale.coefficients.x * power, scale.coefficients.y * power);
}
`;

/** Code of the gradients of the averages at sample n. */
const gradientsCode = ({ stride }: LossLayout): string => /* wgsl */ `
fn inputAt(row: u32, n: u32, region: u32) -> Pair {
  if (n >= region) { return Pair(); }
  let at = row * ${2 * stride}u + n;
  return Pair(averages[at], averages[at + ${stride}u]);
}
`;

/** Binding 2 is what the recursion runs over. */
const INPUT = {
  forward: { binding: 'signals: array<f32>', code: powersCode },
  back: { binding: 'averages: array<vec4f>', code: gradientsCode },
};
type Direction = keyof typeof INPUT;

/** What each group ends with from rest: in its last sample, or, on the way back, in its first. */
function endsShader(layout: LossLayout, direction: Direction): string {
  const { binding, code } = INPUT[direction];
  return /* wgsl */ `
${headOf(layout)}
@group(0) @binding(1) var<storage, read> segments: array<Segment>;
@group(0) @binding(2) var<storage, read> ${binding};
@group(0) @binding(3) var<storage, read_write> states: array<vec4f>;
var<workgroup> shorts: array<vec4f, ${WORKGROUP}>;
var<workgroup> longs: array<vec4f, ${WORKGROUP}>;
${code(layout)}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) group: vec3u) {
  let region = segments[group.z].length - segments[group.z].warmup;
  var sum = Pair();
  for (var i = thread; i < ${GROUP_SAMPLES}u; i += ${WORKGROUP}u) {
    let input = inputAt(group.z, group.x * ${GROUP_SAMPLES}u + i, region);
    sum = added(sum, decayed(input, scale.powers[${direction === 'forward' ? `${GROUP_SAMPLES - 1}u - i` : 'i'}]));
  }
  shorts[thread] = sum.short;
  longs[thread] = sum.long;
${workgroupSum(WORKGROUP, 'shorts', 'longs')}
  if (thread == 0u) {
    let at = (group.z * ${layout.groups}u + group.x) * 2u;
    states[at] = shorts[0];
    states[at + 1u] = longs[0];
  }
}`;
}

/** What each group ends with becomes what it begins with; one workgroup for a segment. */
function startsShader(layout: LossLayout, direction: Direction): string {
  const { groups } = layout;
  const perThread = groupsPerThread(layout);
  return /* wgsl */ `
${headOf(layout)}
@group(0) @binding(1) var<storage, read_write> states: array<vec4f>;
${SCAN_WGSL}

fn placeOf(row: u32, i: u32) -> u32 {
  return (row * ${groups}u + ${direction === 'forward' ? 'i' : `${groups - 1}u - i`}) * 2u;
}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) group: vec3u) {
  let first = thread * ${perThread}u;
  let end = min(first + ${perThread}u, ${groups}u);
  var sum = Pair();
  for (var i = first; i < end; i++) {
    let at = placeOf(group.z, i);
    sum = added(decayed(sum, scale.steps[${STEP.group}]), Pair(states[at], states[at + 1u]));
  }
  var state = before(thread, sum, ${STEP.groups}u);
  for (var i = first; i < end; i++) {
    let at = placeOf(group.z, i);
    let own = Pair(states[at], states[at + 1u]);
    states[at] = state.short;
    states[at + 1u] = state.long;
    state = added(decayed(state, scale.steps[${STEP.group}]), own);
  }
}`;
}

/** Lines that call `visit` with every sample of the thread and what the recursion has come to there. */
function recursionCode({ groups }: LossLayout, direction: Direction, visit: string): string {
  const sampleOf = (i: string) => (direction === 'forward' ? i : `${GROUP_SAMPLES - 1}u - (${i})`);
  const samples = Array.from({ length: SAMPLES_PER_THREAD }, (_, i) => i);
  return /* wgsl */ `
  let region = segments[group.z].length - segments[group.z].warmup;
  let first = group.x * ${GROUP_SAMPLES}u;
  let one = vec2f(1.0) - scale.coefficients;
  let at = (group.z * ${groups}u + group.x) * 2u;
  var state = Pair();
  if (thread == 0u) { state = Pair(states[at], states[at + 1u]); }
  ${samples
    .map(
      (i) => /* wgsl */ `
  let n${i} = first + ${sampleOf(`${SAMPLES_PER_THREAD}u * thread + ${i}u`)};
  let input${i} = inputAt(group.z, n${i}, region);
  state = added(decayed(state, one), input${i});`,
    )
    .join('')}
  state = before(thread, state, ${STEP.samples}u);
  if (thread == 0u) { state = Pair(states[at], states[at + 1u]); }
  ${samples
    .map(
      (i) => /* wgsl */ `
  state = added(decayed(state, one), input${i});
  if (n${i} < region) { ${visit}(group.z, n${i}, state); }`,
    )
    .join('')}`;
}

function averageShader(layout: LossLayout): string {
  const { stride } = layout;
  return /* wgsl */ `
${headOf(layout)}
@group(0) @binding(1) var<storage, read> segments: array<Segment>;
@group(0) @binding(2) var<storage, read> signals: array<f32>;
@group(0) @binding(3) var<storage, read> states: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> averages: array<vec4f>;
${SCAN_WGSL}
${powersCode(layout)}

fn put(row: u32, n: u32, state: Pair) {
  averages[row * ${2 * stride}u + n] = state.short;
  averages[row * ${2 * stride}u + ${stride}u + n] = state.long;
}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) group: vec3u) {
  ${recursionCode(layout, 'forward', 'put')}
}`;
}

/** Where the long average of sample n is after the roll, and whether it is the other row's. */
const ROLL_WGSL = /* wgsl */ `
struct Rolled { n: u32, isOther: bool }
fn rolled(n: u32, region: u32) -> Rolled {
  let ahead = n + scale.roll;
  return Rolled(select(ahead, ahead - region, ahead >= region), ahead >= region);
}
`;

function keepShader(layout: LossLayout): string {
  const { stride } = layout;
  return /* wgsl */ `
${headOf(layout)}
@group(0) @binding(1) var<storage, read> segments: array<Segment>;
@group(0) @binding(2) var<storage, read> averages: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> ratios: array<vec4f>;
${ROLL_WGSL}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let segment = segments[id.z];
  let region = segment.length - segment.warmup;
  let n = id.x;
  if (n >= region) { return; }
  let row = id.z * ${2 * stride}u;
  let meets = rolled(n, region);
  let long = averages[row + ${stride}u + meets.n];
  ratios[segment.slot * ${stride}u + n] = averages[row + n] / select(long, long.yxwz, meets.isOther);
}`;
}

/** Averages → gradients of the averages, without the factors; sums of |e|. */
function compareShader(layout: LossLayout): string {
  const { stride, groups } = layout;
  return /* wgsl */ `
${headOf(layout)}
@group(0) @binding(1) var<storage, read> segments: array<Segment>;
@group(0) @binding(2) var<storage, read_write> averages: array<vec4f>;
@group(0) @binding(3) var<storage, read> ratios: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> parts: array<f32>;
var<workgroup> held: array<vec2f, ${WORKGROUP}>;
${ROLL_WGSL}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) group: vec3u) {
  let segment = segments[group.z];
  let region = segment.length - segment.warmup;
  let row = group.z * ${2 * stride}u;
  var sum = vec2f(0.0);
  for (var i = thread; i < ${GROUP_SAMPLES}u; i += ${WORKGROUP}u) {
    let n = group.x * ${GROUP_SAMPLES}u + i;
    if (n < region) {
      let meets = rolled(n, region);
      let rolledAt = row + ${stride}u + meets.n;
      let kept = averages[rolledAt];
      let long = select(kept, kept.yxwz, meets.isOther);
      let short = averages[row + n];
      let wanted = ratios[segment.slot * ${stride}u + n] * long;
      // e > 0 where short / long > the target's.
      let signs = sign(short - wanted);
      let errors = log(max(short, wanted) / min(short, wanted));
      sum += errors.xz + errors.yw;
      averages[row + n] = signs / short;
      let byLong = -signs / long;
      averages[rolledAt] = select(byLong, byLong.yxwz, meets.isOther);
    }
  }
  held[thread] = sum;
${workgroupSum(WORKGROUP, 'held')}
  if (thread == 0u) {
    let at = (group.z * ${groups}u + group.x) * ${LOSS_SUMS}u + scale.sum;
    parts[at] = held[0].x;
    parts[at + 1u] = held[0].y;
  }
}`;
}

function differentiateShader(layout: LossLayout): string {
  const { points } = layout;
  return /* wgsl */ `
${headOf(layout)}
@group(0) @binding(1) var<storage, read> segments: array<Segment>;
@group(0) @binding(2) var<storage, read> signals: array<f32>;
@group(0) @binding(3) var<storage, read> states: array<vec4f>;
@group(0) @binding(4) var<storage, read> averages: array<vec4f>;
@group(0) @binding(5) var<storage, read> factors: array<f32>;
@group(0) @binding(6) var<storage, read_write> gradient: array<f32>;
${SCAN_WGSL}
${ROWS_WGSL}
${gradientsCode(layout)}

fn add(row: u32, n: u32, state: Pair) {
  let segment = segments[row];
  let at = row * ${2 * points}u + segment.warmup + n;
  let rows = rowsOf(signals[at], signals[at + ${points}u]);
  let share = vec2f(factors[2], factors[3]) / f32(segment.length - segment.warmup);
  let byPower = share.xxyy * (scale.coefficients.x * state.short + scale.coefficients.y * state.long);
  // Twice the sample over the two rows of the mean.
  let byRows = select(byPower * rows, vec4f(0.0), rows * rows < vec4f(${POWER_FLOOR}));
  gradient[at] += byRows.x + (byRows.z + byRows.w) * ${Math.SQRT1_2};
  gradient[at + ${points}u] += byRows.y + (byRows.z - byRows.w) * ${Math.SQRT1_2};
}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) group: vec3u) {
  ${recursionCode(layout, 'back', 'add')}
}`;
}
