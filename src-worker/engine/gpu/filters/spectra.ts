/**
 * Between transforms: spectra of real rows times responses, and the adjoint.
 *
 * A row of P real samples is transformed as M = P/2 complex numbers z[n] = x[2n] + i x[2n+1]; with its transform Z
 *   X[k] = (Z[k] + Z*[M−k])/2 − (i/2) e^{−2πik/P} (Z[k] − Z*[M−k]),  k < M
 * and back alike. A thread treats the bins k and M − k together, so that packing costs no pass of its own. The bin at half the
 * sampling rate is left out, as it is on the CPU.
 *
 * Gradients: for y = irfft(T U) and Ȳ = rfft(ȳ),  T̄ = c/P · U* Ȳ (∂loss/∂re and ∂loss/∂im; c = 1 at bin 0, else 2) and
 * ū = irfft(T* Ȳ).
 */
import { WORKGROUP, type Dispatch, type GpuContext, type Recording } from '../device.ts';
import { ROOTS_WGSL, ROOT_OPERATIONS } from '../fft/roots.ts';
import { SEGMENT_WGSL } from '../segment.ts';
import { COMPLEX_PRODUCT, COMPLEX_SUM } from '../work.ts';

/** Of `unpacked` and of `packed`. */
const PACKING_OPERATIONS = COMPLEX_PRODUCT + 4 * COMPLEX_SUM + 4;
/** Of two bins' products, and of two bins in memory. */
const PAIR_PRODUCT = 2 * COMPLEX_PRODUCT;
const PAIR_SUM = 2 * COMPLEX_SUM;
const PAIR_BYTES = 16;

export interface SpectraBuffers {
  readonly segments: GPUBuffer;
  readonly roots: GPUBuffer;
  /** u32: segments in the batch. */
  readonly count: GPUBuffer;
  /** f32[slots][M][2]: spectra of the dry segments, kept. */
  readonly dry: GPUBuffer;
  /** f32[M][2]: the equaliser's response, and Σ c/P Ē* X over the segments. */
  readonly equalizer: GPUBuffer;
  readonly equalizerWeights: GPUBuffer;
  /** f32[2][M][2]: the response after the compressor to left and right, and its gradient. */
  readonly transfer: GPUBuffer;
  readonly transferGradient: GPUBuffer;
  /** f32[maxSegments][M][2]: packed transforms of one row a segment, in and out. */
  readonly mono: GPUBuffer;
  /** f32[maxSegments][2][M][2]: packed transforms of two rows a segment, in and out. */
  readonly stereo: GPUBuffer;
  /** f32[maxSegments][M][2]: spectra of the compressor's output, kept for the adjoint. */
  readonly inputs: GPUBuffer;
}

export class Spectra {
  private constructor(
    private readonly groups: number,
    private readonly dispatches: Readonly<
      Record<'keep' | 'equalise' | 'filter' | 'filterAdjoint' | 'weigh', Dispatch>
    >,
  ) {}

