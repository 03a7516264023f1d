/** `voxfit render`: a file through a preset into a wav file. */
import { UserError } from '#core/errors.ts';
import { averageToMono, lengthSamples, type Audio } from '#core/signal/audio.ts';
import { FIT_SAMPLE_RATE_HZ } from '#core/units.ts';
import { parseArguments, parseChoice, parseNumber, usageError } from './arguments.ts';
import { DEPTHS, readSound, resampled, writeSound } from './audio-files.ts';
import type { Command } from './command.ts';
import { requireDistinctFiles, requireWavName, requireWritable } from './outputs.ts';
import { readPreset } from './preset-file.ts';
import { FORMS, STAGES, renderThroughChain } from './rendering.ts';
import { warn } from './warnings.ts';

const COMMAND = 'render';
const MIN_SECONDS = 1;
const MIN_RATE_HZ = 8000;
const MAX_RATE_HZ = 192_000;
const MAX_TAIL_SECONDS = 60;

const HELP = `voxfit render - play a file through a preset into a new file

Usage: voxfit render <in> <out.wav> --preset <preset.json> [options]

  The channels of <in> are averaged. Presets expect a vocal at -18 LUFS, so
  <in> is measured and brought there first. A preset made by a fit remembers its
  pair: the result gets the level, the polarity and the time offset of that wet
  file, so that the same dry gives what “voxfit fit --render” gave, and another
  take, at whatever level, takes its place. With --no-normalise nothing of this
  happens: the samples go through the chain untouched.

Options:
  --preset FILE   the settings
  --form FORM     realtime (default): the recursive chain, at any rate
                  training: the form that fits use, computed at 44.1 kHz and
                  then resampled
  --rate HZ       sample rate of <out.wav>, ${MIN_RATE_HZ} to ${MAX_RATE_HZ}
                  (default: that of <in>)
  --depth DEPTH   16 (with dither), 24 (default) or 32f
  --tail S        seconds to go on after the end of <in>, up to ${MAX_TAIL_SECONDS} (default 0:
                  <out.wav> is as long as <in>)
  --stage STAGE   what to write: eq, comp (both mono), delay, fdn (the reverb
                  alone) or final (default)
  --no-normalise  change no level, polarity or time offset
  --help          this text

Example:
  voxfit render take2.wav finished2.wav --preset preset.json --tail 3
`;

async function run(argv: readonly string[]): Promise<number> {
  const { positionals, options } = parseArguments(argv, {
    command: COMMAND,
    positionals: ['in', 'out.wav'],
    options: {
      preset: 'value',
      form: 'value',
      rate: 'value',
      depth: 'value',
      tail: 'value',
      stage: 'value',
      'no-normalise': 'flag',
    },
  });
  const [input, output] = positionals;
  if (options.preset === undefined) throw usageError(COMMAND, '--preset is missing: the settings to play.');
  requireWavName(COMMAND, output);
  const form = parseChoice(options.form ?? 'realtime', COMMAND, '--form', FORMS);
  const stage = parseChoice(options.stage ?? 'final', COMMAND, '--stage', STAGES);
  const depth = parseChoice(options.depth ?? '24', COMMAND, '--depth', DEPTHS);
  const rateHz =
    options.rate === undefined
      ? undefined
      : parseNumber(options.rate, {
          command: COMMAND,
          option: '--rate',
          what: `a whole number of Hz from ${MIN_RATE_HZ} to ${MAX_RATE_HZ}`,
          accepts: (value) => Number.isInteger(value) && value >= MIN_RATE_HZ && value <= MAX_RATE_HZ,
        });
  const tailSeconds =
    options.tail === undefined
      ? 0
      : parseNumber(options.tail, {
          command: COMMAND,
          option: '--tail',
          what: `a number of seconds from 0 to ${MAX_TAIL_SECONDS}`,
          accepts: (value) => value >= 0 && value <= MAX_TAIL_SECONDS,
        });
  await requireDistinctFiles(COMMAND, [input, options.preset], [output]);
  await requireWritable([output]);
  const preset = await readPreset(options.preset);
  const sound = await readSound(input);
  const sampleRateHz = rateHz ?? sound.sampleRateHz;
  const mono: Audio = { sampleRateHz: sound.sampleRateHz, channels: [averageToMono(sound)] };
  const inputSeconds = lengthSamples(mono) / mono.sampleRateHz;
  const isNormalised = !options['no-normalise'];
  const calibration = isNormalised ? preset.calibration : undefined;
  const rendered = await renderThroughChain(mono, {
    raw: preset.raw,
    form,
    stage,
    sampleRateHz,
    inputGain: isNormalised ? await inputGain(mono, sound.path) : 1,
    outputGain: calibration ? calibration.outputGain * calibration.polarity : 1,
    delaySeconds: calibration ? calibration.offsetSamples / FIT_SAMPLE_RATE_HZ : 0,
    lengthSamples: Math.round((inputSeconds + tailSeconds) * sampleRateHz),
  });
  const clipping = await writeSound(output, rendered, depth);
  if (clipping !== undefined) warn(clipping);
  return 0;
}

/** Linear gain that brings mono sound to the level of a fit, measured at the rate of a fit. */
async function inputGain(mono: Audio, path: string): Promise<number> {
  const [{ requireLength, requireSound }, { gainToFitLevel }] = await Promise.all([
    import('#audio/checks.ts'),
    import('#engine/calibrate.ts'),
  ]);
  requireLength(mono, path, MIN_SECONDS);
  requireSound(mono, path);
  const atFitRate = await resampled(mono, FIT_SAMPLE_RATE_HZ);
  try {
    return gainToFitLevel(atFitRate);
  } catch (error) {
    if (error instanceof RangeError)
      throw new UserError(
        'bad-input',
        `“${path}” is too quiet for its loudness to be measured; --no-normalise renders it as it is.`,
      );
    throw error;
  }
}

export const renderCommand: Command = { help: HELP, run };
