/** The presets from end to end: sampled, heard, kept, found again after a restart, and a prior of the user's own. */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { parametersUnder } from '#core/chain/parameters.ts';
import { parsePrior } from '#core/prior/prior-file.ts';
import { findOffset, residualDb } from './support/compare.ts';
import { positionSeconds, shownValue } from './support/flow.ts';
import { RATE_HZ, collectComplaints, expect, openWindow, test, untilPlayable } from './support/fixtures.ts';
import type { SoundCard } from './support/sound-card.ts';
import { startVoxfit, type Folders } from './support/voxfit.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const SHIPPED = join(ROOT, 'resources/prior/voxfit-prior.json');

const row = (page: Page, name: string) => page.getByTestId('library-row').filter({ hasText: name });

function savedRaw(folders: Folders, name: string): number[] {
  const text = readFileSync(join(folders.library, 'Presets', `${name}.json`), 'utf8');
  return (JSON.parse(text) as { raw: number[] }).raw;
}

/** Plays the first seconds into the sound card. */
async function heard(page: Page, card: SoundCard): Promise<Float32Array> {
  const recording = await card.record();
  await page.getByTestId('play').click();
  await expect.poll(() => positionSeconds(page)).toBeGreaterThan(3);
  await page.getByTestId('stop').click();
  await expect.poll(() => positionSeconds(page)).toBe(0);
  return (await recording.stop()).left;
}

/** How far the sound of one recording is from that of another, in dB of the latter. */
function differenceDb(sound: Float32Array, other: Float32Array): number {
  const start = other.findIndex((sample) => Math.abs(sample) > 1e-3);
  const offset = findOffset(sound, other, start + RATE_HZ);
  return residualDb(sound, other, offset, start + 0.5 * RATE_HZ, start + 2 * RATE_HZ);
}

async function keep(page: Page, name: string, tags: string): Promise<void> {
  await page.getByTestId('library-save').click();
  await page.getByTestId('library-name').fill(name);
  await page.getByTestId('library-name-tags').fill(tags);
  await page.getByTestId('library-name-accept').click();
  await expect(row(page, name)).toBeVisible();
}

async function dragMorphToTheMiddle(page: Page): Promise<void> {
  const morph = page.getByTestId('preset-morph');
  await expect(morph).toHaveAttribute('aria-valuetext', '100 %');
  const box = (await morph.boundingBox())!;
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + 0.98 * box.width, y);
  await page.mouse.down();
  for (let step = 1; step <= 6; step++) await page.mouse.move(box.x + (0.98 - 0.08 * step) * box.width, y);
  await page.mouse.up();
  await expect(morph).toHaveAttribute('aria-valuetext', /^(49|50|51) %$/);
}

async function runCommand(page: Page, name: string): Promise<void> {
  await page.keyboard.press('ControlOrMeta+k');
  await page.keyboard.type(name);
  await expect(page.getByRole('dialog').getByRole('option', { selected: true })).toContainText(name);
  await page.keyboard.press('Enter');
}

/** A folder of settings that `voxfit prior sample` draws. */
function sampledFolder(folders: Folders, name: string, count: number, ...more: string[]): string {
  const folder = join(folders.user, name);
  mkdirSync(folders.user, { recursive: true });
  execFileSync(process.execPath, [
    join(ROOT, 'bin/voxfit.js'),
    ...['prior', 'sample', SHIPPED, '--n', String(count), '--seed', '3', '--out', folder, ...more],
  ]);
  return folder;
}

const ownPriors = (folders: Folders): string[] => {
  const folder = join(folders.library, 'Priors');
  return existsSync(folder) ? readdirSync(folder) : [];
};

