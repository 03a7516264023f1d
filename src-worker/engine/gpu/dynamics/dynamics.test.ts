import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  CHAIN_PARAMETERS,
  neutralRaw,
  parameterIndex,
  parametersUnder,
  rawToValues,
} from '#core/chain/parameters.ts';
import { compressAdjoint } from '#core/effects/comp/training-adjoint.ts';
import { compress } from '#core/effects/comp/training.ts';
import { readPublishedRows } from '#core/preset/published-rows.ts';
import { decodeFile } from '../../../audio/decode.ts';
import { describeWithGpu, testGpu } from '../../../test-support/gpu.ts';
import { noise, voice } from '../../../test-support/made-up-signals.ts';
import { describeWithShared, sharedPath } from '../../../test-support/shared-data.ts';
import type { GpuContext } from '../device.ts';
import { segmentTable } from '../segment.ts';
import { DYNAMICS_SUMS, GpuDynamics } from './index.ts';

const SIZES = { points: 65_536, maxLength: 44_112, maxSegments: 2, slots: 5 };
const LENGTH = 30_000;
const COMP = parametersUnder('comp');
/** Largest difference from the float64 form, as a part of its peak. */
const OUTPUT_TOLERANCE = 3e-6;
/** Two last places of float32: the gain's and the product's. */
const LAST_PLACES = 2 ** -22;
const COSINE = 0.999_999;
/** Of a parameter's gradient, as a part of it: choices that rounding turns over at a kink take part. */
const GRADIENT_TOLERANCE = 1e-4;
/** The terms of these nearly cancel: the slopes of a filter on a smooth gain, a level against itself a sample later. */
const CANCELLING_TOLERANCE = 5e-4;
const CANCELLING = ['comp.lookahead', 'comp.averaging'];

/** DSP values with some of the compressor's set, the coefficients per sample. */
function valuesWith(set: Readonly<Record<string, number>>): Float64Array {
  const values = rawToValues(neutralRaw());
  for (const [name, value] of Object.entries(set)) values[parameterIndex(`comp.${name}`)] = value;
  return values;
}

/** Loud and quiet by turns, so that the compressor and the expander both work. */
function material(length: number, seed: number): Float32Array {
  const hiss = noise(length, seed, 0.05);
  const sung = voice(length / 44_100 + 0.1, seed);
  return hiss.map((v, n) => (Math.sin(n / 900) > 0.3 ? 2 * sung[n]! + v : 0.1 * sung[n]! + 0.02 * v));
}

interface Bench {
  readonly dynamics: GpuDynamics;
  readonly context: GpuContext;
  readonly buffers: Readonly<
    Record<'equalised' | 'output' | 'gradOutput' | 'gradEqualised' | 'segments', GPUBuffer>
  >;
}

async function bench(sizes: typeof SIZES): Promise<Bench> {
  const context = await testGpu();
  const row = (label: string) => context.numbers(label, sizes.points * sizes.maxSegments);
  const buffers = {
    equalised: row('equalised'),
    output: row('output'),
    gradOutput: row('gradient of the output'),
    gradEqualised: row('gradient of the equalised'),
    segments: context.numbers('segments', 4 * sizes.maxSegments),
  };
  return { context, buffers, dynamics: await GpuDynamics.make(context, sizes, buffers) };
}

interface Segment {
  readonly x: Float32Array;
  readonly gradOutput: Float32Array;
  /** Its place among those evaluated together unless given. */
  readonly slot?: number;
}

interface Evaluated {
  readonly output: Float32Array;
  readonly gradEqualised: Float32Array;
  readonly byValue: Float64Array;
  readonly rounds: number;
  readonly hasSettled: boolean;
}

