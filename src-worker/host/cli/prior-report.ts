/** `voxfit prior report`: the analysis of a set of presets as a page with its figures and tables. */
import { basename, join } from 'node:path';
import { trainPrior, type PriorModel } from '#core/prior/model.ts';
import { priorReport } from '#core/prior/report.ts';
import { parseArguments, usageError } from './arguments.ts';
import { writeOutput } from './outputs.ts';
import { prepareFolder, readDimensions, readPresetSet, setName } from './prior-sources.ts';

const COMMAND = 'prior report';

export async function reportSet(argv: readonly string[]): Promise<number> {
  const { positionals, options } = parseArguments(argv, {
    command: COMMAND,
    positionals: ['npy|folder'],
    options: { out: 'value', rows: 'value', mask: 'value', compare: 'value' },
  });
  const { out, rows, mask, compare } = options;
  if (out === undefined) throw usageError(COMMAND, '--out is missing: the folder to write into.');
  await prepareFolder(out);
  const given = mask === undefined ? undefined : await readDimensions(mask);
  const analysed = async (
    path: string,
    rowsPath: string | undefined,
    wanted: readonly number[] | undefined,
  ): Promise<{ model: PriorModel; raws: Float64Array[] }> => {
    const { raws, dimensions } = await readPresetSet(COMMAND, [path], rowsPath);
    const provenance = {
      name: setName(path),
      source: basename(path),
      licence: '',
      date: new Date().toISOString().slice(0, 10),
    };
    return { model: trainPrior(raws, { dimensions: wanted ?? dimensions, provenance }), raws };
  };
  const set = await analysed(positionals[0], rows, given);
  const compared =
    compare === undefined ? undefined : await analysed(compare, undefined, set.model.dimensions);
  for (const [name, text] of priorReport({ ...set, compared })) await writeOutput(join(out, name), text);
  process.stdout.write(`Wrote “${join(out, 'report.html')}” and its tables and figures.\n`);
  return 0;
}
