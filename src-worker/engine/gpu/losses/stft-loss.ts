/**
 * One resolution of the multi-resolution STFT loss on the GPU, and its gradient; the definition, names included, is in
 * core/losses/multi-resolution-stft.ts and its adjoint.
 *
 * Frames are taken as left + i·right, with half a Hann window w/2, so that with Z the transform and Z* its mirror image
 *   left = Z[k] + Z*[n−k],   right = (Z[k] − Z*[n−k]) / i,   sum = left + right,   difference = left − right.
 * A workgroup takes 2,048 points of consecutive frames: 1 of 2,048, 4 of 512 or 16 of 128, whose centres span 512 samples in
 * all three, at 8 points a thread. It transforms the target, keeps its powers in registers, and transforms the prediction.
 *
 * The target's spectra are computed again each time. Stored, they would be four magnitudes a bin, as many bytes as are read
 * of the weighted target with its fourfold overlap (32 a sample, of which 8 leave the cache), and 30 MB for each 7 s of
 * target; a transform costs about 200 operations a sample and resolution, less than those bytes take from memory where there
 * are ten operations to a byte.
 *
 * The gradient of a norm needs the norm: one pass for sums, a second that transforms again, forms the frames' gradients and
 * writes them to scratch, a third that gathers for each sample its frames and those of its reflections.
 */
import { POWER_FLOOR } from '#core/losses/multi-resolution-stft.ts';
import { WORKGROUP, type Dispatch, type GpuContext, type Recording } from '../device.ts';
import { UNIT_ROOT_OPERATIONS, UNIT_ROOT_WGSL, workgroupFft } from '../fft/workgroup-fft.ts';
import { SEGMENT_WGSL } from '../segment.ts';
import { DOT, FUNCTION, fftOperations, type Work } from '../work.ts';
import { GROUP_SAMPLES, LOSS_SUMS, RESOLUTIONS, STFT_SUMS, type LossLayout } from './loss-layout.ts';

/** Points a thread holds of a frame. */
const HELD = 8;
const POINTS = WORKGROUP * HELD;
/** Bins a thread answers for, with their mirror images; the first lane has one more, that of half the sample rate. */
const BINS = HELD / 2;

/** Sums come in pairs, each added up in parts of this many threads. */
const PAIRS = STFT_SUMS / 2;
const PART = Math.sqrt(WORKGROUP);

export interface StftLossBuffers {
  /** vec2f[segments][stride] */
  readonly weighted: GPUBuffer;
  /** vec2f[slots][stride] */
  readonly targets: GPUBuffer;
  readonly segments: GPUBuffer;
  /** f32[segments][groups][LOSS_SUMS] */
  readonly parts: GPUBuffer;
  /** f32[segments][LOSS_SUMS], the parts summed. */
  readonly sums: GPUBuffer;
  /** f32[FACTORS] */
  readonly factors: GPUBuffer;
  /** vec2f[segments][groups][2048] */
  readonly frames: GPUBuffer;
  /** vec2f[segments][stride] */
  readonly byWeighted: GPUBuffer;
}

export class StftLoss {
  private constructor(
    private readonly groups: number,
    private readonly sum: Dispatch,
    private readonly differentiate: Dispatch,
    private readonly gather: Dispatch,
  ) {}

  /** `index`: which resolution this is, that is, where its sums go; the first writes `byWeighted`, the others add. */
  static async make(
    context: GpuContext,
    { fftSize, hop }: { readonly fftSize: number; readonly hop: number },
    index: number,
    layout: LossLayout,
    buffers: StftLossBuffers,
  ): Promise<StftLoss> {
    if (hop * POINTS !== fftSize * GROUP_SAMPLES)
      throw new RangeError(`Frames of ${fftSize} samples every ${hop} do not fill a workgroup.`);
    const sizes = { fftSize, hop, index, layout };
    const [sum, differentiate, gather] = await Promise.all([
      context.kernel(`STFT ${fftSize} sums`, sumShader(sizes), sumWork(sizes)),
      context.kernel(`STFT ${fftSize} gradient`, gradientShader(sizes), gradientWork(sizes)),
      context.kernel(`STFT ${fftSize} gather`, gatherShader(sizes), gatherWork(sizes)),
    ]);
    const { weighted, targets, segments, parts, sums, factors, frames, byWeighted } = buffers;
    return new StftLoss(
      layout.groups,
      sum.on(weighted, targets, segments, parts),
      differentiate.on(weighted, targets, segments, sums, factors, frames),
      gather.on(frames, segments, byWeighted),
    );
  }

