import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { describeWithShared, sharedPath } from '../../test-support/shared-data.ts';
import { neutralRaw, PARAMETER_COUNT } from '../chain/parameters.ts';
import { UserError } from '../errors.ts';
import { formatNpy } from '../preset/npy.ts';
import { formatPreset } from '../preset/preset.ts';
import { INFORMATIVE_DIMENSIONS } from './dimensions.ts';
import { readPresetFolder, type FolderFile } from './preset-folder.ts';

const setting = (seed: number): Float64Array =>
  Float64Array.from(Float32Array.from(neutralRaw(), (value, i) => value + Math.sin(seed + i)));
const preset = (seed: number): string => formatPreset({ raw: setting(seed) });
const rows = (...seeds: number[]): Uint8Array =>
  formatNpy([seeds.length, PARAMETER_COUNT], Float32Array.from(seeds.flatMap((seed) => [...setting(seed)])));

/** A list of integers (`<i8`) or booleans (`|b1`), which formatNpy does not write. */
function list(values: readonly number[], type: '<i8' | '|b1'): Uint8Array {
  const template = Buffer.from(formatNpy([values.length], new Float64Array(values.length)));
  const head = template.subarray(0, template.length - 8 * values.length);
  head.write(type, head.indexOf('<f8'));
  const data = type === '|b1' ? Uint8Array.from(values) : BigInt64Array.from(values, BigInt);
  return Buffer.concat([head, new Uint8Array(data.buffer)]);
}

const file = (path: string, contents: string | Uint8Array, sizeBytes?: number): FolderFile => {
  const bytes = typeof contents === 'string' ? new TextEncoder().encode(contents) : contents;
  return { path, label: path, sizeBytes: sizeBytes ?? bytes.length, read: () => Promise.resolve(bytes) };
};

describe('a folder of presets', () => {
  it('gives its preset files in order, wherever they lie, and nothing else', async () => {
    const found = await readPresetFolder([
      file('z.json', preset(3)),
      file('a/b.JSON', preset(1)),
      file('a.json', preset(2)),
      file('info.json', '{"shopping": ["bread"]}'),
      file('notes.txt', 'x'),
      file('.trash/old.json', preset(4)),
      file('a/.hidden.json', preset(5)),
      file('huge.json', preset(6), 2 ** 30),
      file('raw_params.npy', rows(7, 8)),
    ]);
    expect(found).toEqual({
      raws: [2, 1, 3].map(setting),
      names: ['a.json', 'a/b.JSON', 'z.json'],
      dimensions: INFORMATIVE_DIMENSIONS,
      unpickedRows: 0,
      problems: [],
    });
  });

  it('says what is wrong with a preset that cannot be read, and gives the others', async () => {
    const gone = file('c.json', '');
    const { raws, problems } = await readPresetFolder([
      file('a.json', preset(1)),
      file('b.json', preset(2).slice(0, 4000)),
      { ...gone, read: () => Promise.reject(new UserError('bad-input', '“c.json” is gone.')) },
    ]);
    expect(raws).toEqual([setting(1)]);
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^“b\.json” is not valid JSON/),
      '“c.json” is gone.',
    ]);
  });

  it('without any is empty', async () => {
    expect(await readPresetFolder([file('notes.txt', 'x'), file('square.npy', rows().slice(0, 9))])).toEqual({
      ...{ raws: [], names: [], dimensions: INFORMATIVE_DIMENSIONS, unpickedRows: 0, problems: [] },
    });
  });
});

describe('a folder in the published layout', () => {
  const mask = list(
    Array.from({ length: PARAMETER_COUNT }, (_, i) => Number(i < 9)),
    '|b1',
  );

  it('gives the rows that its index names, and the values that its mask keeps', async () => {
    const published = [
      file('set/raw_params.npy', rows(1, 2, 3, 4)),
      file('set/train_index.npy', list([3, 1], '<i8')),
      file('set/feature_mask.npy', mask),
    ];
    expect(await readPresetFolder(published)).toEqual({
      raws: [4, 2].map(setting),
      names: ['set/raw_params.npy, row 3', 'set/raw_params.npy, row 1'],
      dimensions: [0, 1, 2, 3, 4, 5, 6, 7, 8],
      unpickedRows: 2,
      problems: [],
    });
    const all = await readPresetFolder(published, false);
    expect(all.raws).toEqual([1, 2, 3, 4].map(setting));
    // They belong to the array beside them, and to no other.
    const other = [file('mine.npy', rows(5)), ...published.map(({ path, ...rest }) => ({ ...rest, path }))];
    expect((await readPresetFolder(other)).names).toEqual([
      'mine.npy',
      'set/raw_params.npy, row 3',
      'set/raw_params.npy, row 1',
    ]);
  });

  it('with an index or a mask that does not fit is left out with a sentence', async () => {
    const found = await readPresetFolder([
      file('a/raw_params.npy', rows(1, 2)),
      file('a/train_index.npy', list([2], '<i8')),
      file('b/raw_params.npy', rows(3, 4)),
      file('b/feature_mask.npy', list([1, 0], '|b1')),
      file('c/raw_params.npy', rows(5)),
    ]);
    expect(found.raws).toEqual([setting(5)]);
    expect(found.problems.map(({ message }) => message)).toEqual([
      '“a/train_index.npy” names row 2, but there are 2 rows (the first is row 0).',
      expect.stringMatching(/^“b\/feature_mask\.npy” has 2 entries/),
    ]);
  });

  it('uses the values that all masks keep', async () => {
    const second = list(
      Array.from({ length: PARAMETER_COUNT }, (_, i) => Number(i > 6)),
      '|b1',
    );
    const third = list(
      Array.from({ length: PARAMETER_COUNT }, (_, i) => Number(i > 20)),
      '|b1',
    );
    const set = (name: string, of: Uint8Array): FolderFile[] => [
      file(`${name}/raw_params.npy`, rows(1)),
      file(`${name}/feature_mask.npy`, of),
    ];
    expect((await readPresetFolder([...set('a', mask), ...set('b', second)])).dimensions).toEqual([7, 8]);
    await expect(readPresetFolder([...set('a', mask), ...set('b', third)])).rejects.toThrow(
      /no value in common/,
    );
  });
});

describeWithShared('the published dataset', () => {
  it('is read as its authors used it', async () => {
    const published = (name: string): FolderFile =>
      file(name, readFileSync(sharedPath(`diffvox-presets/internal/${name}`)));
    const names = ['raw_params.npy', 'train_index.npy', 'feature_mask.npy', 'info.json'];
    const { raws, dimensions, unpickedRows, problems } = await readPresetFolder(names.map(published));
    expect([raws.length, unpickedRows, problems]).toEqual([365, 20, []]);
    expect(dimensions).toEqual(INFORMATIVE_DIMENSIONS);
  });
});