/** Both ways for these segments, one dispatch each. */
async function evaluate(
  { context, buffers, dynamics }: Bench,
  values: Float64Array,
  segments: readonly Segment[],
): Promise<Evaluated[]> {
  const { points } = SIZES;
  dynamics.prepare(values);
  context.write(
    buffers.segments,
    segmentTable(segments.map(({ x, slot }, i) => ({ length: x.length, warmup: 0, slot: slot ?? i }))),
  );
  segments.forEach(({ x, gradOutput }, i) => {
    // What lies behind a segment must not matter.
    const rest = new Float32Array(points - x.length).fill(0.3);
    context.write(buffers.equalised, x, i * points);
    context.write(buffers.equalised, rest, i * points + x.length);
    context.write(buffers.gradOutput, gradOutput, i * points);
    context.write(buffers.gradOutput, rest, i * points + x.length);
    context.write(buffers.output, rest, i * points + x.length);
    context.write(buffers.gradEqualised, rest, i * points + x.length);
  });
  const count = segments.length;
  const output = await context.read(buffers.output, count * points, 0, (recording) => {
    dynamics.recordForward(recording, count);
    dynamics.recordAdjoint(recording, count);
  });
  const gradEqualised = await context.read(buffers.gradEqualised, count * points);
  const sums = await context.read(dynamics.sums, count * DYNAMICS_SUMS);
  const progress = new Uint32Array((await context.read(dynamics.progress, count * 2)).buffer);
  return segments.map((_, i) => {
    const byValue = new Float64Array(CHAIN_PARAMETERS.length);
    dynamics.addGradient(sums.subarray(i * DYNAMICS_SUMS, (i + 1) * DYNAMICS_SUMS), byValue, values);
    return {
      output: output.subarray(i * points, (i + 1) * points),
      gradEqualised: gradEqualised.subarray(i * points, (i + 1) * points),
      byValue,
      hasSettled: progress[2 * i] === 1,
      rounds: progress[2 * i + 1]!,
    };
  });
}

/** The float64 form: output, gradient of the input, gradient of the compressor's values. */
function reference(values: Float64Array, { x, gradOutput }: Segment) {
  const own = values.subarray(COMP[0], COMP.at(-1)! + 1);
  const adjoint = compressAdjoint(own, Float64Array.from(x), Float64Array.from(gradOutput));
  return {
    output: compress(own, Float64Array.from(x)),
    gradEqualised: adjoint.input,
    values: adjoint.values,
  };
}

function expectReference(got: Evaluated, values: Float64Array, segment: Segment): void {
  const want = reference(values, segment);
  let [worst, peak] = [0, 0];
  want.output.forEach((value, n) => {
    worst = Math.max(worst, Math.abs(got.output[n]! - value));
    peak = Math.max(peak, Math.abs(value));
  });
  expect(worst).toBeLessThan(OUTPUT_TOLERANCE * peak);
  expect(cosine(got.gradEqualised, want.gradEqualised)).toBeGreaterThan(COSINE);
  COMP.forEach((index, i) => {
    const { id } = CHAIN_PARAMETERS[index]!;
    const tolerance = CANCELLING.includes(id) ? CANCELLING_TOLERANCE : GRADIENT_TOLERANCE;
    expect(Math.abs(got.byValue[index]! - want.values[i]!), id).toBeLessThanOrEqual(
      tolerance * Math.abs(want.values[i]!),
    );
  });
  const { length } = segment.x;
  for (const row of [got.output, got.gradEqualised])
    expect(row.subarray(length).every((value) => value === 0)).toBe(true);
}

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < b.length; i++) {
    ab += a[i]! * b[i]!;
    aa += a[i]! ** 2;
    bb += b[i]! ** 2;
  }
  return aa === 0 && bb === 0 ? 1 : ab / Math.sqrt(aa * bb);
}

const busy = {
  threshold: -30,
  expander_threshold: -42,
  makeup: 6,
  lookahead: 3.3,
  attack: 0.02,
  release: 0.0007,
  averaging: 0.3,
  ratio: 5,
  expander_ratio: 0.4,
};

