import { describe, expect, it } from 'vitest';
import { neutralRaw, PARAMETER_COUNT } from '#core/chain/parameters.ts';
import { UserError } from '#core/errors.ts';
import { formatNpy } from '#core/preset/npy.ts';
import { formatPreset } from '#core/preset/preset.ts';
import { INFORMATIVE_DIMENSIONS } from '#core/prior/dimensions.ts';
import { folderFile, type Folder } from '../../host/folder.ts';
import { evenly, nameOfFolder, ofFolder, ofLibrary } from './presets-to-learn.ts';

const setting = (seed: number): Float64Array => neutralRaw().map((value, i) => value + Math.sin(seed + i));
const preset = (seed: number): string => formatPreset({ raw: setting(seed) });
const folder = (
  files: Readonly<Record<string, string | Uint8Array<ArrayBuffer>>>,
  name = 'Lead',
): Folder => ({
  name,
  files: Object.entries(files).map(([path, contents]) => folderFile(path, new File([contents], path))),
});

describe('presets of a folder', () => {
  it('are its preset files, and what was left out is said', async () => {
    const { count, raws, dimensions, source, leftOut } = await ofFolder(
      folder({
        'a.json': preset(1),
        'b.json': preset(2),
        'broken.json': preset(3).slice(0, 3000),
        'c.txt': '',
      }),
    );
    expect([count, source]).toEqual([2, 'The folder “Lead”']);
    expect(raws).toEqual(Float32Array.from([...setting(1), ...setting(2)]));
    expect(dimensions).toBe(INFORMATIVE_DIMENSIONS);
    expect(leftOut).toMatch(/^; left out one file: “broken\.json” is not valid JSON[^.]*$/);
  });

  it('are rows in the published layout, as its index has it', async () => {
    const rows = Float32Array.from([1, 2, 3].flatMap((seed) => [...setting(seed)]));
    const index = Buffer.from(formatNpy([1], new Float64Array(1)));
    index.write('<i8', index.indexOf('<f8'));
    index.writeBigInt64LE(2n, index.length - 8);
    const published = folder({
      'raw_params.npy': new Uint8Array(formatNpy([3, PARAMETER_COUNT], rows)),
      'train_index.npy': new Uint8Array(index),
    });
    const { count, raws, leftOut } = await ofFolder(published);
    expect(count).toBe(1);
    expect(raws).toEqual(Float32Array.from(setting(3)));
    expect(leftOut).toBe('; left out 2 rows that its index does not name');
  });

  it('that has none are refused with a sentence', async () => {
    const none = ofFolder(folder({ 'notes.txt': 'x', 'other.json': '{}' }));
    await expect(none).rejects.toThrow(/^There are no presets in “Lead”; choose [^.]*\.json [^]*\.$/);
    await expect(ofFolder(folder({}, ''))).rejects.toThrow(/^There are no presets in that folder; /);
    const broken = ofFolder(folder({ 'a.json': preset(1).slice(0, 3000) }));
    await expect(broken).rejects.toThrow(/^“a\.json” is not valid JSON/);
  });

  it('that has gone meanwhile is said', async () => {
    const file = new File(['x'], 'a.json');
    file.arrayBuffer = () => Promise.reject(new DOMException('gone', 'NotReadableError'));
    const gone = ofFolder({ name: 'Lead', files: [folderFile('in/a.json', file)] });
    await expect(gone).rejects.toThrow(UserError);
    await expect(gone).rejects.toThrow(/^“in\/a\.json” cannot be read/);
  });

  it('give the prior a name', () => {
    expect(nameOfFolder(folder({}, ' Lead vocals '))).toBe('Lead vocals');
    expect(nameOfFolder(folder({}, ''))).toBe('My presets');
    expect(nameOfFolder(folder({}, 'x'.repeat(255)))).toHaveLength(200);
  });
});

describe('presets of the library', () => {
  it('are all of them, or as many as fit into a message, from everywhere', () => {
    expect(ofLibrary([setting(1)])).toMatchObject({
      count: 1,
      source: '1 preset of the library',
      leftOut: '',
    });
    const many = ofLibrary(Array.from({ length: 15_000 }, () => new Float32Array(PARAMETER_COUNT)));
    expect(many).toMatchObject({
      count: 12_000,
      leftOut: '; left out 3,000 presets, as a prior is learned from 12,000 at most',
    });
    expect(many.raws.byteLength).toBeLessThan(8 * 2 ** 20);
    expect(evenly([0, 1, 2, 3, 4, 5, 6, 7], 4)).toEqual([0, 2, 4, 6]);
    expect(evenly([0, 1, 2], 3)).toEqual([0, 1, 2]);
  });
});