  /** Writes this resolution's parts of the sums. */
  recordSums(recording: Recording, count: number): void {
    recording.dispatch(this.sum, this.groups, 1, count);
  }

  /** Writes or adds the gradient of the weighted signals. */
  recordGradient(recording: Recording, count: number): void {
    recording.dispatch(this.differentiate, this.groups, 1, count);
    recording.dispatch(this.gather, this.groups * (GROUP_SAMPLES / WORKGROUP), 1, count);
  }
}

interface Sizes {
  readonly fftSize: number;
  readonly hop: number;
  readonly index: number;
  readonly layout: LossLayout;
}

const registers = <T>(count: number, of: (m: number) => T): T[] =>
  Array.from({ length: count }, (_, m) => of(m));

/** Operations a point of `window` and of its product with a frame. */
const WINDOW_OPERATIONS = UNIT_ROOT_OPERATIONS / HELD + 3 + 2;
const WINDOWED_OPERATIONS = 2;

/** Half a periodic Hann window at lane + m·n/8: ½ sin²(πlane/n + πm/8). */
const windowCode = (fftSize: number): string => /* wgsl */ `
  let turn = unitRoot(lane, ${2 * fftSize}u);
  var window: array<f32, ${HELD}>;
  ${registers(HELD, (m) => {
    const angle = (Math.PI * m) / HELD;
    return `{ let sine = ${Math.cos(angle)} * -turn.y + ${Math.sin(angle)} * turn.x; window[${m}] = 0.5 * sine * sine; }`;
  }).join('\n  ')}
`;

/** Leaves window · frame in x, of the target on the first trip; what lies beyond the region's ends is its reflection. */
const loadCode = ({ fftSize, hop, layout }: Sizes, lanes: number): string => /* wgsl */ `
  let row = select(group.z, segment.slot, trip == 0u) * ${layout.stride}u;
  ${registers(
    HELD,
    (m) => /* wgsl */ `{
    let n = abs(i32(frame * ${hop}u + lane + ${m * lanes}u) - ${fftSize / 2});
    let at = row + u32(max(min(n, 2 * last - n), 0));
    x[${m}] = vec2f(0.0);
    if (isHeard) { if (trip == 0u) { x[${m}] = window[${m}] * targets[at]; } else { x[${m}] = window[${m}] * weighted[at]; } }
  }`,
  ).join('\n  ')}`;

/** Leaves in `mirror[m]` the bin n − k of k = lane + m·lanes for the first half of the registers. */
const mirrorCode = (fftSize: number, lanes: number): string => /* wgsl */ `
  workgroupBarrier();
  ${registers(BINS, (m) => `exchange[base + lane + ${(BINS + m) * lanes}u] = x[${BINS + m}];`).join('\n  ')}
  workgroupBarrier();
  ${registers(BINS, (m) =>
    m === 0
      ? `mirror[0] = x[0]; if (lane > 0u) { mirror[0] = exchange[base + ${fftSize}u - lane]; }`
      : `mirror[${m}] = exchange[base + ${fftSize - m * lanes}u - lane];`,
  ).join('\n  ')}`;

const SPECTRA_WGSL = /* wgsl */ `
/** Spectra of left (xy) and right (zw) in a bin. */
fn channelsOf(bin: vec2f, mirror: vec2f) -> vec4f {
  return vec4f(bin.x + mirror.x, bin.y - mirror.y, bin.y + mirror.y, mirror.x - bin.x);
}

fn floored(powers: vec4f) -> vec4f { return max(powers, vec4f(${POWER_FLOOR})); }

/** Powers of left, right, sum and difference. */
fn powersOf(channels: vec4f) -> vec4f {
  let sum = channels.xy + channels.zw;
  let difference = channels.xy - channels.zw;
  return vec4f(dot(channels.xy, channels.xy), dot(channels.zw, channels.zw), dot(sum, sum), dot(difference, difference));
}
`;

/** Operations of {@link SPECTRA_WGSL} from a bin and its mirror image to floored powers. */
const POWERS_OPERATIONS = 4 + (4 + 4 * DOT) + 4;

const framesOf = ({ fftSize, layout }: Sizes): number => (layout.groups * POINTS) / fftSize;
const binsOf = ({ fftSize }: Sizes): number => fftSize / 2 + 1;

