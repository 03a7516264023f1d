/** `voxfit sheet`: a preset as a page to print. */
import { basename } from 'node:path';
import { gainToDb } from '#core/units.ts';
import type { Preset } from '#core/preset/preset.ts';
import type { SheetFact } from '#core/sheet/settings-sheet.ts';
import { parseArguments, parseNumber, usageError } from './arguments.ts';
import type { Command } from './command.ts';
import { requireDistinctFiles, requireWritable, writeOutput } from './outputs.ts';
import { readPreset } from './preset-file.ts';

const LEAST_TEMPO_BPM = 30;
const LARGEST_TEMPO_BPM = 300;

const HELP = `voxfit sheet - a preset as a page to print

Usage: voxfit sheet <preset.json> --out <sheet.html> [--tempo BPM]

  Every value in engineers' units, the curves as pictures, and what each value
  means on other equipment, as one HTML page for a browser to show or print.

Options:
  --out FILE   the page to write
  --tempo BPM  quarter notes a minute: gives the delay as note values
  --help       this text

Example:
  voxfit sheet liz.json --out liz.html --tempo 112
`;

const COMMAND = 'sheet';

const decibels = (gain: number): string => `${gainToDb(gain).toFixed(1)} dB`.replace('-', '−');

/** Where the preset comes from, as far as it says. */
function factsOf({ calibration, fit }: Preset): SheetFact[] {
  return [
    ...(fit
      ? [
          { label: 'Dry vocal', text: basename(fit.dry) },
          { label: 'Target', text: basename(fit.wet) },
          { label: 'Fit', text: `loss ${fit.initialLoss.toFixed(3)} to ${fit.loss.toFixed(3)}` },
        ]
      : []),
    ...(calibration
      ? [
          { label: 'Gain before the chain', text: `${decibels(calibration.inputGain)}, for that recording` },
          {
            label: 'Gain after the chain',
            text: `${decibels(calibration.outputGain)}, to the level of the target`,
          },
        ]
      : []),
  ];
}

/** When it was fitted; today, where it does not say. */
function dateOf({ fit }: Preset): Date {
  const fitted = new Date(fit?.date ?? '');
  return Number.isNaN(fitted.getTime()) ? new Date() : fitted;
}

async function run(argv: readonly string[]): Promise<number> {
  const { positionals, options } = parseArguments(argv, {
    command: COMMAND,
    positionals: ['preset'],
    options: { out: 'value', tempo: 'value' },
  });
  const [input] = positionals;
  if (options.out === undefined) throw usageError(COMMAND, '--out is missing: where to write the page.');
  const tempoBpm =
    options.tempo === undefined
      ? null
      : parseNumber(options.tempo, {
          command: COMMAND,
          option: '--tempo',
          what: `a number of beats a minute from ${LEAST_TEMPO_BPM} to ${LARGEST_TEMPO_BPM}`,
          accepts: (value) => value >= LEAST_TEMPO_BPM && value <= LARGEST_TEMPO_BPM,
        });
  await requireDistinctFiles(COMMAND, [input], [options.out]);
  await requireWritable([options.out]);
  const preset = await readPreset(input);
  const [{ settingsSheet }, { FULL_AMOUNTS }] = await Promise.all([
    import('#core/sheet/settings-sheet.ts'),
    import('#core/chain/amount.ts'),
  ]);
  await writeOutput(
    options.out,
    settingsSheet({
      name: preset.name ?? basename(input),
      raw: preset.raw,
      bypassed: [],
      amounts: FULL_AMOUNTS,
      tempoBpm,
      date: dateOf(preset).toLocaleDateString('en-GB', { dateStyle: 'long' }),
      facts: factsOf(preset),
    }),
  );
  return 0;
}

export const sheetCommand: Command = { help: HELP, run };
