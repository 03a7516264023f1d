/** `voxfit prior sample`: new presets drawn from a prior. */
import { join } from 'node:path';
import { CHAIN_PARAMETERS, PARAMETER_COUNT, parametersUnder } from '#core/chain/parameters.ts';
import { didYouMean } from '#core/preset/closest.ts';
import { formatNpy } from '#core/preset/npy.ts';
import { formatPreset } from '#core/preset/preset.ts';
import { SAMPLERS, samplePrior } from '#core/prior/sampling.ts';
import { parseArguments, parseChoice, parseNumber, usageError } from './arguments.ts';
import { writeOutput } from './outputs.ts';
import { readPreset } from './preset-file.ts';
import { prepareFolder, readPrior } from './prior-sources.ts';

const COMMAND = 'prior sample';
const MOST_SAMPLES = 100_000;
const HIGHEST_TEMPERATURE = 5;

/** Raw values to keep, by position. Each word is `preset.json:ID`, or an ID that goes with the last preset named. */
async function readLocks(words: readonly string[]): Promise<Map<number, number>> {
  const locked = new Map<number, number>();
  let raw: Float64Array | undefined;
  for (const word of words) {
    const colon = word.lastIndexOf(':');
    const selector = word.slice(colon + 1);
    if (colon >= 0) raw = (await readPreset(word.slice(0, colon))).raw;
    if (raw === undefined)
      throw usageError(COMMAND, `--lock “${word}” names no preset: write it as preset.json:${word}.`);
    const indices = parametersUnder(selector);
    if (indices.length === 0)
      throw usageError(
        COMMAND,
        `“${selector}” is neither a parameter nor a part of the chain.${didYouMean(
          selector,
          CHAIN_PARAMETERS.flatMap(({ id }) => [id, id.split('.')[0]]),
        )}`,
      );
    for (const index of indices) locked.set(index, raw[index]);
  }
  if (locked.size === PARAMETER_COUNT)
    throw usageError(COMMAND, 'Everything is locked, so there is nothing to sample.');
  return locked;
}

export async function samplePresets(argv: readonly string[]): Promise<number> {
  const { positionals, options } = parseArguments(argv, {
    command: COMMAND,
    positionals: ['prior'],
    options: {
      n: 'value',
      seed: 'value',
      temperature: 'value',
      sampler: 'value',
      lock: 'list',
      out: 'value',
      npy: 'flag',
    },
  });
  if (options.out === undefined) throw usageError(COMMAND, '--out is missing: the folder to write into.');
  if (options.n === undefined) throw usageError(COMMAND, '--n is missing: how many presets to draw.');
  if (options.seed === undefined) throw usageError(COMMAND, '--seed is missing: any whole number.');
  const count = parseNumber(options.n, {
    command: COMMAND,
    option: '--n',
    what: `a whole number from 1 to ${MOST_SAMPLES}`,
    accepts: (value) => Number.isInteger(value) && value >= 1 && value <= MOST_SAMPLES,
  });
  const seed = parseNumber(options.seed, {
    command: COMMAND,
    option: '--seed',
    what: 'a whole number',
    accepts: Number.isSafeInteger,
  });
  const temperature = parseNumber(options.temperature ?? '1', {
    command: COMMAND,
    option: '--temperature',
    what: `a number from 0 to ${HIGHEST_TEMPERATURE}`,
    accepts: (value) => value >= 0 && value <= HIGHEST_TEMPERATURE,
  });
  const sampler = parseChoice(options.sampler ?? 'gaussian', COMMAND, '--sampler', SAMPLERS);
  const model = await readPrior(positionals[0]);
  const locked = await readLocks(options.lock);
  await prepareFolder(options.out);
  const samples = samplePrior(model, count, { seed, temperature, sampler, locked });
  if (options.npy) {
    const data = new Float64Array(count * PARAMETER_COUNT);
    samples.forEach((raw, i) => {
      data.set(raw, i * PARAMETER_COUNT);
    });
    await writeOutput(join(options.out, 'samples.npy'), formatNpy([count, PARAMETER_COUNT], data));
    return 0;
  }
  const digits = Math.max(3, String(count).length);
  for (const [i, raw] of samples.entries()) {
    const number = String(i + 1).padStart(digits, '0');
    const name = `${model.provenance.name}, seed ${seed}, ${number}`;
    await writeOutput(join(options.out, `sample-${number}.json`), formatPreset({ name, raw }));
  }
  return 0;
}
