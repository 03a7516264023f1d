import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CHAIN_PARAMETERS, neutralRaw, parameterIndex } from '#core/chain/parameters.ts';
import { physicalToRaw } from '#core/parameter.ts';
import { formatPreset, type PresetFit } from '#core/preset/preset.ts';
import { temporaryFolder, voxfit } from './test-program.ts';

const folder = temporaryFolder();
const file = (name: string): string => join(folder, name);
const raw = neutralRaw();
const time = parameterIndex('delay.time');
raw[time] = physicalToRaw(CHAIN_PARAMETERS[time]!, 375);
const fit: PresetFit = {
  loss: 0.9,
  initialLoss: 3.25,
  terms: { mss_lr: 0.2, mss_ms: 0.3, mldr_lr: 0.2, mldr_ms: 0.2 },
  steps: 100,
  evaluations: 400,
  elapsedSeconds: 12,
  stopped: 'converged',
  seed: 1,
  dry: '/music/<dry>.wav',
  wet: '/music/wet.wav',
  date: '2026-03-04T05:06:07Z',
};

describe('voxfit sheet', () => {
  it('writes a page with the values, note values and where they come from', () => {
    writeFileSync(file('liz.json'), formatPreset({ name: 'Liz', raw, fit }));
    const outcome = voxfit('sheet', file('liz.json'), '--out', file('liz.html'), '--tempo', '120');
    expect(outcome).toEqual({ code: 0, stdout: '', stderr: '' });
    const page = readFileSync(file('liz.html'), 'utf8');
    expect(page).toMatch(/^<!DOCTYPE html>/);
    for (const text of [
      '<h1>Liz</h1>',
      '4 March 2026',
      '1/8 dotted at 120.0 BPM',
      '375 ms',
      '3.250 to 0.900',
    ])
      expect(page).toContain(text);
    expect(page).toContain('<dd>&lt;dry&gt;.wav</dd>');
  });

  it('takes the name of the file, and today, for a preset that says neither', () => {
    writeFileSync(file('plain.json'), formatPreset({ raw, fit: { ...fit, date: 'some day' } }));
    expect(voxfit('sheet', file('plain.json'), '--out', file('plain.html')).code).toBe(0);
    const page = readFileSync(file('plain.html'), 'utf8');
    expect(page).toContain('<h1>plain.json</h1>');
    expect(page).toContain(String(new Date().getFullYear()));
    expect(page).not.toMatch(/Invalid Date|BPM/);
  });

  it.each([
    [['sheet', file('liz.json')], 2, /--out is missing/],
    [['sheet', file('liz.json'), '--out', file('liz.json')], 2, /would overwrite the input/],
    [['sheet', file('liz.json'), '--out', file('x.html'), '--tempo', '500'], 2, /--tempo needs .* 30 to 300/],
    [['sheet', file('none.json'), '--out', file('x.html')], 3, /there is no such file/],
  ])('%j ends with one sentence and no page', (argv, code, sentence) => {
    const outcome = voxfit(...argv);
    expect(outcome).toMatchObject({ code, stdout: '' });
    expect(outcome.stderr).toMatch(sentence);
    expect(outcome.stderr.trim().split('\n')).toHaveLength(1);
    expect(existsSync(file('x.html'))).toBe(false);
  });
});
