/** What a prior is learned from: settings, and the sentence that says what they are and what was left out. */
import { PARAMETER_COUNT } from '#core/chain/parameters.ts';
import { UserError } from '#core/errors.ts';
import { INFORMATIVE_DIMENSIONS } from '#core/prior/dimensions.ts';
import { readPresetFolder } from '#core/prior/preset-folder.ts';
import type { Folder } from '../../host/folder.ts';

/** What fits into one message to the engine. */
const MOST_TO_LEARN = 12_000;
const MAX_NAME = 200;
const MAX_SOURCE = 300;

export interface PresetsToLearn {
  readonly count: number;
  /** 151 numbers a preset. */
  readonly raws: Float32Array;
  /** Positions of the values that count. */
  readonly dimensions: readonly number[];
  /** Kept in the prior. */
  readonly source: string;
  /** What was left out, for the end of a sentence; empty where nothing was. */
  readonly leftOut: string;
}

const counted = (count: number, one: string, several: string): string =>
  count === 1 ? `1 ${one}` : `${count.toLocaleString('en')} ${several}`;

/** One of them for every `count / most`. */
export function evenly<T>(items: readonly T[], most: number): readonly T[] {
  if (items.length <= most) return items;
  return Array.from({ length: most }, (_, i) => items[Math.floor((i * items.length) / most)]!);
}

function together(
  raws: readonly ArrayLike<number>[],
  source: string,
  dimensions: readonly number[],
  leftOut: readonly string[],
): PresetsToLearn {
  const some = evenly(raws, MOST_TO_LEARN);
  const all = new Float32Array(some.length * PARAMETER_COUNT);
  some.forEach((raw, i) => {
    all.set(raw, i * PARAMETER_COUNT);
  });
  const rest = raws.length - some.length;
  const tooMany = `${counted(rest, 'preset', 'presets')}, as a prior is learned from ${MOST_TO_LEARN.toLocaleString('en')} at most`;
  const parts = rest > 0 ? [...leftOut, tooMany] : leftOut;
  return {
    count: some.length,
    raws: all,
    dimensions,
    source: source.slice(0, MAX_SOURCE),
    leftOut: parts.length === 0 ? '' : `; left out ${parts.join(' and ')}`,
  };
}

/** Settings of the library. */
export function ofLibrary(raws: readonly ArrayLike<number>[]): PresetsToLearn {
  return together(
    raws,
    `${counted(raws.length, 'preset', 'presets')} of the library`,
    INFORMATIVE_DIMENSIONS,
    [],
  );
}

/** What a prior of a folder is called. */
export const nameOfFolder = ({ name }: Folder): string => name.trim().slice(0, MAX_NAME) || 'My presets';

/** What lies in a folder. Throws UserError('bad-input') where that are no presets. */
export async function ofFolder(folder: Folder): Promise<PresetsToLearn> {
  const { raws, dimensions, unpickedRows, problems } = await readPresetFolder(folder.files);
  const [problem] = problems;
  if (raws.length === 0)
    throw (
      problem ??
      new UserError(
        'bad-input',
        `There are no presets in ${folder.name === '' ? 'that folder' : `“${folder.name}”`}; choose a folder of .json presets, or with the published raw_params.npy.`,
      )
    );
  return together(raws, `The folder “${folder.name}”`, dimensions, [
    ...(unpickedRows > 0
      ? [counted(unpickedRows, 'row that its index does not name', 'rows that its index does not name')]
      : []),
    ...(problem
      ? [
          problems.length === 1
            ? `one file: ${problem.message.replace(/\.$/, '')}`
            : `${problems.length} files, the first because ${problem.message.replace(/\.$/, '')}`,
        ]
      : []),
  ]);
}
