/**
 * The lookahead and the make-up gain, and their adjoint; equations in core/effects/comp/training.ts:
 *
 *   p[n] = Σ_j t[j] y[n + j − 44], edges of y replicated          u = M x p
 *   x̄ = ū M p,  p̄ = ū M x,  ȳ[n] = Σ_j t[j] p̄[n − j + 44], what falls outside given to the edge,  ∂/∂M = Σ ū x p
 *   ∂/∂lookahead = Σ_n p̄[n] Σ_j t'[j] y[n + j − 44]
 *
 * 706 taps, directly: four outputs a thread in registers, a quad of samples and a quad of taps from workgroup memory for
 * sixteen products. Blocks with a spectrum would need passes over memory that cost more on the cards that this is for.
 * The terms of t and more so of t' nearly cancel where y is smooth: the filters see y less a small value of the block's.
 */
import { LOOKAHEAD_TAPS_AFTER, LOOKAHEAD_TAPS_BEFORE } from '#core/effects/comp/training.ts';
import { WORKGROUP, type Dispatch, type GpuContext, type Recording } from '../device.ts';
import { SEGMENT_WGSL } from '../segment.ts';
import { workgroupSum } from '../sums.ts';
import { groupsOf, GROUP, type Sizes } from './chunks.ts';
import { BLOCK, columnOf, partsIndex } from './parts.ts';
import { SETTINGS_WGSL, TAP_QUADS } from './settings.ts';

const EDGES = LOOKAHEAD_TAPS_BEFORE + LOOKAHEAD_TAPS_AFTER;
const WINDOW_QUADS = WORKGROUP + TAP_QUADS;

/** Workgroups that ȳ takes with what falls outside the segment. */
const gradientBlocks = (maxLength: number): number => Math.ceil((maxLength + EDGES) / BLOCK);

/** Where the gradient of sample `n` lies in its row, which begins with what falls before the segment, in code. */
export const gradientIndex = (maxLength: number): string =>
  `group.z * ${gradientBlocks(maxLength) * BLOCK}u + ${LOOKAHEAD_TAPS_BEFORE}u + n`;

/** Rows of parts that the kernels here need for each segment. */
export const lookaheadGroups = ({ points, maxLength }: Sizes): number =>
  Math.max(Math.ceil(points / BLOCK), gradientBlocks(maxLength));

/** A buffer of rows for ȳ. */
export function gradientRows(context: GpuContext, label: string, sizes: Sizes): GPUBuffer {
  return context.numbers(label, gradientBlocks(sizes.maxLength) * BLOCK * sizes.maxSegments);
}

export interface LookaheadBuffers {
  readonly settings: GPUBuffer;
  readonly segments: GPUBuffer;
  /** Rows of `points`. */
  readonly equalised: GPUBuffer;
  readonly output: GPUBuffer;
  readonly gradOutput: GPUBuffer;
  readonly gradEqualised: GPUBuffer;
  /** y and p, own rows. */
  readonly smoothed: GPUBuffer;
  readonly lookedAhead: GPUBuffer;
  /** p̄, own rows. */
  readonly gradLookedAhead: GPUBuffer;
  /** ȳ */
  readonly gradient: GPUBuffer;
  readonly parts: GPUBuffer;
}

/** Σ_i taps[i] samples[4 thread + r + i] for r = 0..3 into `filtered`. */
const FILTER = /* wgsl */ `
  var filtered = vec4f();
  var here = samples[thread];
  for (var i = 0u; i < ${TAP_QUADS}u; i++) {
    let next = samples[thread + i + 1u];
    let t = taps[i];
    filtered += t.x * here + t.y * vec4f(here.yzw, next.x) + t.z * vec4f(here.zw, next.xy) + t.w * vec4f(here.w, next.xyz);
    here = next;
  }`;

/** Operations of that, for each sample; and of an offset that goes before and comes back after. */
const FILTER_OPERATIONS = 2 * 4 * TAP_QUADS;
const OFFSET_OPERATIONS = 3;

/** y around a block, less its `offset`, into `samples`; needs `smoothed` and `row`. */
const LOAD_GAIN = /* wgsl */ `
  let few = row + min(vec4u(first) + vec4u(0u, ${BLOCK / 4}u, ${BLOCK / 2}u, ${BLOCK - 1}u), vec4u(length - 1u));
  let offset = min(min(smoothed[few.x], smoothed[few.y]), min(smoothed[few.z], smoothed[few.w]));
  for (var i = thread; i < ${WINDOW_QUADS}u; i += ${WORKGROUP}u) {
    let n = vec4i(i32(first + 4u * i) - ${LOOKAHEAD_TAPS_BEFORE}) + vec4i(0, 1, 2, 3);
    let at = row + vec4u(clamp(n, vec4i(0), vec4i(i32(length) - 1)));
    samples[i] = vec4f(smoothed[at.x], smoothed[at.y], smoothed[at.z], smoothed[at.w]) - offset;
  }`;