  /** `points`: P. */
  static async make(context: GpuContext, points: number, buffers: SpectraBuffers): Promise<Spectra> {
    const M = points / 2;
    const pairs = M / 2 + 1;
    const groups = Math.ceil(pairs / WORKGROUP);
    const binding = (index: number, name: string, type: string, access = 'read'): string =>
      `@group(0) @binding(${index}) var<storage, ${access}> ${name}: array<${type}>;\n`;
    const head = /* wgsl */ `
${ROOTS_WGSL}${SEGMENT_WGSL}
/** Bins k and M − k of a real row; the second is of no use at k = 0. */
struct Pair { low: vec2f, high: vec2f }
/** Spectrum from packed transform. */
fn unpacked(z: Pair, twist: vec2f) -> Pair {
  let mirrored = conjugate(z.high);
  let even = 0.5 * (z.low + mirrored);
  let odd = 0.5 * times(twist, z.low - mirrored);
  return Pair(even + vec2f(odd.y, -odd.x), conjugate(even - vec2f(odd.y, -odd.x)));
}
/** Packed transform from spectrum, times 1/P: what an unscaled inverse transform takes. */
fn packed(x: Pair, twist: vec2f) -> Pair {
  let mirrored = conjugate(x.high);
  let even = ${1 / points} * (x.low + mirrored);
  let odd = ${1 / points} * conjugateTimes(twist, x.low - mirrored);
  return Pair(even + vec2f(-odd.y, odd.x), conjugate(even - vec2f(-odd.y, odd.x)));
}
/** Of a pair's upper bin; that of bin 0 is bin 0 itself. */
fn mirrorOf(k: u32) -> u32 { return select(${M}u - k, 0u, k == 0u); }
/** What a spectrum of a real row has at its lowest bin: no imaginary part, and nothing at half the sampling rate. */
fn real(x: Pair, k: u32) -> Pair {
  if (k > 0u) { return x; }
  return Pair(vec2f(x.low.x, 0.0), vec2f(0.0));
}
`;
    const main = (body: string): string => /* wgsl */ `
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(workgroup_id) group: vec3u) {
  let k = id.x;
  if (k >= ${pairs}u) { return; }
  let m = mirrorOf(k);
  let twist = root(k * ${2 ** 32 / points}u);
  let z = group.z;
${body}
}`;
    const load = (array: string, row: string): string => `Pair(${array}[${row} + k], ${array}[${row} + m])`;
    /** The lower bin last: at k = 0 both places are the same. */
    const store = (array: string, row: string, pair: string): string =>
      `${array}[${row} + m] = ${pair}.high; ${array}[${row} + k] = ${pair}.low;`;

    const keep = await context.kernel(
      'dry spectrum',
      `${binding(0, 'roots', 'vec2f')}${binding(1, 'segments', 'Segment')}${binding(2, 'mono', 'vec2f')}${binding(3, 'dry', 'vec2f', 'read_write')}${head}${main(`
  let x = real(unpacked(${load('mono', `z * ${M}u`)}, twist), k);
  ${store('dry', `segments[z].slot * ${M}u`, 'x')}`)}`,
      { items: pairs, operations: ROOT_OPERATIONS + PACKING_OPERATIONS, bytes: 2 * PAIR_BYTES },
    );
    const equalise = await context.kernel(
      'equalise',
      `${binding(0, 'roots', 'vec2f')}${binding(1, 'segments', 'Segment')}${binding(2, 'dry', 'vec2f')}${binding(3, 'response', 'vec2f')}${binding(4, 'mono', 'vec2f', 'read_write')}${head}${main(`
  let x = ${load('dry', `segments[z].slot * ${M}u`)};
  let y = packed(real(Pair(times(x.low, response[k]), times(x.high, response[m])), k), twist);
  ${store('mono', `z * ${M}u`, 'y')}`)}`,
      {
        items: pairs,
        operations: ROOT_OPERATIONS + PAIR_PRODUCT + PACKING_OPERATIONS,
        bytes: 2 * PAIR_BYTES,
        shared: { operations: 0, bytes: PAIR_BYTES },
      },
    );
    const filter = await context.kernel(
      'filter',
      `${binding(0, 'roots', 'vec2f')}${binding(1, 'mono', 'vec2f')}${binding(2, 'transfer', 'vec2f')}${binding(3, 'inputs', 'vec2f', 'read_write')}${binding(4, 'stereo', 'vec2f', 'read_write')}${head}${main(`
  let u = real(unpacked(${load('mono', `z * ${M}u`)}, twist), k);
  ${store('inputs', `z * ${M}u`, 'u')}
  for (var channel = 0u; channel < 2u; channel++) {
    let t = ${load('transfer', `channel * ${M}u`)};
    let y = packed(real(Pair(times(u.low, t.low), times(u.high, t.high)), k), twist);
    ${store('stereo', `(2u * z + channel) * ${M}u`, 'y')}
  }`)}`,
      {
        items: pairs,
        operations: ROOT_OPERATIONS + PACKING_OPERATIONS + 2 * (PAIR_PRODUCT + PACKING_OPERATIONS),
        bytes: 4 * PAIR_BYTES,
        shared: { operations: 0, bytes: 2 * PAIR_BYTES },
      },
    );
    const filterAdjoint = await context.kernel(
      'filter’s gradient',
      `${binding(0, 'roots', 'vec2f')}${binding(1, 'count', 'u32')}${binding(2, 'stereo', 'vec2f')}${binding(3, 'inputs', 'vec2f')}${binding(4, 'transfer', 'vec2f')}${binding(5, 'gradient', 'vec2f', 'read_write')}${binding(6, 'mono', 'vec2f', 'read_write')}${head}${main(`
  let left = ${load('transfer', '0u')};
  let right = ${load('transfer', `${M}u`)};
  var byLeft = Pair(vec2f(0.0), vec2f(0.0));
  var byRight = byLeft;
  for (var s = 0u; s < count[0]; s++) {
    let u = ${load('inputs', `s * ${M}u`)};
    let a = real(unpacked(${load('stereo', `2u * s * ${M}u`)}, twist), k);
    let b = real(unpacked(${load('stereo', `(2u * s + 1u) * ${M}u`)}, twist), k);
    byLeft.low += conjugateTimes(u.low, a.low);
    byLeft.high += conjugateTimes(u.high, a.high);
    byRight.low += conjugateTimes(u.low, b.low);
    byRight.high += conjugateTimes(u.high, b.high);
    let v = packed(real(Pair(
      conjugateTimes(left.low, a.low) + conjugateTimes(right.low, b.low),
      conjugateTimes(left.high, a.high) + conjugateTimes(right.high, b.high)), k), twist);
    ${store('mono', `s * ${M}u`, 'v')}
  }
  let scale = select(${2 / points}, ${1 / points}, k == 0u);
  gradient[k] += scale * byLeft.low;
  gradient[${M}u + k] += scale * byRight.low;
  if (m != k) {
    gradient[m] += scale * byLeft.high;
    gradient[${M}u + m] += scale * byRight.high;
  }`)}`,
      {
        items: pairs,
        operations: 3 * PACKING_OPERATIONS + 4 * PAIR_PRODUCT + 3 * PAIR_SUM,
        bytes: 4 * PAIR_BYTES,
        // The response, and its gradient in place.
        shared: { operations: ROOT_OPERATIONS + 4 * PAIR_SUM, bytes: (2 + 4) * PAIR_BYTES },
      },
    );
    const weigh = await context.kernel(
      'equaliser’s weights',
      `${binding(0, 'roots', 'vec2f')}${binding(1, 'count', 'u32')}${binding(2, 'segments', 'Segment')}${binding(3, 'mono', 'vec2f')}${binding(4, 'dry', 'vec2f')}${binding(5, 'weights', 'vec2f', 'read_write')}${head}${main(`
  var sum = Pair(vec2f(0.0), vec2f(0.0));
  for (var s = 0u; s < count[0]; s++) {
    let e = real(unpacked(${load('mono', `s * ${M}u`)}, twist), k);
    let x = ${load('dry', `segments[s].slot * ${M}u`)};
    sum.low += conjugateTimes(e.low, x.low);
    sum.high += conjugateTimes(e.high, x.high);
  }
  let scale = select(${2 / points}, ${1 / points}, k == 0u);
  weights[k] += scale * sum.low;
  if (m != k) { weights[m] += scale * sum.high; }`)}`,
      {
        items: pairs,
        operations: PACKING_OPERATIONS + PAIR_PRODUCT + PAIR_SUM,
        bytes: 2 * PAIR_BYTES,
        shared: { operations: ROOT_OPERATIONS + 2 * PAIR_SUM, bytes: 2 * PAIR_BYTES },
      },
    );
    const b = buffers;
    return new Spectra(groups, {
      keep: keep.on(b.roots, b.segments, b.mono, b.dry),
      equalise: equalise.on(b.roots, b.segments, b.dry, b.equalizer, b.mono),
      filter: filter.on(b.roots, b.mono, b.transfer, b.inputs, b.stereo),
      filterAdjoint: filterAdjoint.on(
        b.roots,
        b.count,
        b.stereo,
        b.inputs,
        b.transfer,
        b.transferGradient,
        b.mono,
      ),
      weigh: weigh.on(b.roots, b.count, b.segments, b.mono, b.dry, b.equalizerWeights),
    });
  }

  /** From `mono` (transforms of dry rows) to the kept spectra of the segments' slots. */
  keepDry(recording: Recording, count: number): void {
    recording.dispatch(this.dispatches.keep, this.groups, 1, count);
  }

  /** From the kept spectra to `mono`: what an inverse transform makes the equalised sound of. */
  equalise(recording: Recording, count: number): void {
    recording.dispatch(this.dispatches.equalise, this.groups, 1, count);
  }

  /** From `mono` (transforms of the compressor's output) to `inputs` and `stereo`. */
  filter(recording: Recording, count: number): void {
    recording.dispatch(this.dispatches.filter, this.groups, 1, count);
  }

  /**
   * From `stereo` (transforms of gradients) to `mono`, and added to `transferGradient`; all segments in one dispatch, as many
   * as the buffer `count` says.
   */
  filterAdjoint(recording: Recording, count: number): void {
    recording.dispatch(this.dispatches.filterAdjoint, this.groups, 1, 1, count);
  }

  /** From `mono` (transforms of the equalised sound's gradient), added to `equalizerWeights`. */
  weigh(recording: Recording, count: number): void {
    recording.dispatch(this.dispatches.weigh, this.groups, 1, 1, count);
  }
}