/** Of a frame: the target's powers and the prediction's, however they are compared; each sample read once. */
function transformWork({ fftSize, hop }: Sizes, trips: 2 | 3): { operations: number; bytes: number } {
  return {
    operations: trips * fftOperations(fftSize) + fftSize * (WINDOW_OPERATIONS + trips * WINDOWED_OPERATIONS),
    bytes: hop * 16,
  };
}

/** Per bin: roots, errors, squares, ratios, and their sums with half a logarithm of a pair of signals. */
function sumWork(sizes: Sizes): Work {
  const { operations, bytes } = transformWork(sizes, 2);
  const compared = 8 * FUNCTION + 4 + 4 + (4 * FUNCTION + 8) + 4 + 4 + 4 + (FUNCTION + 1);
  return {
    items: framesOf(sizes),
    operations: operations + binsOf(sizes) * (2 * POWERS_OPERATIONS + compared),
    bytes,
  };
}

/** Per bin: roots, differences, slopes; of the four signals back to left and right; bin and mirror image of those. */
function gradientWork(sizes: Sizes): Work {
  const { operations, bytes } = transformWork(sizes, 3);
  const slope = 8 * FUNCTION + 4 + (8 * FUNCTION + 12) + 8 + 12 + 4;
  return {
    items: framesOf(sizes),
    operations: operations + binsOf(sizes) * (2 * POWERS_OPERATIONS + slope),
    bytes: bytes + sizes.fftSize * 8,
  };
}

/** Per sample, away from the edges. */
function gatherWork({ fftSize, hop, index, layout }: Sizes): Work {
  const frames = fftSize / hop;
  const isAdded = index > 0;
  return {
    items: layout.stride,
    operations: 2 * (frames + (isAdded ? 1 : 0)),
    bytes: 8 * (frames + (isAdded ? 2 : 1)),
  };
}

/**
 * The frame of the target and that of the prediction go through the same lines, and so does the gradient on its way back:
 * compilers of shaders take long with code. `compare` finds the target's floored powers in `wanted` and the prediction's
 * bins in `x` and `mirror`; it leaves in x what `trips` = 3 transforms again.
 */
function transformCode(sizes: Sizes, trips: 2 | 3, outside: string, compare: string): string {
  const { fftSize, hop } = sizes;
  const lanes = fftSize / HELD;
  const transforms = POINTS / fftSize;
  return /* wgsl */ `
  let segment = segments[group.z];
  let region = segment.length - segment.warmup;
  let frames = region / ${hop}u + 1u;
  if (group.x * ${transforms}u >= frames) {
    ${outside}
    return;
  }
  let last = i32(region) - 1;
  let lane = thread % ${lanes}u;
  let base = thread / ${lanes}u * ${fftSize}u;
  let frame = group.x * ${transforms}u + thread / ${lanes}u;
  let isHeard = frame < frames;
  ${windowCode(fftSize)}
  var x: array<vec2f, ${HELD}>;
  var wanted: array<vec4f, ${BINS + 1}>;
  for (var trip = 0u; trip < ${trips}u; trip++) {
    if (trip < 2u) {
      ${loadCode(sizes, lanes)}
    }
    transform(thread, &x);
    if (trip == 2u) { break; }
    var mirror: array<vec2f, ${BINS}>;
    ${mirrorCode(fftSize, lanes)}
    if (trip == 0u) {
      ${registers(BINS, (m) => `wanted[${m}] = floored(powersOf(channelsOf(x[${m}], mirror[${m}])));`).join('\n      ')}
      wanted[${BINS}] = floored(powersOf(channelsOf(x[${BINS}], x[${BINS}])));
    } else {
      ${compare}
    }
  }`;
}

const headOf = ({ fftSize }: Sizes): string => /* wgsl */ `
${SEGMENT_WGSL}
@group(0) @binding(0) var<storage, read> weighted: array<vec2f>;
@group(0) @binding(1) var<storage, read> targets: array<vec2f>;
@group(0) @binding(2) var<storage, read> segments: array<Segment>;
var<workgroup> exchange: array<vec2f, ${POINTS}>;
${UNIT_ROOT_WGSL}
${workgroupFft({ name: 'transform', length: fftSize, transforms: POINTS / fftSize, threads: WORKGROUP, inverse: false })}
${SPECTRA_WGSL}`;

