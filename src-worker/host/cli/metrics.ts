/** `voxfit metrics`: the four losses of an estimate against a target. */
import { UserError } from '#core/errors.ts';
import { FIT_SAMPLE_RATE_HZ } from '#core/units.ts';
import { parseArguments, parseRegion } from './arguments.ts';
import { readSound, resampled } from './audio-files.ts';
import { cutRegion, stereoChannels } from './channels.ts';
import type { Command } from './command.ts';
import { durationSeconds } from './pair.ts';
import { fourTerms } from './terms.ts';
import { warn } from './warnings.ts';

const COMMAND = 'metrics';
const MIN_SECONDS = 1;

const HELP = `voxfit metrics - how far one file is from another

Usage: voxfit metrics <estimate> <target> [--from S] [--to S] [--json]

  The losses that a fit minimises; lower is nearer. MSS compares spectra, MLDR
  dynamics, each of left/right and of mid/side:
  total = MSS l/r + 0.5 MSS m/s + 0.5 MLDR l/r + 0.25 MLDR m/s.
  Levels are compared as they are. Files at other rates are resampled to
  44.1 kHz, mono counts as two equal channels, and the longer file is cut.

Options:
  --from S, --to S  this region only, in seconds
  --json            {"mss_lr":...,"mss_ms":...,"mldr_lr":...,"mldr_ms":...,
                    "total":...}
  --help            this text

Example:
  voxfit metrics matched.wav wet.wav --from 5 --json
`;

async function run(argv: readonly string[]): Promise<number> {
  const { positionals, options } = parseArguments(argv, {
    command: COMMAND,
    positionals: ['estimate', 'target'],
    options: { from: 'value', to: 'value', json: 'flag' },
  });
  const region = parseRegion(options.from, options.to, COMMAND);
  const [estimate, target] = [await readSound(positionals[0]), await readSound(positionals[1])];
  const seconds = [estimate, target].map(durationSeconds);
  const [pred, wanted] = [
    stereoChannels(await resampled(estimate, FIT_SAMPLE_RATE_HZ), estimate.name),
    stereoChannels(await resampled(target, FIT_SAMPLE_RATE_HZ), target.name),
  ];
  const common = Math.min(pred[0].length, wanted[0].length);
  if (pred[0].length !== wanted[0].length)
    warn(
      `${estimate.name} lasts ${seconds[0].toFixed(3)} s and ${target.name} ${seconds[1].toFixed(3)} s; what they have in common is compared.`,
    );
  const cut = (channels: [Float32Array, Float32Array], name: string): [Float32Array, Float32Array] =>
    cutRegion(
      [channels[0].subarray(0, common), channels[1].subarray(0, common)] as [Float32Array, Float32Array],
      FIT_SAMPLE_RATE_HZ,
      region,
      name,
    );
  const [predCut, wantedCut] = [cut(pred, estimate.name), cut(wanted, target.name)];
  if (predCut[0].length < MIN_SECONDS * FIT_SAMPLE_RATE_HZ)
    throw new UserError(
      'bad-input',
      `Only ${(predCut[0].length / FIT_SAMPLE_RATE_HZ).toFixed(2)} s are left to compare; at least ${MIN_SECONDS} s is needed.`,
    );
  const { evaluateLosses } = await import('#core/losses/index.ts');
  const losses = evaluateLosses(predCut, wantedCut);
  const terms = fourTerms(losses);
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ ...terms, total: losses.total })}\n`
      : `${[
          `MSS   l/r  ${terms.mss_lr.toFixed(4)}`,
          `MSS   m/s  ${terms.mss_ms.toFixed(4)}`,
          `MLDR  l/r  ${terms.mldr_lr.toFixed(4)}`,
          `MLDR  m/s  ${terms.mldr_ms.toFixed(4)}`,
          `total      ${losses.total.toFixed(4)}`,
        ].join('\n')}\n`,
  );
  return 0;
}

export const metricsCommand: Command = { help: HELP, run };