describeWithGpu('dynamics on the GPU', () => {
  let shared: Bench;
  beforeAll(async () => {
    shared = await bench(SIZES);
  });
  afterAll(async () => {
    (await testGpu()).end();
  });

  const full = noise(LENGTH, 8, 2).map((v) => Math.max(-1, Math.min(1, v)));
  const broken = material(LENGTH, 12).map((v, n) => (n < 4000 || (n > 9000 && n < 20_000) ? 0 : v));
  it.each([
    ['a busy setting', {}, material(LENGTH, 1)],
    ['slow averaging', { averaging: 1e-4 }, material(LENGTH, 2)],
    ['no averaging', { averaging: 1 }, material(LENGTH, 3)],
    ['instant attack, endless release', { attack: 1, release: 1e-6 }, material(LENGTH, 4)],
    ['attack slower than release', { attack: 3e-4, release: 0.05 }, material(LENGTH, 5)],
    ['endless both', { attack: 1e-6, release: 2e-6 }, material(LENGTH, 5)],
    ['a limiter', { ratio: 20, threshold: -60, makeup: 24 }, material(LENGTH, 6)],
    ['a gate', { expander_ratio: 0.02, expander_threshold: -20, threshold: 0 }, material(LENGTH, 7)],
    ['full scale', {}, full],
    ['silence between', {}, broken],
    ['no lookahead', { lookahead: 0 }, material(LENGTH, 9)],
    ['a sample of lookahead', { lookahead: 1000 / 44_100 }, material(LENGTH, 9)],
    ['the longest lookahead', { lookahead: 14.999 }, material(LENGTH, 10)],
  ] as const)('is the training form and its adjoint: %s', async (_, set, x) => {
    const values = valuesWith({ ...busy, ...set });
    const segment = { x, gradOutput: noise(x.length, 40) };
    const [got] = await evaluate(shared, values, [segment]);
    expect(got!.hasSettled).toBe(true);
    expectReference(got!, values, segment);
  });

  it.each([
    [SIZES.maxLength, 1000],
    [16, SIZES.maxLength],
    [513, 512],
    [1, 32_768],
  ])('treats segments of %i and %i samples side by side', async (...lengths) => {
    const values = valuesWith(busy);
    const segments = lengths.map((length, i) => ({
      x: material(length, 20 + i),
      gradOutput: noise(length, 30 + i),
    }));
    const got = await evaluate(shared, values, segments);
    segments.forEach((segment, i) => {
      expectReference(got[i]!, values, segment);
    });
  });

  it('is silent for silence', async () => {
    const x = new Float32Array(4096);
    const [got] = await evaluate(shared, valuesWith(busy), [{ x, gradOutput: noise(4096, 1) }]);
    expect(got!.output.every((value) => value === 0)).toBe(true);
    expect(got!.byValue.every((value) => value === 0)).toBe(true);
    expect(got!.gradEqualised.every((value) => Number.isFinite(value))).toBe(true);
  });

  it.each([
    ['a busy setting', {}],
    ['instant attack, endless release', { attack: 1, release: 1e-6 }],
    ['attack slower than release', { attack: 3e-4, release: 0.05 }],
    ['endless both', { attack: 1e-6, release: 2e-6 }],
  ])('smooths the gain in parallel as in order: %s', async (_, set) => {
    const values = valuesWith({ ...busy, lookahead: 0, makeup: 0, ...set });
    // A lookahead of 0 is no filter, so that the output over the input is the smoothed gain.
    const segment = { x: material(SIZES.maxLength, 3), gradOutput: noise(SIZES.maxLength, 4) };
    const [parallel] = await evaluate(shared, values, [segment]);
    const most = shared.dynamics.smoothingRounds;
    shared.dynamics.smoothingRounds = 0;
    const [inOrder] = await evaluate(shared, values, [segment]);
    shared.dynamics.smoothingRounds = parallel!.rounds;
    const [again] = await evaluate(shared, values, [segment]);
    shared.dynamics.smoothingRounds = most;
    expect([parallel!.hasSettled, inOrder!.hasSettled, again!.hasSettled]).toEqual([true, false, true]);
    expect(inOrder!.rounds).toBe(0);
    for (const { output } of [parallel!, again!])
      output.forEach((value, n) => {
        const want = inOrder!.output[n]!;
        if (!(Math.abs(value - want) <= LAST_PLACES * Math.abs(want)))
          expect(value, `sample ${n}`).toBe(want);
      });
  });

  it('starts from where it last was', async () => {
    const segment = { x: material(SIZES.maxLength, 5), gradOutput: noise(SIZES.maxLength, 6) };
    const far = valuesWith({ ...busy, threshold: -10, attack: 1e-3 });
    await evaluate(shared, far, [segment]);
    const [cold] = await evaluate(shared, valuesWith(busy), [segment]);
    const [warm] = await evaluate(shared, valuesWith({ ...busy, threshold: -30.1 }), [segment]);
    expect(warm!.hasSettled).toBe(true);
    expect(warm!.rounds).toBeLessThan(cold!.rounds);
  });

  it('does so for each segment, in whatever order and however many take turns', async () => {
    const segments = Array.from({ length: SIZES.slots }, (_, slot) => ({
      x: material(SIZES.maxLength, 50 + slot),
      gradOutput: noise(SIZES.maxLength, 60),
      slot,
    }));
    const roundsOf = async (set: object, turns: readonly (readonly number[])[]): Promise<number[]> => {
      const rounds: number[] = [];
      for (const turn of turns) {
        const got = await evaluate(
          shared,
          valuesWith({ ...busy, ...set }),
          turn.map((slot) => segments[slot]!),
        );
        turn.forEach((slot, i) => (rounds[slot] = got[i]!.rounds));
      }
      return rounds;
    };
    const turns = [[0, 1], [2, 3], [4]];
    const nearby = { threshold: -30.1 };
    await roundsOf({ threshold: -10, attack: 1e-3 }, turns);
    const cold = await roundsOf({}, turns);
    const warm = await roundsOf(nearby, turns);
    await roundsOf({}, turns);
    const rearranged = await roundsOf(nearby, [[4, 2], [1], [3, 0]]);
    cold.forEach((rounds, slot) => {
      expect(warm[slot], `segment ${slot}`).toBeLessThan(rounds);
      expect(rearranged[slot], `segment ${slot}`).toBeLessThanOrEqual(warm[slot]!);
    });
  });

  it('forgets numbers that are none', async () => {
    const values = valuesWith(busy);
    const segment = { x: material(LENGTH, 5), gradOutput: noise(LENGTH, 6) };
    const [spoilt] = await evaluate(shared, values, [
      { ...segment, x: segment.x.map((v, n) => (n === 700 ? Number.NaN : v)) },
    ]);
    expect(spoilt!.output[700]).toBeNaN();
    const [got] = await evaluate(shared, values, [segment]);
    expect(got!.hasSettled).toBe(true);
    expectReference(got!, values, segment);
  });

  describeWithShared('with real vocals and published presets', () => {
    it.each(['BrandonWebster_DontHearAThing', 'MusicDelta_Gospel', 'LizNelson_Coldwar'])(
      'settles in the rounds that there are: %s',
      async (song) => {
        const presets = 'diffvox-presets/medleydb/raw_params.npy';
        const rows = readPublishedRows(readFileSync(sharedPath(presets)), presets);
        const { channels } = await decodeFile(sharedPath(`medleydb/${song}/dry.mp3`));
        const x = channels[0]!.slice(5 * 44_100, 5 * 44_100 + SIZES.maxLength);
        const segment = { x, gradOutput: noise(x.length, 7) };
        for (const row of [0, 11, 23, 42]) {
          const values = rawToValues(rows[row]!);
          const [got] = await evaluate(shared, values, [segment]);
          expect(got!.hasSettled).toBe(true);
          expectReference(got!, values, segment);
        }
      },
    );
  });
});
