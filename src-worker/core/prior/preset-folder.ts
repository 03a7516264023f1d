/**
 * The presets of a folder that a prior is learned from: its preset files or, where there are none, rows in the published
 * layout. Beside the published `raw_params.npy`, `train_index.npy` picks the rows and `feature_mask.npy` the values that
 * count. Files whose name, or whose folder's, begins with a dot (a library's trash) count as not there.
 */
import { PARAMETER_COUNT } from '../chain/parameters.ts';
import { UserError } from '../errors.ts';
import { PRESET_FORMAT, parsePreset } from '../preset/preset.ts';
import { readPublishedRows } from '../preset/published-rows.ts';
import { dimensionsOfMask, INFORMATIVE_DIMENSIONS } from './dimensions.ts';
import { holdsPublishedRows, readMask, readRowIndex } from './preset-set.ts';

/** Files that are under way at a time. */
const READS = 16;
/** A preset takes 14 kB, a hundred thousand rows 60 MB; larger files are something else under their name. */
const MAX_JSON_BYTES = 4 << 20;
const MAX_ARRAY_BYTES = 512 << 20;

const ARRAY = 'raw_params.npy';
const INDEX = 'train_index.npy';
const MASK = 'feature_mask.npy';

/** Whether a file is one that says how the published rows are used: it holds no presets. */
export const isCompanion = (name: string): boolean => name === INDEX || name === MASK;

/** Whether a file's name, or that of a folder around it, begins with a dot. */
export const isHidden = (path: string): boolean => /(^|\/)\./.test(path);

export interface FolderFile {
  /** In the folder, with `/` between its parts. */
  readonly path: string;
  /** What messages call it. */
  readonly label: string;
  readonly sizeBytes: number;
  /** Throws UserError('bad-input') where it cannot be read. */
  read(): Promise<Uint8Array>;
}

export interface FolderPresets {
  /** Raw vectors of 151 finite values. */
  readonly raws: Float64Array[];
  /** Of each: its file's label, and the row where there are several. */
  readonly names: string[];
  /** Positions of the values that count: those that every mask keeps, or the informative ones. */
  readonly dimensions: readonly number[];
  /** Rows that an index does not name. */
  readonly unpickedRows: number;
  /** What is wrong with each file that is meant to hold presets, and was left out. */
  readonly problems: readonly UserError[];
}

/** Whether text is meant to be a preset: other JSON in a folder is none of our business. */
const looksLikePreset = (text: string): boolean =>
  new RegExp(`"format"\\s*:\\s*"${PRESET_FORMAT}"`).test(text.slice(0, 2000));

/**
 * @param isPicked whether an index picks rows; otherwise all of them count
 * @returns no presets, and no problems, for a folder without any
 */
export async function readPresetFolder(
  files: readonly FolderFile[],
  isPicked = true,
): Promise<FolderPresets> {
  const seen = files
    .filter(({ path }) => !isHidden(path))
    .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  const documents = await readDocuments(
    seen.filter(({ path, sizeBytes }) => /\.json$/i.test(path) && sizeBytes <= MAX_JSON_BYTES),
  );
  if (documents.raws.length > 0 || documents.problems.length > 0) return documents;
  return readArrays(
    seen.filter(({ path, sizeBytes }) => /\.npy$/i.test(path) && sizeBytes <= MAX_ARRAY_BYTES),
    isPicked,
  );
}

/** What `work` gives, or the UserError that it ends with. */
async function attempt<T>(work: () => Promise<T>): Promise<T | UserError> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}

async function readDocuments(files: readonly FolderFile[]): Promise<FolderPresets> {
  const raws: Float64Array[] = [];
  const names: string[] = [];
  const problems: UserError[] = [];
  for (let from = 0; from < files.length; from += READS) {
    const some = files.slice(from, from + READS);
    const found = await Promise.all(
      some.map((file) =>
        attempt(async () => {
          const text = new TextDecoder().decode(await file.read());
          return looksLikePreset(text) ? parsePreset(text, `“${file.label}”`).raw : null;
        }),
      ),
    );
    found.forEach((raw, i) => {
      if (raw instanceof UserError) problems.push(raw);
      else if (raw) {
        raws.push(raw);
        names.push(some[i].label);
      }
    });
  }
  return { raws, names, dimensions: INFORMATIVE_DIMENSIONS, unpickedRows: 0, problems };
}

async function readArrays(files: readonly FolderFile[], isPicked: boolean): Promise<FolderPresets> {
  const raws: Float64Array[] = [];
  const names: string[] = [];
  const problems: UserError[] = [];
  const masks: (readonly number[])[] = [];
  let unpickedRows = 0;
  for (const file of files) {
    const found = await attempt(async () => {
      const bytes = await file.read();
      if (!holdsPublishedRows(bytes)) return null;
      const rows = readPublishedRows(bytes, `“${file.label}”`);
      const beside = besides(file, files);
      const index = isPicked ? beside(INDEX) : undefined;
      const mask = beside(MASK);
      return {
        rows,
        picked: index && readRowIndex(await index.read(), rows.length, `“${index.label}”`),
        mask: mask && dimensionsOfMask(readMask(await mask.read(), `“${mask.label}”`), `“${mask.label}”`),
      };
    });
    if (found instanceof UserError) problems.push(found);
    else if (found) {
      const { rows, picked = Array.from(rows.keys()), mask } = found;
      for (const row of picked) {
        raws.push(rows[row]);
        names.push(rows.length === 1 ? file.label : `${file.label}, row ${row}`);
      }
      unpickedRows += rows.length - picked.length;
      if (mask) masks.push(mask);
    }
  }
  return { raws, names, dimensions: commonDimensions(masks), unpickedRows, problems };
}

/** Finds what lies beside the published array; nothing does so for other arrays. */
function besides(
  { path }: FolderFile,
  files: readonly FolderFile[],
): (name: string) => FolderFile | undefined {
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  if (path !== `${folder}${ARRAY}`) return () => undefined;
  return (name) => files.find((other) => other.path === `${folder}${name}`);
}

/** What all masks keep; the informative values where there is none. Throws UserError('bad-input') if that is nothing. */
export function commonDimensions(masks: readonly (readonly number[])[]): readonly number[] {
  if (masks.length === 0) return INFORMATIVE_DIMENSIONS;
  const common = Array.from({ length: PARAMETER_COUNT }, (_, index) => index).filter((index) =>
    masks.every((mask) => mask.includes(index)),
  );
  if (common.length === 0)
    throw new UserError(
      'bad-input',
      `The masks (${MASK}) have no value in common; learn from one of the folders at a time.`,
    );
  return common;
}
