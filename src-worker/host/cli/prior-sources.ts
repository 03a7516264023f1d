/** Sets of presets on disk: published arrays, preset files, and folders of either. */
import { mkdir, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { UserError } from '#core/errors.ts';
import { dimensionsOfMask, INFORMATIVE_DIMENSIONS } from '#core/prior/dimensions.ts';
import { readPublishedRows } from '#core/preset/published-rows.ts';
import { commonDimensions, readPresetFolder, type FolderFile } from '#core/prior/preset-folder.ts';
import { readMask, readRowIndex } from '#core/prior/preset-set.ts';
import { parsePrior } from '#core/prior/prior-file.ts';
import type { PriorModel } from '#core/prior/model.ts';
import { usageError } from './arguments.ts';
import { readInput, readPreset } from './preset-file.ts';

export interface PresetSet {
  /** Raw vectors of 151 finite values. */
  readonly raws: Float64Array[];
  /** Names for messages and files: the file, and the row where there are several. */
  readonly names: string[];
  /** Positions of the values that count, where no mask is named. */
  readonly dimensions: readonly number[];
}

const isFolder = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isDirectory() ?? false;

async function readFolder(folder: string, isPicked: boolean): Promise<PresetSet> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files: FolderFile[] = [];
  for (const entry of entries) {
    if (!entry.isFile() || !/\.(json|npy)$/i.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    files.push({
      path: relative(folder, path).replaceAll(sep, '/'),
      label: path,
      sizeBytes: (await stat(path).catch(() => undefined))?.size ?? 0,
      read: () => readInput(path),
    });
  }
  const { problems, ...set } = await readPresetFolder(files, isPicked);
  const [problem] = problems;
  if (problem) throw problem;
  if (set.raws.length === 0)
    throw new UserError('bad-input', `There are no presets in the folder “${folder}”.`);
  return set;
}

/** All presets of one argument: an array, a preset file, or a folder. */
async function readSource(path: string, isPicked: boolean): Promise<PresetSet> {
  if (await isFolder(path)) return readFolder(path, isPicked);
  const dimensions = INFORMATIVE_DIMENSIONS;
  if (/\.json$/i.test(path)) return { raws: [(await readPreset(path)).raw], names: [path], dimensions };
  const raws = readPublishedRows(await readInput(path), `“${path}”`);
  const names = raws.map((_, row) => (raws.length === 1 ? path : `${path}, row ${row}`));
  return { raws, names, dimensions };
}

/**
 * The presets of all arguments. `rows` picks rows, in its order, and goes with one array only; `isPicked` whether an index
 * in a folder does.
 */
export async function readPresetSet(
  command: string,
  paths: readonly string[],
  rows: string | undefined,
  isPicked = true,
): Promise<PresetSet> {
  if (rows !== undefined && (paths.length !== 1 || (await isFolder(paths[0])) || /\.json$/i.test(paths[0])))
    throw usageError(command, '--rows picks the rows of one .npy array.');
  const sets: PresetSet[] = [];
  for (const path of paths) sets.push(await readSource(path, isPicked));
  const all: PresetSet = {
    raws: sets.flatMap(({ raws }) => raws),
    names: sets.flatMap(({ names }) => names),
    dimensions: commonDimensions(sets.map(({ dimensions }) => dimensions)),
  };
  if (rows === undefined) return all;
  const picked = readRowIndex(await readInput(rows), all.raws.length, `“${rows}”`);
  return {
    ...all,
    raws: picked.map((row) => all.raws[row]),
    names: picked.map((row) => all.names[row]),
  };
}

/** The dimensions of a mask file. */
export async function readDimensions(mask: string): Promise<readonly number[]> {
  return dimensionsOfMask(readMask(await readInput(mask), `“${mask}”`), `“${mask}”`);
}

/** The prior in a file. */
export async function readPrior(path: string): Promise<PriorModel> {
  return parsePrior(new TextDecoder().decode(await readInput(path)), `“${path}”`);
}

/** What a set is called: its file or folder; for the published `raw_params.npy`, the folder it lies in. */
export function setName(path: string): string {
  const name = basename(path).replace(/\.npy$/i, '');
  return name === 'raw_params' ? basename(dirname(resolve(path))) : name;
}

/** Makes a folder for output where there is none. Throws UserError('output'). */
export async function prepareFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await readdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'EEXIST' || code === 'ENOTDIR' ? 'it is a file, not a folder' : String(code);
    throw new UserError('output', `Cannot write into “${folder}”: ${reason}.`);
  }
}
