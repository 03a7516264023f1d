/** Adds up what the workgroups of a kernel have summed each for itself. */
import { WORKGROUP, type Dispatch, type GpuContext, type Kernel, type Recording } from './device.ts';

/**
 * Statements that add up what each of `threads` threads (a power of two) has put into its place of some arrays; thread 0
 * then finds the sums at 0. Needs `thread`.
 */
export function workgroupSum(threads: number, ...arrays: string[]): string {
  return /* wgsl */ `
  for (var half = ${threads / 2}u; half > 0u; half >>= 1u) {
    workgroupBarrier();
    if (thread < half) { ${arrays.map((array) => `${array}[thread] += ${array}[thread + half];`).join(' ')} }
  }`;
}

/** Sums f32[segment][groups][width] over the groups into f32[segment][width], pairwise: the error grows with log groups. */
export class Sums {
  private constructor(
    private readonly kernel: Kernel,
    private readonly width: number,
  ) {}

  static async make(context: GpuContext, label: string, groups: number, width: number): Promise<Sums> {
    return new Sums(
      await context.kernel(
        label,
        /* wgsl */ `
@group(0) @binding(0) var<storage, read> parts: array<f32>;
@group(0) @binding(1) var<storage, read_write> sums: array<f32>;
var<workgroup> held: array<f32, ${WORKGROUP}>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) group: vec3u) {
  var sum = 0.0;
  for (var i = thread; i < ${groups}u; i += ${WORKGROUP}u) {
    sum += parts[(group.z * ${groups}u + i) * ${width}u + group.x];
  }
  held[thread] = sum;
${workgroupSum(WORKGROUP, 'held')}
  if (thread == 0u) { sums[group.z * ${width}u + group.x] = held[0]; }
}`,
        { items: groups * width, operations: 1, bytes: 4 },
      ),
      width,
    );
  }

  /** parts: f32[segments][groups][width], sums: f32[segments][width]. */
  on(parts: GPUBuffer, sums: GPUBuffer): Dispatch {
    return this.kernel.on(parts, sums);
  }

  record(recording: Recording, dispatch: Dispatch, segments: number): void {
    recording.dispatch(dispatch, this.width, 1, segments);
  }
}
