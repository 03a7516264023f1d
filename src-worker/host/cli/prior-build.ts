/** `voxfit prior build`. */
import { basename } from 'node:path';
import { trainPrior } from '#core/prior/model.ts';
import { formatPrior } from '#core/prior/prior-file.ts';
import { parseArguments, usageError } from './arguments.ts';
import { requireDistinctFiles, requireWritable, writeOutput } from './outputs.ts';
import { readDimensions, readPresetSet } from './prior-sources.ts';
import { priorSummary } from './prior-info.ts';

const COMMAND = 'prior build';

/** As the first argument, then more: sources need no option. */
export async function buildPrior(argv: readonly string[]): Promise<number> {
  const { positionals, options } = parseArguments(argv, {
    command: COMMAND,
    positionals: ['npy|folder'],
    optionalPositionals: Array.from({ length: argv.length }, () => 'npy|folder'),
    options: {
      out: 'value',
      rows: 'value',
      mask: 'value',
      name: 'value',
      source: 'value',
      licence: 'value',
    },
  });
  const { out, rows, mask } = options;
  if (out === undefined) throw usageError(COMMAND, '--out is missing: where to write the prior.');
  const inputs = [...positionals, ...[rows, mask].filter((path) => path !== undefined)];
  await requireDistinctFiles(COMMAND, inputs, [out]);
  await requireWritable([out]);
  const masked = mask === undefined ? undefined : await readDimensions(mask);
  const { raws, dimensions } = await readPresetSet(COMMAND, positionals, rows);
  const model = trainPrior(raws, {
    dimensions: masked ?? dimensions,
    provenance: {
      name: options.name ?? basename(out).replace(/\.json$/i, ''),
      source: options.source ?? positionals.map((path) => basename(path)).join(', '),
      licence: options.licence ?? 'as the presets it was made from',
      date: new Date().toISOString().slice(0, 10),
    },
  });
  await writeOutput(out, formatPrior(model));
  process.stdout.write(priorSummary(model));
  return 0;
}
