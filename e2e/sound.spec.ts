/** What reaches the sound card, sample by sample. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { decodeFile } from '#audio/decode.ts';
import { bestGain, breaksOfPeriod, findOffset, residualDb } from './support/compare.ts';
import { positionSeconds, typeValue } from './support/flow.ts';
import { expect, RATE_HZ, test, untilPlayable } from './support/fixtures.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const PROGRAM = join(ROOT, 'bin/voxfit.js');
const DEMO = join(ROOT, 'resources/demo');

/** Loads the demo's known settings from its preset. */
async function loadDemoSettings(page: Page): Promise<void> {
  const chooser = page.waitForEvent('filechooser');
  await page.getByTestId('menu').click();
  await page.getByTestId('menu-preset.load').click();
  await (await chooser).setFiles(join(DEMO, 'demo-settings.json'));
  await expect(page.getByTestId('undo')).toHaveAttribute('aria-label', /Load/);
}

test('what is heard is what an offline render and an export give', async ({ window, card, folders }) => {
  await untilPlayable(window);
  await loadDemoSettings(window);
  // At the target's own level, as exports are.
  await window.getByTestId('match-loudness').uncheck({ force: true });
  const recording = await card.record();
  await window.getByTestId('play').click();
  await expect.poll(() => positionSeconds(window)).toBeGreaterThan(8);
  await window.getByTestId('stop').click();
  const heard = await recording.stop();

  await window.keyboard.press('ControlOrMeta+e');
  await window.getByTestId('export-depth').selectOption('32f');
  await window.getByTestId('export-accept').click();
  await window.getByTestId('file-name').fill('Heard');
  await window.getByTestId('file-name-accept').click();
  await expect(window.getByText(/Wrote “Heard.wav”/)).toBeVisible({ timeout: 30_000 });
  const exported = await decodeFile(join(folders.library, 'Heard.wav'));
  expect(exported.sampleRateHz).toBe(RATE_HZ);

  const rendered = join(folders.library, 'rendered.wav');
  execFileSync(process.execPath, [
    PROGRAM,
    ...['render', join(DEMO, 'dry.wav'), '--preset', join(DEMO, 'demo-settings.json'), '--out', rendered],
  ]);
  const offline = await decodeFile(rendered);

  const [from, to] = [0.5 * RATE_HZ, 7 * RATE_HZ];
  const offset = findOffset(heard.left, exported.channels[0]!, 2 * RATE_HZ);
  for (const [c, side] of [heard.left, heard.right].entries()) {
    expect(residualDb(side, exported.channels[c]!, offset, from, to)).toBeLessThan(-60);
    const gain = bestGain(side, offline.channels[c]!, offset, from, to);
    const scaled = offline.channels[c]!.map((sample) => gain * sample);
    expect(residualDb(side, scaled, offset, from, to)).toBeLessThan(-60);
  }
});

test('nothing is missing in a minute of looped playback while a fit uses every core', async ({
  window,
  card,
}) => {
  await untilPlayable(window);
  await window.getByTestId('monitor-dry').check({ force: true });
  await window.keyboard.press('l');
  await expect(window.getByTestId('loop')).toHaveAttribute('aria-pressed', 'true');
  const session = JSON.parse(readFileSync(join(DEMO, 'demo.voxfit'), 'utf8')) as object;
  expect(session).toBeTruthy();
  const { channels } = await decodeFile(join(DEMO, 'dry.wav'));
  const period = channels[0]!.length;
  await window.getByTestId('play').click();
  const recording = await card.record();
  await window.getByTestId('fit-start').click();
  await window.waitForTimeout(60_000);
  const { left } = await recording.stop();
  // The dry alone repeats exactly; a gap or a repeated block breaks the period.
  expect(left.length).toBeGreaterThan(55 * RATE_HZ);
  expect(breaksOfPeriod(left, period, RATE_HZ, 1e-6)).toBe(0);
  await expect(window.getByTestId('underruns')).toHaveCount(0);
});

test('a change of a number is heard', async ({ window, card }) => {
  await untilPlayable(window);
  await loadDemoSettings(window);
  await window.getByTestId('match-loudness').uncheck({ force: true });
  await window.getByTestId('play').click();
  await expect.poll(() => positionSeconds(window)).toBeGreaterThan(0.5);
  const before = await card.record();
  await window.waitForTimeout(1_500);
  const loud = await before.stop();
  await typeValue(window, 'comp.makeup', '-24 dB');
  await window.waitForTimeout(2_500);
  const after = await card.record();
  await window.waitForTimeout(1_500);
  const quiet = await after.stop();
  const energy = (sound: Float32Array): number => sound.reduce((sum, x) => sum + x * x, 0) / sound.length;
  expect(energy(quiet.left)).toBeLessThan(0.1 * energy(loud.left));
  expect(energy(quiet.left)).toBeGreaterThan(0);
});
