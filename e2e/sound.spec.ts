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
const DRY = join(DEMO, 'Demo vocal (dry).wav');

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
    ...['render', DRY, rendered, '--preset', join(DEMO, 'demo-settings.json')],
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

/** How long the long test plays; a record needs no more than a minute, a soak takes half an hour. */
const MINUTES = Number(process.env['VOXFIT_SOAK_MINUTES'] ?? 1);
/** Longer recordings do not fit into memory; a break of the period shows within a minute or never. */
const RECORDED_MINUTES = 1;
const LARGEST_GROWTH_MB = 40;

/** Resident memory of a process, in MB. */
function residentMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024;
}

// A virtual machine may itself stand still for longer than any buffer lasts; a defect would show every time. A soak is
// run for its numbers.
test.describe.configure({ retries: process.env['VOXFIT_SOAK_MINUTES'] ? 0 : 2 });

test('nothing is missing and memory stays flat while fits use every core', async ({
  window,
  voxfit,
  card,
}) => {
  test.setTimeout((MINUTES + 3) * 60_000);
  await untilPlayable(window);
  await window.getByTestId('monitor-dry').check({ force: true });
  await window.keyboard.press('l');
  await expect(window.getByTestId('loop')).toHaveAttribute('aria-pressed', 'true');
  const { channels } = await decodeFile(DRY);
  const period = channels[0]!.length;
  await window.getByTestId('play').click();

  const recording = await card.record();
  const memory = async () => ({
    audio: residentMb(voxfit.children('audio-process')[0]!),
    host: residentMb(voxfit.pid),
    window: await window.evaluate(
      () =>
        (performance as unknown as { memory: { usedJSHeapSize: number } }).memory.usedJSHeapSize / 2 ** 20,
    ),
  });
  const started = Date.now();
  const minutes = (): number => (Date.now() - started) / 60_000;
  let first: Awaited<ReturnType<typeof memory>> | undefined;
  let recorded: Float32Array | undefined;
  while (minutes() < MINUTES) {
    // One fit after another.
    const start = window.getByTestId('fit-start');
    if ((await start.isVisible()) && (await start.isEnabled())) await start.click();
    await window.waitForTimeout(2_000);
    if (!first && minutes() > Math.min(2, MINUTES / 3)) first = await memory();
    if (!recorded && minutes() > Math.min(RECORDED_MINUTES, MINUTES) - 0.05)
      recorded = (await recording.stop()).left;
  }
  recorded ??= (await recording.stop()).left;
  const last = await memory();
  test.info().annotations.push({ type: 'memory, MB', description: JSON.stringify({ first, last }) });
  const underruns = window.getByTestId('underruns');
  const underrunsText = (await underruns.isVisible()) ? await underruns.innerText() : 'no underruns';
  console.log(
    `${underrunsText}; memory in MB after the warm-up ${JSON.stringify(first)}, after ${MINUTES} min ${JSON.stringify(last)}`,
  );

  // The dry alone repeats exactly; a gap or a repeated block breaks the period.
  expect(recorded.length).toBeGreaterThan(0.9 * RATE_HZ * 60 * Math.min(RECORDED_MINUTES, MINUTES));
  expect(breaksOfPeriod(recorded, period, RATE_HZ, 1e-6)).toBe(0);
  await expect(underruns).toHaveCount(0);
  for (const part of ['audio', 'host', 'window'] as const)
    expect(last[part] - first![part], `growth of the ${part}'s memory`).toBeLessThan(LARGEST_GROWTH_MB);
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