test('sampled, heard, locked, morphed, kept, found after a restart, and learned from', async ({
  page,
  folders,
  card,
}) => {
  const complaints = collectComplaints(page);
  const first = await startVoxfit(folders, { env: card.env });
  await openWindow(page, first.url);
  await untilPlayable(page);
  await page.getByTestId('match-loudness').uncheck({ force: true });
  await page.keyboard.press('p');
  await expect(page.getByTestId('preset-slider-1')).toBeVisible();

  // Hear: the same setting gives the same sound, a sample another one.
  const before = await heard(page, card);
  expect(differenceDb(await heard(page, card), before)).toBeLessThan(-60);
  await page.getByTestId('preset-sample').click();
  await expect(page.getByTestId('undo')).toHaveAttribute('aria-label', 'Undo: Sample');
  const sampled = await heard(page, card);
  expect(sampled.some((sample) => Math.abs(sample) > 1e-3)).toBe(true);
  expect(differenceDb(sampled, before)).toBeGreaterThan(-20);
  await keep(page, 'First', 'dusk');

  // Lock the EQ, and sample from the keyboard.
  await page.getByTestId('lock-eq').click();
  await expect(page.getByTestId('preset-map')).toBeVisible();
  await runCommand(page, 'Sample a setting');
  await keep(page, 'Second', 'dusk');
  const [one, two] = ['First', 'Second'].map((name) => savedRaw(folders, name)) as [number[], number[]];
  const changed = one.flatMap((value, i) => (value === two[i] ? [] : [i]));
  const eq = parametersUnder('eq');
  expect(changed.filter((i) => eq.includes(i))).toEqual([]);
  expect(changed.length).toBeGreaterThan(100);

  // Morph to a third one.
  await page.getByTestId('preset-morph-a').selectOption('now');
  await page.getByTestId('preset-sample').click();
  await page.getByTestId('preset-morph-b').selectOption('now');
  await dragMorphToTheMiddle(page);
  await expect(page.getByTestId('undo')).toHaveAttribute('aria-label', 'Undo: Morph');
  await keep(page, 'Between', 'dusk, half way');
  const between = savedRaw(folders, 'Between');
  for (const i of eq) expect(between[i]).toBe(two[i]);
  expect(between.filter((value, i) => value !== two[i]).length).toBeGreaterThan(100);
  await expect(page.getByTestId('preset-map')).toHaveAttribute('data-dots', '3');
  const makeup = await shownValue(page, 'comp.makeup');
  await first.stop();

  const second = await startVoxfit(folders, { env: card.env });
  try {
    await openWindow(page, second.url);
    // The session itself had not been saved.
    await page.getByTestId('recover-discard').click();
    await untilPlayable(page);
    expect(await shownValue(page, 'comp.makeup')).not.toBe(makeup);

    await page.keyboard.press('p');
    await expect(page.getByTestId('library-row')).toHaveCount(3);
    await page.getByTestId('library-filter-tag').selectOption('half way');
    await expect(page.getByTestId('library-row')).toHaveCount(1);
    await row(page, 'Between').click();
    await expect(page.getByTestId('undo')).toHaveAttribute('aria-label', 'Undo: Preset “Between”');
    expect(await shownValue(page, 'comp.makeup')).toBe(makeup);

    // A prior of a folder that is no part of the library.
    const folder = sampledFolder(folders, 'Evening takes', 40);
    copyFileSync(SHIPPED, join(folder, 'no preset.json'));
    writeFileSync(
      join(folder, 'sample-broken.json'),
      readFileSync(join(folder, 'sample-001.json')).subarray(0, 3000),
    );
    const chooser = page.waitForEvent('filechooser');
    await runCommand(page, 'Learn a prior from a folder');
    await (await chooser).setFiles(folder);
    const left = 'left out one file: “sample-broken.json” is not valid JSON';
    const told = page.getByText(`Learned “Evening takes” from 40 presets; ${left}`);
    await expect(told).toBeVisible({ timeout: 60_000 });

    // Its map is shown, with the library on it.
    await expect(page.getByTestId('preset-map')).toBeVisible();
    await expect(page.getByTestId('preset-prior').locator('option:checked')).toHaveText('Evening takes (40)');
    await expect(page.getByTestId('preset-map')).toHaveAttribute('data-dots', '3');
    const mark = (await page.getByTestId('preset-mark').boundingBox())!;
    const place = [mark.x + mark.width / 2, mark.y + mark.height / 2] as const;
    await page.getByTestId('preset-mark').focus();
    for (let press = 0; press < 8; press++) await page.keyboard.press('ArrowLeft');
    await page.mouse.move(...place);
    await expect(page.getByTestId('preset-bubble')).toContainText('Between');
    await page.getByTestId('preset-sample').click();
    await expect(page.getByTestId('undo')).toHaveAttribute('aria-label', 'Undo: Sample');
    const { presetCount, provenance } = parsePrior(
      readFileSync(join(folders.library, 'Priors', 'Evening takes.json'), 'utf8'),
    );
    expect([presetCount, provenance.source]).toEqual([40, 'The folder “Evening takes”']);
    await expect(page.getByTestId('library-count')).toHaveText('1 of 3');
    expect(complaints).toEqual([]);
  } finally {
    await second.stop();
  }
});

