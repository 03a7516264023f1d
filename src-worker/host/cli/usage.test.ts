import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatPreset } from '#core/preset/preset.ts';
import { neutralRaw } from '#core/chain/parameters.ts';
import { singing, temporaryFolder, voxfit, wavFile } from './test-program.ts';

const COMMANDS = [
  'fit',
  'render',
  'metrics',
  'objective',
  'preset',
  'prior',
  'sheet',
  'loudness',
  'devices',
  'serve',
];
const folder = temporaryFolder();
const sound = wavFile(join(folder, 'sound.wav'), [singing(1.5, 44_100)]);
const preset = join(folder, 'preset.json');
writeFileSync(preset, formatPreset({ raw: neutralRaw() }));

describe('help', () => {
  it('is short work, and names every command', () => {
    const start = performance.now();
    const { code, stdout, stderr } = voxfit('--help');
    const seconds = (performance.now() - start) / 1000;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const command of COMMANDS) expect(stdout).toContain(`\n  ${command} `);
    // 0.3 s is promised; a busy machine may take longer.
    expect(seconds).toBeLessThan(1);
  });

  it.each(COMMANDS)('of %s has usage and an example, and fits into 80 columns', (command) => {
    for (const argv of [
      [command, '--help'],
      ['help', command],
    ]) {
      const { code, stdout } = voxfit(...argv);
      expect(code).toBe(0);
      expect(stdout).toContain(`voxfit ${command}`);
      expect(stdout).toMatch(/\nUsage: /);
      expect(stdout).toMatch(/\nExamples?:\n {2}voxfit /);
      for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    }
  });

  it('is printed on stderr when no command is given', () => {
    const { code, stdout, stderr } = voxfit();
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('Commands:');
  });

  it('has a version beside it', () => {
    expect(voxfit('--version').stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('wrong usage', () => {
  const out = join(folder, 'never.json');
  it.each([
    [['fiit'], /“fiit” is not a command of voxfit. Did you mean fit\?/],
    [['fit', 'a.wav', '--out', out], /<wet> is missing/],
    [['fit', 'a.wav', 'b.wav'], /--out is missing/],
    [['fit', 'a.wav', 'b.wav', 'c.wav', '--out', out], /“c.wav” is one argument too many/],
    [['fit', 'a', 'b', '--out', out, '--bugdet', '3'], /--bugdet .*Did you mean --budget\?/],
    [
      ['fit', 'a', 'b', '--out', out, '--backend', 'cuda'],
      /--backend must be one of auto, cpu, webgpu, not “cuda”/,
    ],
    [
      ['fit', 'a', 'b', '--out', out, '--budget', 'soon'],
      /--budget needs a number of seconds above 0, not “soon”/,
    ],
    [['fit', 'a', 'b', '--out', out, '--budget', '0'], /--budget/],
    [['fit', 'a', 'b', '--out', out, '--budget', '3', '--steps', '4'], /either --budget or --steps/],
    [['fit', 'a', 'b', '--out', out, '--steps', '1.5'], /--steps/],
    [['fit', 'a', 'b', '--out', out, '--seed', '-1'], /--seed/],
    [['fit', 'a', 'b', '--out', out, '--threads', '0'], /--threads/],
    [['fit', 'a', 'b', '--out', out, '--from', '9', '--to', '3'], /--to must lie after --from/],
    [['fit', 'a', 'b', '--out', out, '--lock', 'eq', 'delay.tiem'], /“delay.tiem” .* Close: delay.time/],
    [['fit', 'a', 'b', '--out', out, '--lock'], /--lock needs a value/],
    [['fit', sound, sound, '--out', sound], /would overwrite the input/],
    [['fit', sound, sound, '--out', out, '--render', out], /are the same file/],
    [['render', sound, join(folder, 'x.wav')], /--preset is missing/],
    [['render', sound, sound, '--preset', preset], /would overwrite the input/],
    [
      ['render', sound, join(folder, 'x.wav'), '--preset', preset, '--depth', '8'],
      /--depth must be one of 16, 24, 32f/,
    ],
    [
      ['render', sound, join(folder, 'x.wav'), '--preset', preset, '--stage', 'reverb'],
      /--stage must be one of/,
    ],
    [['render', sound, join(folder, 'x.wav'), '--preset', preset, '--rate', '100'], /--rate needs/],
    [['render', sound, join(folder, 'x.wav'), '--preset', preset, '--tail', '-1'], /--tail needs/],
    [['render', sound, 'x.mp3', '--preset', preset], /ends in .wav/],
    [['metrics', sound], /<target> is missing/],
    [['metrics', sound, sound, '--from', 'x'], /--from needs/],
    [['objective', sound, sound], /--preset is missing/],
    [['objective', sound, sound, '--preset', preset, '--mode', 'test'], /--mode must be one of train, eval/],
    [['preset'], /Say what to do/],
    [['preset', 'delete', preset], /“delete” is not one of import, export, show/],
    [['preset', 'import', 'x.npy', '--row', '0'], /--out is missing/],
    [['preset', 'import', 'x.npy', '--row', '-1', '--out', out], /--row needs/],
    [['preset', 'export', preset, '--out', preset], /would overwrite the input/],
    [['preset', 'show'], /<preset> is missing/],
    [['loudness'], /<file> is missing/],
    [['serve', '--port', '70000'], /--port needs a whole number from 0 to 65535/],
    [['serve', 'a.voxfit', 'b.voxfit'], /“b.voxfit” is one argument too many: expected <session.voxfit>/],
  ])('%j ends with 2 and one sentence', (argv, sentence) => {
    const { code, stdout, stderr } = voxfit(...argv);
    expect(stderr).toMatch(sentence);
    expect(stderr).toMatch(/^voxfit: [^\n]*See “voxfit [^\n]*--help”\.\n$/);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  it('sees through links and other spellings of an input', () => {
    const link = join(folder, 'link.wav');
    symlinkSync(sound, link);
    mkdirSync(join(folder, 'sub'));
    for (const output of [link, join(folder, 'sub', '..', 'sound.wav')]) {
      const { code, stderr } = voxfit('render', sound, output, '--preset', preset);
      expect(code).toBe(2);
      expect(stderr).toContain('would overwrite the input');
    }
  });

  it('leaves no file behind', () => {
    expect(readdirSync(folder).sort()).toEqual(['link.wav', 'preset.json', 'sound.wav', 'sub']);
  });
});

describe('a defect of ours', () => {
  it('is one line with a hint, and a trace only on request', () => {
    const failing = ['--import', 'data:text/javascript,JSON.stringify=()=>{throw new Error("oh no")}'];
    const program = join(import.meta.dirname, '../../../bin/voxfit.js');
    const run = (debug: string): { status: number | null; stderr: string } =>
      spawnSync(process.execPath, [...failing, program, 'loudness', sound, '--json'], {
        encoding: 'utf8',
        env: { ...process.env, VOXFIT_DEBUG: debug },
      });
    const plain = run('');
    expect(plain.status).toBe(1);
    expect(plain.stderr).toMatch(/^voxfit: unexpected error, please report it: oh no .*VOXFIT_DEBUG=1.*\n$/);
    expect(run('1').stderr).toMatch(/\n\s+at /);
  });
});
