/**
 * Discrete Fourier transforms of up to 2^20 complex points, too long for one workgroup's memory: three passes over the data
 * (Stockham's self-sorting form), each of radix 2^4 to 2^7 within a workgroup.
 *
 *   Z[k] = Σ_n z[n] e^{∓2πi nk/N}, unscaled in both directions; rows of N points each
 *
 * A workgroup treats 16 neighbouring columns at once, so that memory is read, and but for the first pass written, in runs of
 * 128 bytes; the first pass writes runs of a whole radix. Traffic: three times read and written, 48 bytes a point.
 */
import type { GpuContext, Kernel, Recording } from '../device.ts';
import { fftOperations } from '../work.ts';
import { butterflyCode } from './butterfly.ts';
import { ROOTS_WGSL } from './roots.ts';

const COLUMNS = 16;
/** Points that a thread holds. */
const HELD = 8;
const SMALLEST_BITS = 12;
const LARGEST_BITS = 20;

/** A transform recorded between two buffers. */
export interface LongFftRun {
  /** Transforms `rows` rows; the input is overwritten. */
  record(recording: Recording, rows: number): void;
}

export class LongFft {
  private constructor(
    private readonly passes: readonly { kernel: Kernel; groups: number }[],
    private readonly roots: GPUBuffer,
  ) {}

  /** `points`: a power of two from 2^12 to 2^20. Throws RangeError for others. */
  static async make(
    context: GpuContext,
    points: number,
    direction: 'forward' | 'inverse',
    roots: GPUBuffer,
  ): Promise<LongFft> {
    const bits = Math.log2(points);
    if (!Number.isInteger(bits) || bits < SMALLEST_BITS || bits > LARGEST_BITS)
      throw new RangeError(
        `A long transform has 2^${SMALLEST_BITS} to 2^${LARGEST_BITS} points, got ${points}.`,
      );
    const radices = [0, 1, 2].map((pass) => 2 ** Math.floor((bits + 2 - pass) / 3));
    let before = 1;
    const passes = [];
    for (const radix of radices) {
      const kernel = await context.kernel(`${direction} FFT`, passCode(points, radix, before, direction), {
        items: points,
        operations: fftOperations(radix) / radix,
        bytes: 16,
      });
      passes.push({ kernel, groups: points / radix / COLUMNS });
      before *= radix;
    }
    return new LongFft(passes, roots);
  }

  /** From `input` to `output`, f32[rows][points][2] both, by way of the input. */
  on(input: GPUBuffer, output: GPUBuffer): LongFftRun {
    const dispatches = this.passes.map(({ kernel }, pass) =>
      pass % 2 === 0 ? kernel.on(input, output, this.roots) : kernel.on(output, input, this.roots),
    );
    return {
      record: (recording, rows) => {
        dispatches.forEach((dispatch, pass) => {
          recording.dispatch(dispatch, this.passes[pass]!.groups, 1, rows);
        });
      },
    };
  }
}

/** Radices of the steps within a workgroup. */
function stepsOf(radix: number): number[] {
  const steps: number[] = [];
  for (let left = radix; left > 1;) {
    // What is left is never 2 alone after an 8: 128 = 8·4·4, 64 = 8·8, 32 = 8·4, 16 = 4·4.
    const step = left === 16 ? 4 : left % 8 === 0 ? 8 : 4;
    steps.push(step);
    left /= step;
  }
  return steps;
}

/** One pass: `before` is the product of the radices of the passes before. */
function passCode(points: number, radix: number, before: number, direction: 'forward' | 'inverse'): string {
  const threads = (radix * COLUMNS) / HELD;
  const columns = points / radix;
  const isForward = direction === 'forward';
  let code = /* wgsl */ `
@group(0) @binding(0) var<storage, read> input: array<vec2f>;
@group(0) @binding(1) var<storage, read_write> output: array<vec2f>;
@group(0) @binding(2) var<storage, read> roots: array<vec2f>;
var<workgroup> held: array<vec2f, ${radix * COLUMNS}>;
${ROOTS_WGSL}
fn turned(z: vec2f, phase: u32) -> vec2f { return ${isForward ? 'times(root(phase), z)' : 'conjugateTimes(root(phase), z)'}; }
/** The same where the phase is a multiple of 2^22: a single look into the table. */
fn turnedCoarsely(z: vec2f, phase: u32) -> vec2f { return ${isForward ? 'times(roots[phase >> 22u], z)' : 'conjugateTimes(roots[phase >> 22u], z)'}; }
/** Rows are rotated against each other, so that neither along nor across them threads meet in one bank. */
fn cellOf(place: u32, column: u32) -> u32 { return place * ${COLUMNS}u + (column ^ (place % ${COLUMNS}u)); }

@compute @workgroup_size(${threads})
fn main(@builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) group: vec3u) {
  let row = group.z * ${points}u;
  let firstColumn = group.x * ${COLUMNS}u;
  let column = thread % ${COLUMNS}u;
  let lane = thread / ${COLUMNS}u;
  let j = firstColumn + column;
  let within = j % ${before}u;
`;
  let done = 1;
  stepsOf(radix).forEach((step, index) => {
    const butterflies = HELD / step;
    const lanes = threads / COLUMNS;
    if (index > 0) code += '  workgroupBarrier();\n';
    for (let b = 0; b < butterflies; b++) {
      code += `  let at${index}_${b} = lane + ${b * lanes}u;\n`;
      for (let i = 0; i < step; i++) {
        const place = `(at${index}_${b} + ${(i * radix) / step}u)`;
        const name = `z${index}_${b}_${i}`;
        if (index === 0) {
          code += `  var ${name} = input[row + j + ${place} * ${columns}u];\n`;
          if (before > 1)
            code += `  ${name} = turned(${name}, within * ${place} * ${2 ** 32 / (before * radix)}u);\n`;
        } else {
          code += `  var ${name} = held[cellOf(${place}, column)];\n`;
          if (i > 0)
            code += `  ${name} = turnedCoarsely(${name}, (at${index}_${b} % ${done}u) * ${(i * 2 ** 32) / (done * step)}u);\n`;
        }
      }
      const names = Array.from({ length: step }, (_, i) => `z${index}_${b}_${i}`);
      code += `  { ${butterflyCode(names, names, !isForward)} }\n`;
    }
    if (index > 0) code += '  workgroupBarrier();\n';
    for (let b = 0; b < butterflies; b++) {
      code += `  let to${index}_${b} = (at${index}_${b} / ${done}u) * ${done * step}u + at${index}_${b} % ${done}u;\n`;
      for (let i = 0; i < step; i++)
        code += `  held[cellOf(to${index}_${b} + ${i * done}u, column)] = z${index}_${b}_${i};\n`;
    }
    done *= step;
  });
  code += '  workgroupBarrier();\n';
  // Out again in the order of memory.
  code +=
    before === 1
      ? /* wgsl */ `
  for (var e = thread; e < ${radix * COLUMNS}u; e += ${threads}u) {
    let place = e % ${radix}u;
    let c = e / ${radix}u;
    output[row + (firstColumn + c) * ${radix}u + place] = held[cellOf(place, c)];
  }
}`
      : /* wgsl */ `
  let base = row + (j / ${before}u) * ${before * radix}u + within;
  for (var place = lane; place < ${radix}u; place += ${threads / COLUMNS}u) {
    output[base + place * ${before}u] = held[cellOf(place, column)];
  }
}`;
  return code;
}
