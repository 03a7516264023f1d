/** What every effect in real-time form must hold, as a suite of tests. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ParameterDefinition } from '#core/parameter.ts';
import type { Processor, StreamKernels } from '#core/effects/processor.ts';
import { loadKernelModule } from '#engine/kernel-module.ts';
import { openStreamKernels } from '#engine/realtime-chain.ts';
import { FIT_SAMPLE_RATE_HZ } from '#core/units.ts';

export interface EffectUnderTest {
  readonly name: string;
  readonly parameters: readonly ParameterDefinition[];
  create(kernels: StreamKernels): Processor;
  /** Values that leave the sound alone: every output is the (one) input, or an effect added to the sound is silent. */
  readonly neutral?: { readonly values: readonly number[]; readonly output: 'dry' | 'silence' };
  /** Values whose sound decays by more than 400 dB within `decaySeconds`. */
  readonly decaying: { readonly values: readonly number[]; readonly decaySeconds: number };
  /** Several settings that use everything the effect has. */
  readonly settings: readonly (readonly number[])[];
}

/** DSP values of raw numbers. */
export function valuesOf(parameters: readonly ParameterDefinition[], raw: readonly number[]): number[] {
  return parameters.map(({ map }, i) => map.toValue(raw[i]!));
}

/** DSP values of the defaults, some replaced: `{ 'delay.time': 250 }` (DSP values by id). */
export function defaultsWith(
  parameters: readonly ParameterDefinition[],
  replaced: Readonly<Record<string, number>> = {},
): number[] {
  return parameters.map(({ id, display, default: fallback }) => replaced[id] ?? display.toValue(fallback));
}

/** Deterministic white noise in −1..1. */
export function noise(length: number, seed = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return state / 2 ** 31;
  });
}

/** Everything a processor gives for an input, cut into pieces of the sizes given in turn. */
export function processAll(
  processor: Processor,
  input: readonly Float32Array[],
  sizes: readonly number[] = [4096],
): Float32Array[] {
  const length = input[0]!.length;
  const output = processor.outputs.map(() => new Float32Array(length));
  for (let start = 0, turn = 0; start < length; turn++) {
    const size = Math.min(sizes[turn % sizes.length]!, length - start);
    processor.process(
      input.map((channel) => channel.subarray(start, start + size)),
      output.map((channel) => channel.subarray(start, start + size)),
      size,
    );
    start += size;
  }
  return output;
}

/** 10 log10 of the power of `reference` over that of the difference, over all channels. */
export function signalToErrorDb(
  estimate: readonly ArrayLike<number>[],
  reference: readonly ArrayLike<number>[],
): number {
  let signal = 0;
  let error = 0;
  reference.forEach((channel, c) => {
    for (let i = 0; i < channel.length; i++) {
      signal += channel[i]! ** 2;
      error += (channel[i]! - estimate[c]![i]!) ** 2;
    }
  });
  return 10 * Math.log10(signal / error);
}

/** Index of the first sample that is NaN or infinite, or −1. */
function firstBroken(channels: readonly Float32Array[]): number {
  for (const channel of channels) {
    const index = channel.findIndex((sample) => !Number.isFinite(sample));
    if (index >= 0) return index;
  }
  return -1;
}

const SMALLEST_NORMAL = 2 ** -126;
/** Shorter than a glide, and not a multiple of anything. */
const GLIDE_EVERY_SAMPLES = 1001;

