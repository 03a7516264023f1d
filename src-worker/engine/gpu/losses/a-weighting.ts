/**
 * A-weighting of a region on the GPU, and its adjoint: core/losses/a-weighting.ts, 101 symmetric taps with zeros beyond the
 * region. In the time domain: 50 products a sample and channel from shared memory are less work than the passes of a
 * transform, and the taps stand in the code.
 *
 *   out[n] = h[0] x[n] + Σ_{k=1..50} h[k] (x[n − k] + x[n + k])
 */
import { aWeightingTaps, A_WEIGHTING_TAPS } from '#core/losses/a-weighting.ts';
import { WORKGROUP, type Dispatch, type GpuContext, type Kernel } from '../device.ts';
import { SEGMENT_WGSL } from '../segment.ts';
import { GROUP_SAMPLES, type LossLayout } from './loss-layout.ts';

const HALF = (A_WEIGHTING_TAPS - 1) / 2;
const TILE = GROUP_SAMPLES + 2 * HALF;
/** Of both channels' sums of a sample. */
const OPERATIONS = 2 * (3 * HALF + 2);

/** Left and right in rows of their own, `points` apart, behind the warm-up of each segment; or side by side in regions. */
const load = {
  signals: ({ points }: LossLayout) => /* wgsl */ `
      let at = group.z * ${2 * points}u + segment.warmup + u32(n);
      x = vec2f(source[at], source[at + ${points}u]);`,
  region: ({ stride }: LossLayout) => /* wgsl */ `
      x = source[group.z * ${stride}u + u32(n)];`,
};
const store = {
  region: ({ stride }: LossLayout) => /* wgsl */ `
      goal[group.z * ${stride}u + n] = sum;`,
  /** Adds. */
  signals: ({ points }: LossLayout) => /* wgsl */ `
      let at = group.z * ${2 * points}u + segment.warmup + n;
      goal[at] += sum.x;
      goal[at + ${points}u] += sum.y;`,
};

export class AWeighting {
  private constructor(
    private readonly forward: Kernel,
    private readonly adjoint: Kernel,
  ) {}

  static async make(context: GpuContext, layout: LossLayout): Promise<AWeighting> {
    const [forward, adjoint] = await Promise.all([
      context.kernel('A-weighting', shader('f32', load.signals(layout), 'vec2f', store.region(layout)), {
        items: layout.stride,
        operations: OPERATIONS,
        bytes: 16,
      }),
      context.kernel('A-weighting back', shader('vec2f', load.region(layout), 'f32', store.signals(layout)), {
        items: layout.stride,
        operations: OPERATIONS + 2,
        bytes: 24,
      }),
    ]);
    return new AWeighting(forward, adjoint);
  }

  /** signals: f32[segments][2][points] → weighted: vec2f[segments][stride]; a workgroup for each of `groups`. */
  onForward(signals: GPUBuffer, segments: GPUBuffer, weighted: GPUBuffer): Dispatch {
    return this.forward.on(signals, segments, weighted);
  }

  /** gradient of the weighted: vec2f[segments][stride] → added to that of the signals: f32[segments][2][points]. */
  onAdjoint(byWeighted: GPUBuffer, segments: GPUBuffer, bySignals: GPUBuffer): Dispatch {
    return this.adjoint.on(byWeighted, segments, bySignals);
  }
}

function shader(from: string, loading: string, to: string, storing: string): string {
  const taps = aWeightingTaps();
  // The outermost taps are the smallest: added first, they leave nothing behind.
  const sum = Array.from({ length: HALF }, (_, i) => {
    const k = HALF - i;
    return `sum += ${taps[HALF + k]!} * (tile[centre - ${k}u] + tile[centre + ${k}u]);`;
  }).join('\n      ');
  return /* wgsl */ `
${SEGMENT_WGSL}
@group(0) @binding(0) var<storage, read> source: array<${from}>;
@group(0) @binding(1) var<storage, read> segments: array<Segment>;
@group(0) @binding(2) var<storage, read_write> goal: array<${to}>;
var<workgroup> tile: array<vec2f, ${TILE}>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) group: vec3u) {
  let segment = segments[group.z];
  let region = segment.length - segment.warmup;
  let first = group.x * ${GROUP_SAMPLES}u;
  for (var i = thread; i < ${TILE}u; i += ${WORKGROUP}u) {
    let n = i32(first + i) - ${HALF};
    var x = vec2f(0.0);
    if (n >= 0 && n < i32(region)) {${loading}
    }
    tile[i] = x;
  }
  workgroupBarrier();
  for (var i = thread; i < ${GROUP_SAMPLES}u; i += ${WORKGROUP}u) {
    let n = first + i;
    if (n < region) {
      let centre = i + ${HALF}u;
      var sum = vec2f(0.0);
      ${sum}
      sum += ${taps[HALF]!} * tile[centre];${storing}
    }
  }
}`;
}
