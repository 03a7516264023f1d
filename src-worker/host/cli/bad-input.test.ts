import { openSync, readFileSync, readdirSync, mkdirSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { neutralRaw } from '#core/chain/parameters.ts';
import { formatNpy } from '#core/preset/npy.ts';
import { formatPreset } from '#core/preset/preset.ts';
import { encodeWav } from '#audio/wav.ts';
import { noise, singing, temporaryFolder, voxfit, wavFile } from './test-program.ts';

const RATE = 44_100;
const folder = temporaryFolder();
const outputs = join(folder, 'outputs');
mkdirSync(outputs);
const file = (name: string): string => join(folder, name);
const written = (name: string, bytes: Uint8Array | string): string => {
  writeFileSync(file(name), bytes);
  return file(name);
};

const good = wavFile(file('good.wav'), [singing(2, RATE)]);
const goodBytes = readFileSync(good);
const preset = written('preset.json', formatPreset({ raw: neutralRaw() }));
const nanSamples = singing(2, RATE);
nanSamples[40_000] = 0;
const nanBytes = Buffer.from(encodeWav({ sampleRateHz: RATE, channels: [nanSamples] }, '32f'));
// The last sample of the file becomes NaN.
nanBytes.writeFloatLE(NaN, nanBytes.length - 4);
const rateBytes = Buffer.from(goodBytes);
rateBytes.writeUInt32LE(700, 24);

/** Sounds that no command can use, with what must be said about them. */
const SOUNDS: readonly (readonly [string, string, RegExp])[] = [
  ['missing', file('missing.wav'), /does not exist/],
  ['a folder', outputs, /folder/],
  ['empty', written('empty.wav', ''), /empty/],
  ['truncated', written('cut.wav', goodBytes.subarray(0, goodBytes.length / 2)), /cut off/],
  ['not audio', written('text.wav', 'These are words, not sound. '.repeat(500)), /not an audio file/],
  ['zero samples', wavFile(file('zero.wav'), [new Float32Array(0)]), /0 samples/],
  ['NaN samples', written('nan.wav', nanBytes), /NaN/],
  ['an unsupported rate', written('rate.wav', rateBytes), /rate/],
];
/** Sounds that are fine, but not to work with. */
const UNUSABLE: readonly (readonly [string, string, RegExp])[] = [
  ['silent', wavFile(file('silent.wav'), [new Float32Array(2 * RATE)]), /silent/],
  ['shorter than 1 s', wavFile(file('short.wav'), [singing(0.9, RATE)]), /at least 1 s/],
];

const expectRefusal = (argv: readonly string[], sentence: RegExp): void => {
  const { code, stdout, stderr } = voxfit(...argv);
  expect(stderr).toMatch(/^voxfit: [^\n]+[.?]\n$/);
  expect(stderr).toMatch(sentence);
  expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
  expect(readdirSync(outputs)).toEqual([]);
};
const fit = (dry: string, wet: string): string[] => [
  'fit',
  dry,
  wet,
  '--out',
  join(outputs, 'p.json'),
  '--render',
  join(outputs, 'r.wav'),
];
const render = (input: string, presetFile = preset): string[] => [
  'render',
  input,
  join(outputs, 'o.wav'),
  '--preset',
  presetFile,
];

describe('sound that cannot be used', () => {
  it.each([...SOUNDS, ...UNUSABLE])('%s: ends with 3, one sentence, no file', (_, path, sentence) => {
    expectRefusal(fit(path, good), sentence);
    expectRefusal(fit(good, path), sentence);
    expectRefusal(render(path), sentence);
  });

  it.each(SOUNDS)('%s: in the commands that only measure, too', (_, path, sentence) => {
    expectRefusal(['metrics', good, path], sentence);
    expectRefusal(['loudness', path, '--json'], sentence);
    expectRefusal(['objective', path, good, '--preset', preset, '--json'], sentence);
  });

  it('a pair of different lengths', () => {
    const longer = wavFile(file('longer.wav'), [singing(2.3, RATE)]);
    expectRefusal(fit(longer, good), /2\.30 s .* 2\.00 s: they differ by more than 10 %/);
    expectRefusal(fit(good, longer), /differ by more than 10 %/);
  });

  it('a wet with more than two channels', () => {
    const surround = wavFile(
      file('surround.wav'),
      [1, 2, 3, 4, 5, 6].map((seed) => noise(2 * RATE, seed)),
    );
    expectRefusal(fit(good, surround), /6 channels/);
    expectRefusal(['metrics', good, surround], /6 channels/);
  });

  it('a region with too little in it', () => {
    expectRefusal([...fit(good, good), '--from', '1.5'], /0\.50 s/);
    expectRefusal([...fit(good, good), '--from', '5'], /0\.00 s/);
    expectRefusal(['metrics', good, good, '--from', '5'], /nothing is left after --from 5/);
    expectRefusal(['metrics', good, good, '--from', '1.5'], /0\.50 s/);
  });
});

describe('presets that cannot be used', () => {
  const text = readFileSync(preset, 'utf8');
  it.each([
    ['missing', file('none.json'), /there is no such file/],
    ['empty', written('empty.json', ''), /not valid JSON/],
    ['not JSON', written('sound.json', goodBytes), /not valid JSON/],
    ['cut off', written('cut.json', text.slice(0, 5000)), /not valid JSON/],
    ['of another program', written('other.json', '{"a":1}'), /not a Voxfit preset/],
    ['from the future', written('new.json', text.replace('"version": 1', '"version": 7')), /newer Voxfit/],
    [
      'with too few values',
      written('few.json', text.replace(/"raw": \[\n[^\n]*\n/, '"raw": [\n')),
      /151 numbers/,
    ],
  ])('%s: in every command that reads one', (_, path, sentence) => {
    expectRefusal(render(good, path), sentence);
    expectRefusal([...fit(good, good), '--init', path], sentence);
    expectRefusal(['objective', good, good, '--preset', path, '--json'], sentence);
    expectRefusal(['preset', 'show', path], sentence);
    expectRefusal(['preset', 'export', path, '--out', join(outputs, 'p.npy')], sentence);
  });
});

describe('arrays that cannot be used', () => {
  const rows = new Float32Array(2 * 151);
  const withNan = rows.slice();
  withNan[151] = NaN;
  it.each([
    ['missing', file('none.npy'), /there is no such file/],
    ['not an array', written('words.npy', 'not an array at all'), /words.npy.*not a NumPy/],
    ['of another shape', written('shape.npy', formatNpy([2, 130], new Float32Array(260))), /\(2, 130\)/],
    ['cut off', written('cut.npy', formatNpy([2, 151], rows).subarray(0, 700)), /should hold/],
    ['with too few rows', written('one.npy', formatNpy([1, 151], rows.slice(0, 151))), /1 row.* no row 1/],
    ['with NaN', written('nan.npy', formatNpy([2, 151], withNan)), /NaN in row 1, column 0/],
  ])('%s', (_, path, sentence) => {
    expectRefusal(['preset', 'import', path, '--row', '1', '--out', join(outputs, 'p.json')], sentence);
  });
});

describe('places that cannot be written', () => {
  const npy = written('fine.npy', formatNpy([1, 151], Float32Array.from(neutralRaw())));
  it.each([
    ['a folder that does not exist', join(folder, 'no', 'such', 'x'), /does not exist/],
    ['a path under a file', join(good, 'x'), /not a folder/],
    ['a folder', outputs, /is a folder/],
    ['a system without files of ours', '/proc/x', /Cannot write/],
  ])('%s: found out before the work begins', (_, path, sentence) => {
    // The sound does not exist: that is only noticed afterwards.
    expectRefusal(['fit', file('missing.wav'), good, '--out', path], sentence);
    expectRefusal(
      ['fit', file('missing.wav'), good, '--out', join(outputs, 'p.json'), '--report', path],
      sentence,
    );
    expectRefusal(['render', file('missing.wav'), path, '--preset', preset], sentence);
    expectRefusal(['preset', 'import', npy, '--out', path], sentence);
  });

  it('a full disk', () => {
    expectRefusal(['preset', 'import', npy, '--out', '/dev/full'], /no space left/);
    expectRefusal(['render', good, '/dev/full', '--preset', preset], /no space left/);
  });

  it('a full disk under the standard output', () => {
    const program = join(import.meta.dirname, '../../../bin/voxfit.js');
    const { status } = spawnSync(process.execPath, [program, 'loudness', good, '--json'], {
      stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
    });
    expect(status).toBe(3);
  });
});
