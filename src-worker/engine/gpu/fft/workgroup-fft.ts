/**
 * Fourier transforms that a workgroup computes in its own memory: code for kernels.
 *
 *   X[k] = Σ_n x[n] e^(∓2πi kn / length), − forward, + inverse; neither divides by the length
 *
 * Stockham's autosort form with one butterfly of P points a thread in registers (Govindaraju et al., High Performance
 * Discrete Fourier Transforms on Graphics Processors, SC 2008, fig. 2): a stage of radix R with S = the product of the
 * radices before it takes x[j + r·length/R], turns it by e^(∓2πi r (j mod S) / (S·R)), transforms over r and puts the
 * result at (j div S)·S·R + (j mod S) + r·S. The smallest radix goes first, where nothing is turned; all others are P.
 * In and out, register m of lane j is element j + m·length/P: loads and stores of neighbouring threads are neighbours, and
 * no order is ever reversed.
 *
 * Roots come from a polynomial: the shading language allows its own sine an error of 2^−11, and a table costs a binding.
 */
import { butterflyCode } from './butterfly.ts';
import { COMPLEX_WGSL } from './complex.ts';

/**
 * `unitRoot(index, length)` = e^(−2πi index / length), correct to float32; length a power of two, index below 2^28 and
 * length. The angle is reduced to |θ| ≤ π/4 in whole numbers.
 */
export const UNIT_ROOT_WGSL = /* wgsl */ `${COMPLEX_WGSL}
fn unitRoot(index: u32, length: u32) -> vec2f {
  let quarter = (8u * index + length) / (2u * length);
  let angle = f32(i32(4u * index) - i32(quarter * length)) / f32(length) * ${Math.PI / 2};
  let square = angle * angle;
  let sine = angle * (1.0 + square * (${-1 / 6} + square * (${1 / 120} + square * (${-1 / 5040} + square * ${1 / 362_880}))));
  let cosine = 1.0 + square * (-0.5 + square * (${1 / 24} + square * (${-1 / 720} + square * (${1 / 40_320} + square * ${-1 / 3_628_800}))));
  let turned = select(vec2f(cosine, -sine), vec2f(-sine, -cosine), (quarter & 1u) == 1u);
  return select(turned, -turned, (quarter & 2u) == 2u);
}
`;
/** Operations of `unitRoot`. */
export const UNIT_ROOT_OPERATIONS = 22;

export interface WorkgroupFft {
  /** Of the function. */
  readonly name: string;
  /** Points of a transform, a power of two. */
  readonly length: number;
  /** How many are computed side by side, a power of two. */
  readonly transforms: number;
  /** Threads of the workgroup; each holds P = length · transforms / threads points: 4, 8 or 16. */
  readonly threads: number;
  readonly inverse: boolean;
}

/**
 * Code of `fn NAME(thread: u32, x: ptr<function, array<vec2f, P>>)`, which transforms in place; to be called by all
 * threads of the workgroup, thread = 0..threads−1. Lane j of transform i is thread i·length/P + j.
 * The shader has {@link UNIT_ROOT_WGSL} and `var<workgroup> exchange: array<vec2f, length · transforms>` (2,048 points are
 * 16 KB). The function waits before it writes there, so whatever was read before is safe; the caller waits before it
 * writes there after.
 * Throws a RangeError for sizes that do not divide so.
 */
export function workgroupFft({ name, length, transforms, threads, inverse }: WorkgroupFft): string {
  const held = (length * transforms) / threads;
  const lanes = length / held;
  // Neighbours are exchanged within blocks of 16, which must be whole.
  const arePowers = [length, transforms].every((count) => Number.isInteger(Math.log2(count)));
  if (![4, 8, 16].includes(held) || !arePowers || lanes < 1)
    throw new RangeError(`${threads} threads cannot share ${transforms} transforms of ${length} points.`);
  const first = firstRadix(length, held);
  return /* wgsl */ `
fn ${name}(thread: u32, x: ptr<function, array<vec2f, ${held}>>) {
  let lane = thread % ${lanes}u;
  let base = thread / ${lanes}u * ${length}u;
  ${firstStage(first, held, inverse)}
  ${first < length ? laterStages(first, held, lanes, length, inverse) : ''}
}
`;
}

const indices = <T>(count: number, of: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => of(i));

function firstRadix(length: number, held: number): number {
  let radix = length;
  while (radix > held) radix /= held;
  return radix;
}

/** Butterfly b of a lane takes registers b + r·held/radix. */
function firstStage(radix: number, held: number, inverse: boolean): string {
  const butterflies = held / radix;
  return indices(butterflies, (b) => {
    const registers = indices(radix, (r) => `(*x)[${b + r * butterflies}]`);
    return `{ ${butterflyCode(registers, registers, inverse)} }`;
  }).join('\n  ');
}

/** All others, in a loop: compilers of shaders take their time with code, and none with a few turns. */
function laterStages(first: number, held: number, lanes: number, length: number, inverse: boolean): string {
  const butterflies = held / first;
  const registers = indices(held, (m) => `(*x)[${m}]`);
  const firstPlace = (m: number) => {
    const [b, r] = [m % butterflies, Math.floor(m / butterflies)];
    return `base + (lane + ${b * lanes}u) * ${first}u + ${r}u`;
  };
  const put = (m: number, place: string) =>
    `{ let goal = ${place}; exchange[${bank('goal')}] = ${registers[m]!}; }`;
  const take = (m: number) =>
    `{ let source = base + lane + ${m * lanes}u; ${registers[m]!} = exchange[${bank('source')}]; }`;
  return /* wgsl */ `
  workgroupBarrier();
  ${indices(held, (m) => put(m, firstPlace(m))).join('\n  ')}
  var stride = ${length / first / held}u;
  for (var span = ${first}u; ; span *= ${held}u) {
    workgroupBarrier();
    ${indices(held, take).join('\n    ')}
    let low = lane & (span - 1u);
    ${turnCode(held, length, inverse)}
    ${butterflyCode(
      registers.map((register, r) => (r > 0 ? `times(w${r}, ${register})` : register)),
      registers,
      inverse,
    )}
    if (stride == 1u) { break; }
    stride /= ${held}u;
    workgroupBarrier();
    let start = base + (lane - low) * ${held}u + low;
    ${indices(held, (m) => put(m, `start + ${m}u * span`)).join('\n    ')}
  }`;
}

/** Elements go where their index, its low bits mixed with higher ones, falls on different banks for neighbouring threads. */
const bank = (index: string): string => `${index} ^ ((${index} >> 4u) & 15u)`;

/** w1, w2, w4, w8 as roots, the others as products of few of those. */
function turnCode(radix: number, length: number, inverse: boolean): string {
  return indices(radix - 1, (i) => {
    const r = i + 1;
    const power = 2 ** Math.floor(Math.log2(r));
    const root = `unitRoot(${power}u * low * stride, ${length}u)`;
    if (r > power) return `let w${r} = times(w${power}, w${r - power});`;
    return `let w${r} = ${inverse ? `vec2f(1.0, -1.0) * ${root}` : root};`;
  }).join(' ');
}