test('a prior that is being learned shows how far it is, and can be cancelled', async ({
  window,
  folders,
}) => {
  await untilPlayable(window);
  await window.keyboard.press('p');
  await expect(window.getByTestId('preset-slider-1')).toBeVisible();
  const folder = sampledFolder(folders, 'Dataset', 700, '--npy');
  renameSync(join(folder, 'samples.npy'), join(folder, 'raw_params.npy'));

  const bar = window.getByTestId('library-training');
  const done = async (): Promise<number> => Number((await bar.getAttribute('value')) ?? 0);
  const learn = async (): Promise<void> => {
    const chooser = window.waitForEvent('filechooser');
    await window.getByTestId('library-train-folder').click();
    await (await chooser).setFiles(folder);
  };
  await learn();
  await expect.poll(done).toBeGreaterThan(0);
  const early = await done();
  expect(early).toBeLessThan(1);
  await expect.poll(done).toBeGreaterThan(early);
  await expect(window.getByTestId('status-work')).toHaveText(/^Learning “Dataset” … \d+ %$/);
  await window.getByTestId('library-train-cancel').click();
  await expect(bar).toBeHidden();
  await expect(window.getByTestId('status-work')).toHaveText('Ready');
  await expect(window.getByTestId('preset-prior')).toBeHidden();

  // By what the list offers: three presets that are all the same are refused.
  for (const name of ['One', 'Two', 'Three']) await keep(window, name, '');
  await window.getByTestId('library-train').click();
  await expect(window.getByTestId('notice-error')).toContainText('All presets are the same');
  await window.getByTestId('notice-error').getByRole('button').click();
  expect(ownPriors(folders)).toEqual([]);

  // Dropped on the place that learns, a folder in the published layout is not taken into the library.
  const small = sampledFolder(folders, 'Small set', 25, '--npy');
  renameSync(join(small, 'samples.npy'), join(small, 'raw_params.npy'));
  const target = (await window.getByTestId('library-learn').boundingBox())!;
  const devtools = await window.context().newCDPSession(window);
  const at = { x: target.x + 40, y: target.y + target.height / 2 };
  const data = { items: [], files: [small], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver'] as const)
    await devtools.send('Input.dispatchDragEvent', { type, ...at, data });
  await expect(window.getByTestId('library-count')).toHaveText('Learn from this folder');
  await devtools.send('Input.dispatchDragEvent', { type: 'drop', ...at, data });
  await expect(window.getByText('Learned “Small set” from 25 presets.')).toBeVisible({ timeout: 60_000 });
  await expect(window.getByTestId('preset-prior').locator('option:checked')).toHaveText('Small set (25)');
  expect(ownPriors(folders)).toEqual(['Small set.json']);
  await expect(window.getByTestId('library-count')).toHaveText('3');

  // Taken in, they are one preset a row; what says how the rows are used is none, and no mistake either.
  copyFileSync(join(small, 'raw_params.npy'), join(small, 'train_index.npy'));
  const files = ['raw_params.npy', 'train_index.npy'].map((name) => join(small, name));
  await window.getByTestId('library-files').setInputFiles(files);
  await expect(window.getByTestId('library-count')).toHaveText('28');
  await expect(window.getByText('Imported 25 presets.')).toBeVisible();
  await expect(window.getByTestId('notice-error')).toBeHidden();
});