function sumShader(sizes: Sizes): string {
  const { index, layout } = sizes;
  const first = `(group.z * ${layout.groups}u + group.x) * ${LOSS_SUMS}u + ${index * STFT_SUMS}u`;
  return /* wgsl */ `
${headOf(sizes)}
@group(0) @binding(3) var<storage, read_write> parts: array<f32>;

/** ‖Y − X‖² and ‖Y‖² of left and right, sum, difference; and what the ratios, each 1 or more, of l/r and of m/s multiply to. */
struct Compared { distances: vec3f, energies: vec3f, ratios: vec2f }

fn compared(sum: Compared, powers: vec4f, wanted: vec4f) -> Compared {
  let found = sqrt(floored(powers));
  let goal = sqrt(wanted);
  let error = goal - found;
  let squares = error * error;
  let ratios = max(found, goal) / min(found, goal);
  return Compared(
    sum.distances + vec3f(squares.x + squares.y, squares.zw),
    sum.energies + vec3f(wanted.x + wanted.y, wanted.zw),
    sum.ratios * ratios.xz * ratios.yw,
  );
}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) group: vec3u) {
  var sum = Compared(vec3f(0.0), vec3f(0.0), vec2f(1.0));
  // One ratio can be 1e8 (a loud bin against a silent one): four to a logarithm stay within float32.
  var logarithms = vec2f(0.0);
  ${transformCode(
    sizes,
    2,
    `if (thread < ${STFT_SUMS}u) { parts[${first} + thread] = 0.0; }`,
    /* wgsl */ `
      ${registers(
        BINS,
        (m) =>
          `sum = compared(sum, powersOf(channelsOf(x[${m}], mirror[${m}])), wanted[${m}]);${m % 2 === 1 ? ' logarithms += log(sum.ratios); sum.ratios = vec2f(1.0);' : ''}`,
      ).join('\n      ')}
      if (lane == 0u) { sum = compared(sum, powersOf(channelsOf(x[${BINS}], x[${BINS}])), wanted[${BINS}]); logarithms += log(sum.ratios); }`,
  )}
  if (!isHeard) { sum = Compared(); logarithms = vec2f(0.0); }
  workgroupBarrier();
  exchange[thread] = sum.distances.xy;
  exchange[thread + ${WORKGROUP}u] = vec2f(sum.distances.z, sum.energies.x);
  exchange[thread + ${2 * WORKGROUP}u] = sum.energies.yz;
  exchange[thread + ${3 * WORKGROUP}u] = logarithms;
  workgroupBarrier();
  if (thread < ${PAIRS * PART}u) {
    let column = thread / ${PART}u * ${WORKGROUP}u + thread % ${PART}u;
    var part = vec2f(0.0);
    for (var i = 0u; i < ${WORKGROUP}u; i += ${PART}u) { part += exchange[column + i]; }
    exchange[${PAIRS * WORKGROUP}u + thread] = part;
  }
  workgroupBarrier();
  if (thread < ${PAIRS}u) {
    var pair = vec2f(0.0);
    for (var i = 0u; i < ${PART}u; i++) { pair += exchange[${PAIRS * WORKGROUP}u + thread * ${PART}u + i]; }
    parts[${first} + 2u * thread] = pair.x;
    parts[${first} + 2u * thread + 1u] = pair.y;
  }
}`;
}

function gradientShader(sizes: Sizes): string {
  const { fftSize, index, layout } = sizes;
  const lanes = fftSize / HELD;
  return /* wgsl */ `
${headOf(sizes)}
@group(0) @binding(3) var<storage, read> sums: array<f32>;
@group(0) @binding(4) var<storage, read> factors: array<f32>;
@group(0) @binding(5) var<storage, read_write> frameGradients: array<vec2f>;

/** Factor of X − Y. */
fn errorFactor(factor: f32, distance: f32, energy: f32) -> f32 {
  let norms = sqrt(distance) * sqrt(energy);
  return select(0.0, factor / norms, norms > 0.0);
}

/** Gradient with respect to the spectra of left (xy) and right (zw), twice that of a bin and its mirror image each. */
fn slopeOf(channels: vec4f, wanted: vec4f, errors: vec4f, signs: vec4f) -> vec4f {
  let powers = powersOf(channels);
  let found = sqrt(floored(powers));
  let difference = found - sqrt(wanted);
  let slopes = (errors * difference + signs * sign(difference) / found) / found;
  let ratios = select(slopes, vec4f(0.0), powers < vec4f(${POWER_FLOOR}));
  let sum = ratios.z * (channels.xy + channels.zw);
  let apart = ratios.w * (channels.xy - channels.zw);
  return vec4f(ratios.x * channels.xy + sum + apart, ratios.y * channels.zw + sum - apart);
}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) group: vec3u) {
  let first = group.z * ${LOSS_SUMS}u + ${index * STFT_SUMS}u;
  let share = vec2f(factors[0], 0.5 * factors[1]) / ${RESOLUTIONS}.0;
  let byLeftRight = errorFactor(share.x, sums[first], sums[first + 3u]);
  let errors = vec4f(
    byLeftRight,
    byLeftRight,
    errorFactor(share.y, sums[first + 1u], sums[first + 4u]),
    errorFactor(share.y, sums[first + 2u], sums[first + 5u]),
  );
  ${transformCode(sizes, 3, '', slopeCode(fftSize))}
  let goal = (group.z * ${layout.groups}u + group.x) * ${POINTS}u + base + lane;
  ${registers(HELD, (m) => `frameGradients[goal + ${m * lanes}u] = window[${m}] * x[${m}].yx;`).join('\n  ')}
}`;
}

