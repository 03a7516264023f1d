/**
 * The filters of biquad.ts in another form, for settings that change while sound goes through: state variable filters
 * with trapezoidal integrators (Zavalishin, The Art of VA Filter Design, 2018, §3; Simper, Solving the continuous SVF
 * equations using trapezoidal integration, 2013). With g = tan(π f/fs) and the integrators' states i1, i2:
 *
 *   c1 = 1/(1 + g(g + k)),  c2 = g c1,  c3 = g c2
 *   v1 = c1 i1 + c2 (x − i2),  v2 = i2 + c2 i1 + c3 (x − i2),  y = m0 x + m1 v1 + m2 v2
 *   i1 ← 2 v1 − i1,  i2 ← 2 v2 − i2
 *
 * The transfer function is that of the biquad, and so is the sound while nothing changes. A direct form remembers sums
 * of coefficients times samples, which are wrong for the next coefficients; here the states are levels of the sound
 * itself, so a change brings no thump, and the filter stays bounded however g > 0 and k > 0 move (Wishnick,
 * Time-varying filters for musical applications, DAFx 2014).
 */
import { MAX_RELATIVE_FREQUENCY, type BiquadKind, type BiquadSettings } from './biquad.ts';

/** g k m0 m1 m2 */
export const STATE_VARIABLE_NUMBERS = 5;
/** Settings of a filter on the way: gain in dB, natural logarithms of frequency and Q. */
export const FILTER_PLACE_NUMBERS = 3;
/** A filter whose sections reach the output by less than this has no state that the output could tell. */
const UNHEARD = 1e-10;

/** Where a filter is on its way: gain in dB, ln Hz, ln Q. What is above the highest design frequency stays there. */
export function filterPlace({ gainDb, freqHz, q }: BiquadSettings, sampleRateHz: number): number[] {
  return [gainDb, Math.log(Math.min(freqHz, MAX_RELATIVE_FREQUENCY * sampleRateHz)), Math.log(q)];
}

/** Writes g k m0 m1 m2 of the filter at a {@link filterPlace}, which begins at `from`, into `out` at `at`. Allocates nothing. */
export function writeStateVariable(
  kind: BiquadKind,
  places: Float64Array,
  from: number,
  sampleRateHz: number,
  out: Float64Array,
  at: number,
): void {
  const frequency = Math.min(Math.exp(places[from + 1]!) / sampleRateHz, MAX_RELATIVE_FREQUENCY);
  let g = Math.tan(Math.PI * frequency);
  let k = Math.exp(-places[from + 2]!);
  let m0 = 1;
  let m1 = 0;
  let m2 = 0;
  switch (kind) {
    case 'peak': {
      const A = 10 ** (places[from]! / 40);
      k /= A;
      m1 = k * (A * A - 1);
      break;
    }
    case 'lowShelf': {
      const A = 10 ** (places[from]! / 40);
      g /= Math.sqrt(A);
      m1 = k * (A - 1);
      m2 = A * A - 1;
      break;
    }
    case 'highShelf': {
      const A = 10 ** (places[from]! / 40);
      g *= Math.sqrt(A);
      m0 = A * A;
      m1 = k * (1 - A) * A;
      m2 = 1 - A * A;
      break;
    }
    case 'lowPass':
      m0 = 0;
      m2 = 1;
      break;
    case 'highPass':
      m1 = -k;
      m2 = -1;
      break;
    default:
      throw new RangeError(`No filter is called “${String(kind satisfies never)}”.`);
  }
  out[at] = g;
  out[at + 1] = k;
  out[at + 2] = m0;
  out[at + 3] = m1;
  out[at + 4] = m2;
}

/** How i1, i2 reach the next output (first two numbers) and the one after it. */
const observed = new Float64Array(4);

function observe(filter: Float64Array, at: number): void {
  const g = filter[at]!;
  const first = 1 / (1 + g * (g + filter[at + 1]!));
  const second = g * first;
  const third = g * second;
  const m1 = filter[at + 3]!;
  const m2 = filter[at + 4]!;
  const c1 = m1 * first + m2 * second;
  const c2 = -m1 * second + m2 * (1 - third);
  observed[0] = c1;
  observed[1] = c2;
  observed[2] = c1 * (2 * first - 1) + 2 * c2 * second;
  observed[3] = -2 * c1 * second + c2 * (1 - 2 * third);
}

/**
 * States i1, i2 of the filter g k m0 m1 m2 at `at`, written to `out[to]` and `out[to + next]`, that sound on like the
 * states s1, s2 of a biquad with feedback coefficient a1 in transposed direct form II. Allocates nothing.
 */
export function stateFromBiquad(
  s1: number,
  s2: number,
  a1: number,
  filter: Float64Array,
  at: number,
  out: Float64Array,
  to: number,
  next: number,
): void {
  observe(filter, at);
  const c1 = observed[0]!;
  const c2 = observed[1]!;
  const d1 = observed[2]!;
  const d2 = observed[3]!;
  const isHeard = Math.abs(filter[at + 3]!) + Math.abs(filter[at + 4]!) > UNHEARD;
  const determinant = c1 * d2 - c2 * d1;
  const later = s2 - a1 * s1;
  out[to] = isHeard ? (s1 * d2 - c2 * later) / determinant : 0;
  out[to + next] = isHeard ? (c1 * later - d1 * s1) / determinant : 0;
}

/** The other way: s1 and s2, written to `out[to]` and `out[to + next]`, from i1 and i2. Allocates nothing. */
export function biquadFromState(
  i1: number,
  i2: number,
  a1: number,
  filter: Float64Array,
  at: number,
  out: Float64Array,
  to: number,
  next: number,
): void {
  observe(filter, at);
  const s1 = observed[0]! * i1 + observed[1]! * i2;
  out[to] = s1;
  out[to + next] = observed[2]! * i1 + observed[3]! * i2 + a1 * s1;
}
