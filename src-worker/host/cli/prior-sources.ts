/** Sets of presets on disk: published arrays, preset files, and folders of either. */
import { mkdir, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '#core/errors.ts';
import { PRESET_FORMAT, parsePreset } from '#core/preset/preset.ts';
import { dimensionsOfMask, INFORMATIVE_DIMENSIONS } from '#core/prior/dimensions.ts';
import { readPublishedRows } from '#core/preset/published-rows.ts';
import { holdsPublishedRows, readMask, readRowIndex } from '#core/prior/preset-set.ts';
import { parsePrior } from '#core/prior/prior-file.ts';
import type { PriorModel } from '#core/prior/model.ts';
import { usageError } from './arguments.ts';
import { readInput, readPreset } from './preset-file.ts';

export interface PresetSet {
  /** Raw vectors of 151 finite values. */
  readonly raws: Float64Array[];
  /** Names for messages and files: the file, and the row where there are several. */
  readonly names: string[];
}

/** Whether text is meant to be a preset: other JSON in a folder is none of our business. */
const looksLikePreset = (text: string): boolean =>
  new RegExp(`"format"\\s*:\\s*"${PRESET_FORMAT}"`).test(text.slice(0, 2000));

const isFolder = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isDirectory() ?? false;

async function readFolder(folder: string): Promise<PresetSet> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const set: PresetSet = { raws: [], names: [] };
  for (const path of paths.filter((name) => /\.json$/i.test(name))) {
    const text = new TextDecoder().decode(await readInput(path));
    if (!looksLikePreset(text)) continue;
    set.raws.push(parsePreset(text, `“${path}”`).raw);
    set.names.push(path);
  }
  if (set.raws.length > 0) return set;
  for (const path of paths.filter((name) => /\.npy$/i.test(name))) {
    const bytes = await readInput(path);
    if (holdsPublishedRows(bytes)) append(set, path, readPublishedRows(bytes, `“${path}”`));
  }
  if (set.raws.length === 0)
    throw new UserError('bad-input', `There are no presets in the folder “${folder}”.`);
  return set;
}

function append(set: PresetSet, path: string, raws: readonly Float64Array[]): void {
  raws.forEach((raw, row) => {
    set.raws.push(raw);
    set.names.push(raws.length === 1 ? path : `${path}, row ${row}`);
  });
}

/** All presets of one argument: an array, a preset file, or a folder. */
async function readSource(path: string): Promise<PresetSet> {
  if (await isFolder(path)) return readFolder(path);
  if (/\.json$/i.test(path)) return { raws: [(await readPreset(path)).raw], names: [path] };
  const set: PresetSet = { raws: [], names: [] };
  append(set, path, readPublishedRows(await readInput(path), `“${path}”`));
  return set;
}

/** The presets of all arguments. `rows` picks rows, in its order, and goes with one array only. */
export async function readPresetSet(
  command: string,
  paths: readonly string[],
  rows: string | undefined,
): Promise<PresetSet> {
  if (rows !== undefined && (paths.length !== 1 || (await isFolder(paths[0])) || /\.json$/i.test(paths[0])))
    throw usageError(command, '--rows picks the rows of one .npy array.');
  const sets: PresetSet[] = [];
  for (const path of paths) sets.push(await readSource(path));
  const all: PresetSet = {
    raws: sets.flatMap(({ raws }) => raws),
    names: sets.flatMap(({ names }) => names),
  };
  if (rows === undefined) return all;
  const picked = readRowIndex(await readInput(rows), all.raws.length, `“${rows}”`);
  return { raws: picked.map((row) => all.raws[row]), names: picked.map((row) => all.names[row]) };
}

/** The dimensions of a mask file, or the informative ones. */
export async function readDimensions(mask: string | undefined): Promise<readonly number[]> {
  if (mask === undefined) return INFORMATIVE_DIMENSIONS;
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