const HEAD = /* wgsl */ `
${SEGMENT_WGSL}${SETTINGS_WGSL}
@group(0) @binding(0) var<storage, read> settings: Settings;
@group(0) @binding(1) var<storage, read> segments: array<Segment>;
`;

const MAIN = /* wgsl */ `
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) group: vec3u) {
  let length = segments[group.z].length;
  let first = group.x * ${BLOCK}u;`;

/** Adds `sum` of all threads into a column of the parts. */
const addUp = (column: number, groups: number): string => /* wgsl */ `
  held[thread] = sum;
${workgroupSum(WORKGROUP, 'held')}
  if (thread == 0u) { parts[${partsIndex(groups)} + ${column}u] = held[0]; }`;

export class Lookahead {
  private constructor(
    private readonly rowBlocks: number,
    private readonly gradientBlocks: number,
    private readonly dispatches: Readonly<
      Record<'forward' | 'apply' | 'slope' | 'transposed' | 'edges', Dispatch>
    >,
  ) {}

  /** `groups`: rows of parts for each segment, {@link lookaheadGroups} or more. */
  static async make(
    context: GpuContext,
    sizes: Sizes,
    groups: number,
    buffers: LookaheadBuffers,
  ): Promise<Lookahead> {
    const { points, maxLength } = sizes;
    const {
      settings,
      segments,
      equalised,
      output,
      gradOutput,
      gradEqualised,
      smoothed,
      lookedAhead,
      gradLookedAhead,
      gradient,
      parts,
    } = buffers;
    const stride = `${groupsOf(maxLength) * GROUP}u`;
    const gradientStride = `${gradientBlocks(maxLength) * BLOCK}u`;
    const [forward, apply, slope, transposed, edges] = await Promise.all([
      context.kernel(
        'lookahead',
        /* wgsl */ `${HEAD}
@group(0) @binding(2) var<storage, read> smoothed: array<f32>;
@group(0) @binding(3) var<storage, read> equalised: array<f32>;
@group(0) @binding(4) var<storage, read_write> lookedAhead: array<f32>;
@group(0) @binding(5) var<storage, read_write> output: array<f32>;
var<workgroup> samples: array<vec4f, ${WINDOW_QUADS}>;
var<workgroup> taps: array<vec4f, ${TAP_QUADS}>;

${MAIN}
  let row = group.z * ${stride};
  if (first >= length) {
    for (var n = first + thread; n < min(first + ${BLOCK}u, ${points}u); n += ${WORKGROUP}u) {
      output[group.z * ${points}u + n] = 0.0;
    }
    return;
  }
  ${LOAD_GAIN}
  if (thread < ${TAP_QUADS}u) { taps[thread] = settings.taps[thread]; }
  workgroupBarrier();
  ${FILTER}
  filtered += offset * settings.tapSum;
  for (var r = 0u; r < 4u; r++) {
    let n = first + 4u * thread + r;
    if (n < length) {
      lookedAhead[row + n] = filtered[r];
      output[group.z * ${points}u + n] = equalised[group.z * ${points}u + n] * settings.makeup * filtered[r];
    } else if (n < ${points}u) {
      output[group.z * ${points}u + n] = 0.0;
    }
  }
}`,
        {
          items: maxLength,
          operations: FILTER_OPERATIONS + OFFSET_OPERATIONS + 2,
          bytes: 12 + (4 * points) / maxLength,
        },
      ),
      context.kernel(
        'lookahead applied back',
        /* wgsl */ `${HEAD}
@group(0) @binding(2) var<storage, read> equalised: array<f32>;
@group(0) @binding(3) var<storage, read> gradOutput: array<f32>;
@group(0) @binding(4) var<storage, read> lookedAhead: array<f32>;
@group(0) @binding(5) var<storage, read_write> gradEqualised: array<f32>;
@group(0) @binding(6) var<storage, read_write> gradLookedAhead: array<f32>;
@group(0) @binding(7) var<storage, read_write> parts: array<f32>;
var<workgroup> held: array<f32, ${WORKGROUP}>;
${MAIN}
  let row = group.z * ${stride};
  var sum = 0.0;
  for (var n = first + thread; n < min(first + ${BLOCK}u, ${points}u); n += ${WORKGROUP}u) {
    let at = group.z * ${points}u + n;
    var byInput = 0.0;
    if (n < length) {
      let product = gradOutput[at] * equalised[at];
      let gain = lookedAhead[row + n];
      sum += product * gain;
      gradLookedAhead[row + n] = product * settings.makeup;
      byInput = gradOutput[at] * gain * settings.makeup;
    }
    gradEqualised[at] = byInput;
  }
  ${addUp(columnOf('makeup'), groups)}
}`,
        { items: maxLength, operations: 6, bytes: 16 + (4 * points) / maxLength },
      ),
      context.kernel(
        'lookahead slope',
        /* wgsl */ `${HEAD}
@group(0) @binding(2) var<storage, read> smoothed: array<f32>;
@group(0) @binding(3) var<storage, read> gradLookedAhead: array<f32>;
@group(0) @binding(4) var<storage, read_write> parts: array<f32>;
var<workgroup> samples: array<vec4f, ${WINDOW_QUADS}>;
var<workgroup> taps: array<vec4f, ${TAP_QUADS}>;
var<workgroup> held: array<f32, ${WORKGROUP}>;
${MAIN}
  let row = group.z * ${stride};
  if (first >= length) {
    if (thread == 0u) { parts[${partsIndex(groups)} + ${columnOf('lookahead')}u] = 0.0; }
    return;
  }
  ${LOAD_GAIN}
  if (thread < ${TAP_QUADS}u) { taps[thread] = settings.slopes[thread]; }
  workgroupBarrier();
  ${FILTER}
  filtered += offset * settings.slopeSum;
  var sum = 0.0;
  for (var r = 0u; r < 4u; r++) {
    let n = first + 4u * thread + r;
    if (n < length) { sum += filtered[r] * gradLookedAhead[row + n]; }
  }
  ${addUp(columnOf('lookahead'), groups)}
}`,
        { items: maxLength, operations: FILTER_OPERATIONS + OFFSET_OPERATIONS + 2, bytes: 8 },
      ),
      context.kernel(
        'lookahead back',
        /* wgsl */ `${HEAD}
@group(0) @binding(2) var<storage, read> gradLookedAhead: array<f32>;
@group(0) @binding(3) var<storage, read_write> gradient: array<f32>;
var<workgroup> samples: array<vec4f, ${WINDOW_QUADS}>;
var<workgroup> taps: array<vec4f, ${TAP_QUADS}>;

fn gradientAt(row: u32, n: i32, length: u32) -> f32 {
  if (n < 0 || n >= i32(length)) { return 0.0; }
  return gradLookedAhead[row + u32(n)];
}
${MAIN}
  let row = group.z * ${stride};
  let end = length + ${EDGES}u;
  if (first >= end) { return; }
  for (var i = thread; i < ${WINDOW_QUADS}u; i += ${WORKGROUP}u) {
    let n = i32(first + 4u * i) - ${TAP_QUADS * 4 - 1};
    samples[i] = vec4f(
      gradientAt(row, n, length), gradientAt(row, n + 1, length),
      gradientAt(row, n + 2, length), gradientAt(row, n + 3, length));
  }
  if (thread < ${TAP_QUADS}u) { taps[thread] = settings.reversedTaps[thread]; }
  workgroupBarrier();
  ${FILTER}
  for (var r = 0u; r < 4u; r++) {
    let at = first + 4u * thread + r;
    if (at < end) { gradient[group.z * ${gradientStride} + at] = filtered[r]; }
  }
}`,
        { items: maxLength + EDGES, operations: FILTER_OPERATIONS, bytes: 8 },
      ),
      context.kernel(
        'lookahead edges back',
        /* wgsl */ `${SEGMENT_WGSL}
@group(0) @binding(0) var<storage, read> segments: array<Segment>;
@group(0) @binding(1) var<storage, read_write> gradient: array<f32>;
var<workgroup> before: array<f32, ${WORKGROUP}>;
var<workgroup> after: array<f32, ${WORKGROUP}>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) group: vec3u) {
  let length = segments[group.z].length;
  let start = group.z * ${gradientStride} + ${LOOKAHEAD_TAPS_BEFORE}u;
  before[thread] = 0.0;
  after[thread] = 0.0;
  if (length == 0u) { return; }
  for (var i = thread; i < ${LOOKAHEAD_TAPS_BEFORE}u; i += ${WORKGROUP}u) { before[thread] += gradient[start - 1u - i]; }
  for (var i = thread; i < ${LOOKAHEAD_TAPS_AFTER}u; i += ${WORKGROUP}u) { after[thread] += gradient[start + length + i]; }
${workgroupSum(WORKGROUP, 'before', 'after')}
  if (thread == 0u) {
    gradient[start] += before[0];
    gradient[start + length - 1u] += after[0];
  }
}`,
        { items: EDGES, operations: 1, bytes: 4 },
      ),
    ]);
    return new Lookahead(Math.ceil(points / BLOCK), gradientBlocks(maxLength), {
      forward: forward.on(settings, segments, smoothed, equalised, lookedAhead, output),
      apply: apply.on(
        settings,
        segments,
        equalised,
        gradOutput,
        lookedAhead,
        gradEqualised,
        gradLookedAhead,
        parts,
      ),
      slope: slope.on(settings, segments, smoothed, gradLookedAhead, parts),
      transposed: transposed.on(settings, segments, gradLookedAhead, gradient),
      edges: edges.on(segments, gradient),
    });
  }

  recordForward(recording: Recording, count: number): void {
    recording.dispatch(this.dispatches.forward, this.rowBlocks, 1, count);
  }

  recordAdjoint(recording: Recording, count: number): void {
    const { apply, slope, transposed, edges } = this.dispatches;
    recording.dispatch(apply, this.rowBlocks, 1, count);
    recording.dispatch(slope, this.rowBlocks, 1, count);
    recording.dispatch(transposed, this.gradientBlocks, 1, count);
    recording.dispatch(edges, 1, 1, count);
  }
}
