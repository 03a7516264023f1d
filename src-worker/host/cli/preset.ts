/** `voxfit preset`: import and export of the published layout, and a readable table. */
import { basename } from 'node:path';
import { parseArguments, parseNumber, usageError } from './arguments.ts';
import type { Command } from './command.ts';
import { requireDistinctFiles, requireWritable, writeOutput } from './outputs.ts';
import { readInput, readPreset } from './preset-file.ts';

const HELP = `voxfit preset - import, export or show presets

Usage: voxfit preset import <npy> [--row N] --out <preset.json>
       voxfit preset export <preset.json> --out <file.npy>
       voxfit preset show <preset.json>

  import  takes row N (the first is 0) of a float array of shape (rows, 151),
          the published layout of raw values; a single row needs no --row
  export  writes a float32 array of shape (1, 151)
  show    prints the settings as a table

Options:
  --row N     the row to import
  --out FILE  the file to write
  --help      this text

Examples:
  voxfit preset import raw_params.npy --row 21 --out liz.json
  voxfit preset show liz.json
  voxfit preset export liz.json --out liz.npy
`;

async function importPreset(argv: readonly string[]): Promise<number> {
  const command = 'preset import';
  const { positionals, options } = parseArguments(argv, {
    command,
    positionals: ['npy'],
    options: { row: 'value', out: 'value' },
  });
  const [input] = positionals;
  if (options.out === undefined) throw usageError(command, '--out is missing: where to write the preset.');
  const row =
    options.row === undefined
      ? undefined
      : parseNumber(options.row, {
          command,
          option: '--row',
          what: 'a row number from 0',
          accepts: (value) => Number.isInteger(value) && value >= 0,
        });
  await requireDistinctFiles(command, [input], [options.out]);
  await requireWritable([options.out]);
  const bytes = await readInput(input);
  const [{ readPublishedRow }, { formatPreset }] = await Promise.all([
    import('#core/preset/published-rows.ts'),
    import('#core/preset/preset.ts'),
  ]);
  const raw = readPublishedRow(bytes, row, `“${input}”`);
  await writeOutput(options.out, formatPreset({ name: `${basename(input)}, row ${row ?? 0}`, raw }));
  return 0;
}

async function exportPreset(argv: readonly string[]): Promise<number> {
  const command = 'preset export';
  const { positionals, options } = parseArguments(argv, {
    command,
    positionals: ['preset'],
    options: { out: 'value' },
  });
  const [input] = positionals;
  if (options.out === undefined) throw usageError(command, '--out is missing: where to write the array.');
  await requireDistinctFiles(command, [input], [options.out]);
  await requireWritable([options.out]);
  const { raw } = await readPreset(input);
  const { writePublishedRow } = await import('#core/preset/published-rows.ts');
  await writeOutput(options.out, writePublishedRow(raw));
  return 0;
}

async function showPreset(argv: readonly string[]): Promise<number> {
  const { positionals } = parseArguments(argv, {
    command: 'preset show',
    positionals: ['preset'],
    options: {},
  });
  const preset = await readPreset(positionals[0]);
  const { formatPresetTable } = await import('#core/preset/table.ts');
  process.stdout.write(formatPresetTable(preset));
  return 0;
}

const ACTIONS: Readonly<Record<string, (argv: readonly string[]) => Promise<number>>> = {
  import: importPreset,
  export: exportPreset,
  show: showPreset,
};

export const presetCommand: Command = {
  help: HELP,
  async run(argv) {
    const [action, ...rest] = argv;
    const names = Object.keys(ACTIONS).join(', ');
    if (action === undefined) throw usageError('preset', `Say what to do with the preset: ${names}.`);
    if (!Object.hasOwn(ACTIONS, action)) throw usageError('preset', `“${action}” is not one of ${names}.`);
    return ACTIONS[action](rest);
  },
};
