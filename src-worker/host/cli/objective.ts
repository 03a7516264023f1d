/** `voxfit objective`: the loss of a preset on a pair and its gradient, for comparing with other implementations. */
import { CHAIN_PARAMETERS, DEFAULT_LOG_DAMP_RAW } from '#core/chain/parameters.ts';
import { UserError } from '#core/errors.ts';
import { FIT_SAMPLE_RATE_HZ } from '#core/units.ts';
import { parseArguments, parseChoice, parseNumber, usageError } from './arguments.ts';
import { resampled } from './audio-files.ts';
import type { Command } from './command.ts';
import { durationSeconds, readPair } from './pair.ts';
import { readPreset } from './preset-file.ts';
import { fourTerms } from './terms.ts';

const COMMAND = 'objective';
const WARM_UP_SECONDS = 5;
const MIN_SCORED_SECONDS = 1;
/** The float64 reference takes about 1.6 GB for it. */
const MAX_SECONDS = 180;
const MODES = ['train', 'eval'] as const;

const HELP = `voxfit objective - the loss of a preset on a pair, and its gradient

Usage: voxfit objective <dry> <wet> --preset <preset.json> [options] --json

  The exact objective in training form, in double precision: the chain runs over
  the whole dry, and the first ${WARM_UP_SECONDS} s do not count. As for a fit, both files are
  brought to 44.1 kHz and -18 LUFS, and are aligned in time and polarity. It
  takes some seconds for every 12 s of sound.

Options:
  --preset FILE   the settings
  --mode MODE     eval (default), or train: the gradient of the delay time is
                  that of the damped surrogate, and the total contains its
                  regulariser
  --log-damp RAW  raw value of the surrogate's damping (default ${DEFAULT_LOG_DAMP_RAW})
  --no-align      keep the files' own alignment and polarity
  --no-normalise  keep the files' own levels
  --json          {"total":...,"terms":{...},"delay_reg":...,"grad":[...]}: grad
                  is with respect to the 151 raw values and the damping;
                  without --json, a summary by effect
  --help          this text

Example:
  voxfit objective dry.wav wet.wav --preset preset.json --mode train --json
`;

async function run(argv: readonly string[]): Promise<number> {
  const { positionals, options } = parseArguments(argv, {
    command: COMMAND,
    positionals: ['dry', 'wet'],
    options: {
      preset: 'value',
      mode: 'value',
      'log-damp': 'value',
      'no-align': 'flag',
      'no-normalise': 'flag',
      json: 'flag',
    },
  });
  if (options.preset === undefined)
    throw usageError(COMMAND, '--preset is missing: the settings to evaluate.');
  const mode = parseChoice(options.mode ?? 'eval', COMMAND, '--mode', MODES);
  const logDampRaw =
    options['log-damp'] === undefined
      ? DEFAULT_LOG_DAMP_RAW
      : parseNumber(options['log-damp'], {
          command: COMMAND,
          option: '--log-damp',
          what: 'a number',
          accepts: () => true,
        });
  const { raw } = await readPreset(options.preset);
  const { dry, wet } = await readPair(positionals[0], positionals[1], WARM_UP_SECONDS + MIN_SCORED_SECONDS);
  for (const sound of [dry, wet])
    if (durationSeconds(sound) > MAX_SECONDS)
      throw new UserError(
        'bad-input',
        `${sound.name} lasts ${durationSeconds(sound).toFixed(0)} s; the exact objective takes ${MAX_SECONDS} s at most: give it a part.`,
      );
  const { calibrate } = await import('#engine/calibrate.ts');
  const { dryMono, wet: wetAligned } = calibrate(
    await resampled(dry, FIT_SAMPLE_RATE_HZ),
    await resampled(wet, FIT_SAMPLE_RATE_HZ),
    { align: !options['no-align'], normalise: !options['no-normalise'] },
  );
  const [{ trainingGradient }, { MIN_STFT_SAMPLES }] = await Promise.all([
    import('#core/chain/training-gradient.ts'),
    import('#core/losses/multi-resolution-stft.ts'),
  ]);
  const warmupSamples = WARM_UP_SECONDS * FIT_SAMPLE_RATE_HZ;
  if (dryMono.length < warmupSamples + MIN_STFT_SAMPLES)
    throw new UserError(
      'bad-input',
      `Once aligned, ${dry.name} and ${wet.name} have ${(dryMono.length / FIT_SAMPLE_RATE_HZ).toFixed(2)} s in common; the first ${WARM_UP_SECONDS} s do not count, so nothing is left to compare.`,
    );
  const { total, terms, delayRegulariser, gradient } = trainingGradient(
    dryMono,
    wetAligned,
    Float64Array.of(...raw, logDampRaw),
    { mode, warmupSamples },
  );
  if (options.json) {
    const answer = {
      total,
      terms: fourTerms(terms),
      delay_reg: delayRegulariser,
      grad: Array.from(gradient),
    };
    process.stdout.write(`${JSON.stringify(answer)}\n`);
    return 0;
  }
  const lines = [
    `total ${total.toFixed(6)}   delay regulariser ${delayRegulariser.toExponential(3)}`,
    ...Object.entries(fourTerms(terms)).map(([name, value]) => `${name.padEnd(8)} ${value.toFixed(6)}`),
    'largest gradient entry by effect',
  ];
  for (const effect of ['eq', 'comp', 'delay', 'fdn', 'pan']) {
    const indices = CHAIN_PARAMETERS.flatMap(({ id }, i) => (id.split('.')[0] === effect ? [i] : []));
    const largest = indices.reduce((a, b) => (Math.abs(gradient[b]) > Math.abs(gradient[a]) ? b : a));
    lines.push(
      `  ${effect.padEnd(6)} ${gradient[largest].toExponential(3).padStart(10)}  ${CHAIN_PARAMETERS[largest].id}`,
    );
  }
  process.stdout.write(`${lines.join('\n')}\n`);
  return 0;
}

export const objectiveCommand: Command = { help: HELP, run };
