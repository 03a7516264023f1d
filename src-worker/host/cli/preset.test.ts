import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatNpy, parseNpy } from '#core/preset/npy.ts';
import { describeWithShared, sharedPath } from '../../test-support/shared-data.ts';
import { temporaryFolder, voxfit } from './test-program.ts';

const folder = temporaryFolder();
const file = (name: string): string => join(folder, name);
const importAndExport = (source: string, ...args: string[]): Float32Array => {
  expect(voxfit('preset', 'import', source, ...args, '--out', file('p.json'))).toMatchObject({
    code: 0,
    stderr: '',
  });
  expect(voxfit('preset', 'export', file('p.json'), '--out', file('p.npy'))).toMatchObject({
    code: 0,
    stderr: '',
  });
  const { shape, dtype, data } = parseNpy(readFileSync(file('p.npy')));
  expect({ shape, dtype }).toEqual({ shape: [1, 151], dtype: 'f4' });
  return data as Float32Array;
};

describe('voxfit preset', () => {
  const rows = Float32Array.from({ length: 3 * 151 }, (_, i) => 5 * Math.sin(i * i));
  writeFileSync(file('rows.npy'), formatNpy([3, 151], rows));

  it('imports and exports float32 rows bit by bit', () => {
    expect(importAndExport(file('rows.npy'), '--row', '2')).toEqual(rows.slice(2 * 151));
  });

  it('asks for the row where there are several', () => {
    const { code, stderr } = voxfit('preset', 'import', file('rows.npy'), '--out', file('no.json'));
    expect(code).toBe(2);
    expect(stderr).toMatch(/3 rows; say which one with --row 0 to 2/);
  });

  it('lets a value edited by hand count, in show and export', () => {
    importAndExport(file('rows.npy'), '--row', '1');
    const text = readFileSync(file('p.json'), 'utf8');
    const edited = text.replace(/("eq.pk1.gain": \{ "value": )[-\d.]+/, '$1-4.25');
    expect(edited).not.toBe(text);
    writeFileSync(file('edited.json'), edited);
    expect(voxfit('preset', 'show', file('edited.json')).stdout).toMatch(/Peak 1 +-4\.25 dB/);
    expect(voxfit('preset', 'export', file('edited.json'), '--out', file('edited.npy')).code).toBe(0);
    const values = parseNpy(readFileSync(file('edited.npy'))).data as Float32Array;
    expect(values).toEqual(Float32Array.of(-4.25, ...rows.slice(151 + 1, 2 * 151)));
  });
});

describeWithShared('the published presets', () => {
  it.each([
    ['internal', 0],
    ['internal', 384],
    ['medleydb', 21],
  ])('%s, row %d, survive import and export bit by bit', (set, row) => {
    const source = sharedPath(`diffvox-presets/${set}/raw_params.npy`);
    const { data } = parseNpy(readFileSync(source));
    expect(importAndExport(source, '--row', String(row))).toEqual(data.slice(row * 151, (row + 1) * 151));
  });
});