/**
 * Leaves the gradient's spectrum in x, left + i·right with real and imaginary parts exchanged: a transform of that is the
 * inverse one, exchanged as well.
 */
const slopeCode = (fftSize: number): string => /* wgsl */ `
  let signs = vec4f(0.5 * share.xx, share.yy) / (f32(frames) * ${fftSize / 2 + 1}.0);
  workgroupBarrier();
  ${registers(
    BINS,
    (m) => /* wgsl */ `{
    let slope = slopeOf(channelsOf(x[${m}], mirror[${m}]), wanted[${m}], errors, signs);
    x[${m}] = vec2f(slope.y + slope.z, slope.x - slope.w);
    let mirrored = vec2f(slope.z - slope.y, slope.x + slope.w);
    ${
      m === 0
        ? // Bin 0 is its own mirror image.
          `if (lane > 0u) { exchange[base + ${fftSize}u - lane] = mirrored; } else { x[0] = 2.0 * slope.zx; }`
        : `exchange[base + ${fftSize - (m * fftSize) / HELD}u - lane] = mirrored;`
    }
  }`,
  ).join('\n  ')}
  if (lane == 0u) {
    let slope = slopeOf(channelsOf(x[${BINS}], x[${BINS}]), wanted[${BINS}], errors, signs);
    exchange[base + ${fftSize / 2}u] = 2.0 * slope.zx;
  }
  workgroupBarrier();
  ${registers(BINS, (m) => `x[${BINS + m}] = exchange[base + lane + ${((BINS + m) * fftSize) / HELD}u];`).join('\n  ')}`;

function gatherShader({ fftSize, hop, index, layout }: Sizes): string {
  return /* wgsl */ `
${SEGMENT_WGSL}
@group(0) @binding(0) var<storage, read> frameGradients: array<vec2f>;
@group(0) @binding(1) var<storage, read> segments: array<Segment>;
@group(0) @binding(2) var<storage, read_write> byWeighted: array<vec2f>;

/** What the first so many frames add up to at a sample, which may lie up to half a frame beyond the region's ends. */
fn gathered(row: u32, sample: i32, frames: i32) -> vec2f {
  // Of the frame that begins last at or before the sample, and of those before it.
  let latest = (sample + ${fftSize / 2}) / ${hop};
  var sum = vec2f(0.0);
  for (var frame = max(latest - ${fftSize / hop - 1}, 0); frame <= min(latest, frames - 1); frame++) {
    let n = sample + ${fftSize / 2} - frame * ${hop};
    sum += frameGradients[row + u32(frame * ${fftSize} + n)];
  }
  return sum;
}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) group: vec3u) {
  let segment = segments[group.z];
  let region = segment.length - segment.warmup;
  let n = group.x * ${WORKGROUP}u + thread;
  if (n >= region) { return; }
  let row = group.z * ${layout.groups * POINTS}u;
  let sample = i32(n);
  let frames = i32(region / ${hop}u) + 1;
  let last = i32(region) - 1;
  var sum = gathered(row, sample, frames);
  if (sample > 0 && sample <= ${fftSize / 2}) { sum += gathered(row, -sample, frames); }
  if (sample < last && sample >= last - ${fftSize / 2}) { sum += gathered(row, 2 * last - sample, frames); }
  byWeighted[group.z * ${layout.stride}u + n] ${index === 0 ? '=' : '+='} sum;
}`;
}
