/** `voxfit prior check`: whether presets drawn from a prior can all be played. */
import { Random } from '#core/optimise/random.ts';
import { SAMPLERS, samplePrior } from '#core/prior/sampling.ts';
import { FIT_SAMPLE_RATE_HZ, gainToDb } from '#core/units.ts';
import { UserError } from '#core/errors.ts';
import { loadKernelModule } from '#engine/kernel-module.ts';
import { renderRealtime } from '#engine/render.ts';
import { parseArguments, parseChoice, parseNumber } from './arguments.ts';
import { readPrior } from './prior-sources.ts';

const COMMAND = 'prior check';
const SOUND_SECONDS = 0.25;
const TAIL_SECONDS = 1.75;
/** Peak of the test sound. */
const SOUND_PEAK = 0.5;
const PARTS = 8;

export interface PlayedSample {
  readonly isFinite: boolean;
  /** Peak of what comes out over the peak of what goes in. */
  readonly peakDb: number;
  /** Power of the last quarter of a second over that of the loudest: above 0, something grows. */
  readonly tailDb: number;
}

/** Plays a quarter of a second of noise through a setting, and listens to it and to 1.75 s after it. */
export function soundOf(module: WebAssembly.Module, raw: Float64Array): PlayedSample {
  const random = new Random(1);
  const sound = Float32Array.from(
    { length: SOUND_SECONDS * FIT_SAMPLE_RATE_HZ },
    () => SOUND_PEAK * random.signed(),
  );
  const channels = renderRealtime(module, sound, raw, {
    sampleRateHz: FIT_SAMPLE_RATE_HZ,
    tailSeconds: TAIL_SECONDS,
  });
  let peak = 0;
  const power = new Float64Array(PARTS);
  for (const channel of channels)
    channel.forEach((sample, n) => {
      peak = Math.max(peak, Math.abs(sample));
      power[Math.min(PARTS - 1, Math.floor((n * PARTS) / channel.length))] += sample * sample;
    });
  const loudest = Math.max(1e-20, ...power.subarray(0, PARTS - 1));
  return {
    isFinite: power.every(Number.isFinite),
    peakDb: gainToDb(peak / SOUND_PEAK),
    tailDb: 10 * Math.log10(power[PARTS - 1] / loudest),
  };
}

export async function checkPrior(argv: readonly string[]): Promise<number> {
  const { positionals, options } = parseArguments(argv, {
    command: COMMAND,
    positionals: ['prior'],
    options: { n: 'value', seed: 'value', sampler: 'value', json: 'flag' },
  });
  const whole = (option: string, text: string, least: number): number =>
    parseNumber(text, {
      command: COMMAND,
      option,
      what: `a whole number from ${least}`,
      accepts: (value) => Number.isSafeInteger(value) && value >= least,
    });
  const count = whole('--n', options.n ?? '1000', 1);
  const seed = whole('--seed', options.seed ?? '1', 0);
  const sampler = parseChoice(options.sampler ?? 'gaussian', COMMAND, '--sampler', SAMPLERS);
  const model = await readPrior(positionals[0]);
  const module = await loadKernelModule();
  const played = samplePrior(model, count, { seed, temperature: 1, sampler }).map((raw) =>
    soundOf(module, raw),
  );
  const broken = played.filter(({ isFinite, tailDb }) => !isFinite || tailDb > 0).length;
  const peakDb = Math.max(...played.map((sample) => sample.peakDb));
  if (options.json)
    process.stdout.write(`${JSON.stringify({ samples: count, broken, loudest_peak_db: peakDb })}\n`);
  else
    process.stdout.write(
      `${count} samples played, ${broken} of them not finite or growing; the loudest peak is ${peakDb.toFixed(1)} dB over the input’s.\n`,
    );
  if (broken > 0) throw new UserError('bad-input', `${broken} of ${count} samples cannot be played.`);
  return 0;
}