export function effectContract(effect: EffectUnderTest): void {
  describe(`contract: ${effect.name}`, () => {
    let kernels: StreamKernels;
    let processor: Processor;
    const fresh = (values: readonly number[]): Processor => {
      const made = effect.create(kernels);
      made.set(values);
      return made;
    };
    const input = (length: number, seed = 1) => processor.inputs.map((_, c) => noise(length, seed + 7 * c));
    beforeAll(async () => {
      kernels = openStreamKernels(await loadKernelModule());
      processor = effect.create(kernels);
    });

    const { neutral } = effect;
    if (neutral)
      it(`neutral is ${neutral.output} to −120 dB`, () => {
        processor.reset();
        processor.set(neutral.values);
        const dry = input(30_000);
        const output = processAll(processor, dry);
        const latency = processor.latencySamples;
        for (const channel of output)
          for (let n = latency; n < channel.length; n++) {
            const expected = neutral.output === 'dry' ? dry[0]![n - latency]! : 0;
            if (!(Math.abs(channel[n]! - expected) < 1e-6)) expect(channel[n], `sample ${n}`).toBe(expected);
          }
      });

    it('is finite for any raw numbers', () => {
      const raw = fc.oneof(
        fc.double({ min: -60, max: 60, noNaN: true }),
        fc.constantFrom(-60, 60),
        fc.double({ min: -4, max: 4, noNaN: true }),
      );
      const count = effect.parameters.length;
      const everyRaw = fc.oneof(
        fc.array(raw, { minLength: count, maxLength: count }),
        fc.constantFrom(-60, 0, 60).map((value) => Array<number>(count).fill(value)),
      );
      const sound = input(12_000, 3);
      fc.assert(
        fc.property(everyRaw, (numbers) => {
          processor.reset();
          processor.set(valuesOf(effect.parameters, numbers));
          expect(firstBroken(processAll(processor, sound))).toBe(-1);
        }),
        { numRuns: 40, seed: 5 },
      );
    });

    it.each(effect.settings.map((values, index) => [index, values] as const))(
      'gives the same however it is cut (setting %i)',
      (_, values) => {
        const sound = input(9000);
        processor.reset();
        processor.set(values);
        const expected = processAll(processor, sound);
        for (const sizes of [[1], [64], [128], [3, 509, 1, 64, 1027, 256, 17]]) {
          processor.reset();
          const output = processAll(processor, sound, sizes);
          output.forEach((channel, c) =>
            expect(Buffer.compare(bytes(channel), bytes(expected[c]!)), `${sizes}`).toBe(0),
          );
        }
      },
    );

    /** The effect's settings, one after another, each before the glide to the one before it is over. */
    const glideThrough = (sound: readonly Float32Array[], sizes: readonly number[]): Float32Array[] => {
      const settings = [...effect.settings, effect.decaying.values];
      processor.reset();
      processor.set(settings[0]!);
      const output = processor.outputs.map(() => new Float32Array(sound[0]!.length));
      for (let start = 0, turn = 1; start < sound[0]!.length; start += GLIDE_EVERY_SAMPLES, turn++) {
        const part = (channel: Float32Array) => channel.subarray(start, start + GLIDE_EVERY_SAMPLES);
        const processed = processAll(processor, sound.map(part), sizes);
        output.forEach((channel, c) => channel.set(processed[c]!, start));
        if (turn < 6) processor.glideTo(processor.design(settings[turn % settings.length]!));
      }
      return output;
    };

    it('gives the same however it is cut while it glides', () => {
      const sound = input(12_000);
      const expected = glideThrough(sound, [4096]);
      for (const sizes of [[1], [64], [128], [3, 509, 1, 64, 1027, 256, 17]])
        glideThrough(sound, sizes).forEach((channel, c) =>
          expect(Buffer.compare(bytes(channel), bytes(expected[c]!)), `${sizes}`).toBe(0),
        );
    });

    it('glides to where it is without a trace', () => {
      const [values] = effect.settings as [readonly number[]];
      const sound = input(4000);
      processor.set(values);
      processor.reset();
      const expected = processAll(processor, sound);
      processor.reset();
      processAll(
        processor,
        sound.map((channel) => channel.subarray(0, 1000)),
      ).forEach((channel, c) =>
        expect(Buffer.compare(bytes(channel), bytes(expected[c]!.subarray(0, 1000)))).toBe(0),
      );
      processor.glideTo(processor.design(values));
      processAll(
        processor,
        sound.map((channel) => channel.subarray(1000)),
      ).forEach((channel, c) =>
        expect(Buffer.compare(bytes(channel), bytes(expected[c]!.subarray(1000)))).toBe(0),
      );
    });

    it('forgets a glide with the sound', () => {
      const sound = input(6000, 4);
      const expected = processAll(fresh(effect.decaying.values), sound);
      glideThrough(input(3000), [100]);
      processor.glideTo(processor.design(effect.settings[0]!));
      processAll(processor, input(700), [50]);
      processor.glideTo(processor.design(effect.decaying.values));
      processor.reset();
      processAll(processor, sound).forEach((channel, c) =>
        expect(Buffer.compare(bytes(channel), bytes(expected[c]!))).toBe(0),
      );
    });

    it('is as new after a reset', () => {
      const [values] = effect.settings as [readonly number[]];
      const sound = input(9000, 11);
      const expected = processAll(fresh(values), sound);
      processor.set(values);
      processAll(processor, input(5000, 2), [33]);
      processor.reset();
      processAll(processor, sound).forEach((channel, c) =>
        expect(Buffer.compare(bytes(channel), bytes(expected[c]!))).toBe(0),
      );
    });

    it('decays to exact silence, without subnormal numbers', () => {
      const { values, decaySeconds } = effect.decaying;
      processor.reset();
      processor.set(values);
      processAll(processor, input(5000));
      const silence = new Float32Array(FIT_SAMPLE_RATE_HZ);
      let last: Float32Array[] = [];
      for (let second = 0; second <= decaySeconds; second++) {
        last = processAll(
          processor,
          processor.inputs.map(() => silence),
        );
        const subnormal = last.flatMap((channel) =>
          Array.from(channel.filter((sample) => sample !== 0 && Math.abs(sample) < SMALLEST_NORMAL)),
        );
        expect(subnormal, `second ${second}`).toEqual([]);
      }
      for (const channel of last) expect(channel.findLastIndex((sample) => sample !== 0)).toBe(-1);
    });

    it('refuses arrays that are too short', () => {
      const short = processor.inputs.map(() => new Float32Array(10));
      expect(() => processor.process(short, [new Float32Array(20), new Float32Array(20)], 20)).toThrow(
        RangeError,
      );
    });
  });
}

function bytes(channel: Float32Array): Uint8Array {
  return new Uint8Array(channel.buffer, channel.byteOffset, channel.byteLength);
}
