/** The browser of the presets' space: map, sliders, samples, morphs, and how usual a setting is. */
import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { decodeFile } from '#audio/decode.ts';
import { CLICK_WINDOW_SAMPLES, clickLevelDb } from '../src-worker/test-support/click-measure.ts';
import { findOffset, residualDb } from './support/compare.ts';
import { RATE_HZ, expect, test, untilPlayable } from './support/fixtures.ts';
import { positionSeconds, shownValue, typeValue } from './support/flow.ts';
import { runCommand } from './support/states.ts';
import { changedBy, playTone } from './support/tone.ts';

async function openBrowser(page: Page): Promise<void> {
  const button = page.getByTestId('show-presets');
  if ((await button.getAttribute('aria-pressed')) !== 'true') await button.click();
  await expect(page.getByTestId('preset-slider-1')).toBeVisible();
}

const undo = (page: Page): Promise<void> => page.getByTestId('undo').click();
const undoName = (page: Page): Promise<string | null> => page.getByTestId('undo').getAttribute('aria-label');
const valueOf = async (slider: Locator): Promise<number> =>
  Number(await slider.getAttribute('aria-valuenow'));

/** Shown values of an EQ band and of the compressor; the browser is closed afterwards. */
async function someValues(page: Page): Promise<Record<'eq' | 'comp', string>> {
  return {
    eq: `${await shownValue(page, 'eq.pk1.gain')} ${await shownValue(page, 'eq.pk2.freq')}`,
    comp: `${await shownValue(page, 'comp.threshold')} ${await shownValue(page, 'comp.ratio')}`,
  };
}

/** Where a slider's fill is dragged to, as a part of its width. */
async function dragAlong(page: Page, slider: Locator, from: number, to: number): Promise<void> {
  const box = (await slider.boundingBox())!;
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + from * box.width, y);
  await page.mouse.down();
  for (let step = 1; step <= 6; step++)
    await page.mouse.move(box.x + (from + ((to - from) * step) / 6) * box.width, y);
  await page.mouse.up();
}

test('the browser takes the place of the panel and gives it back', async ({ window }) => {
  await untilPlayable(window);
  await window.keyboard.press('p');
  await expect(window.getByTestId('preset-map')).toBeVisible();
  await expect(window.getByTestId('show-presets')).toHaveAttribute('aria-pressed', 'true');
  await expect(window.getByTestId('panel-eq')).toBeHidden();
  await expect(window.getByTestId('show-eq')).toHaveAttribute('aria-pressed', 'false');
  await window.getByTestId('show-eq').click();
  await expect(window.getByTestId('panel-eq')).toBeVisible();
  await expect(window.getByTestId('preset-map')).toBeHidden();
  await window.keyboard.press('p');
  await expect(window.getByTestId('preset-map')).toBeVisible();
  await window.keyboard.press('p');
  await expect(window.getByTestId('panel-eq')).toBeVisible();
});

test('a sample is another setting, heard, and taken back by one undo; what is locked stays', async ({
  window,
  card,
}) => {
  await untilPlayable(window);
  const before = await someValues(window);
  await openBrowser(window);
  await window.getByTestId('preset-sample').click();
  expect(await undoName(window)).toBe('Undo: Sample');
  const sampled = await someValues(window);
  expect(sampled.eq).not.toBe(before.eq);
  expect(sampled.comp).not.toBe(before.comp);

  await window.getByTestId('lock-eq').click();
  await openBrowser(window);
  await window.getByTestId('preset-sample').click();
  const again = await someValues(window);
  expect(again.eq).toBe(sampled.eq);
  expect(again.comp).not.toBe(sampled.comp);

  // It is what is played.
  await openBrowser(window);
  const recording = await card.record();
  await window.getByTestId('play').click();
  await expect.poll(() => recording.recordedSamples()).toBeGreaterThan(2 * RATE_HZ);
  await window.getByTestId('preset-sample').click();
  await expect.poll(() => recording.recordedSamples()).toBeGreaterThan(4 * RATE_HZ);
  await window.getByTestId('stop').click();
  const { left } = await recording.stop();
  expect(left.every(Number.isFinite)).toBe(true);
  expect(Math.max(...left.slice(3 * RATE_HZ, 4 * RATE_HZ))).toBeGreaterThan(1e-3);

  await undo(window);
  expect(await someValues(window)).toEqual(again);
  await undo(window);
  // The lock.
  await undo(window);
  await undo(window);
  expect(await someValues(window)).toEqual(before);
});

test('temperature 0 gives the most usual setting', async ({ window }) => {
  await untilPlayable(window);
  await openBrowser(window);
  const typicality = async (): Promise<number> =>
    Number(await window.getByTestId('preset-typicality').getAttribute('data-percentile'));
  await window.getByTestId('preset-temperature').focus();
  await window.keyboard.press('Home');
  await window.getByTestId('preset-sample').click();
  await expect.poll(typicality).toBeLessThan(10);
  await expect(window.getByTestId('preset-typicality')).toContainText('Usual');
  await window.getByTestId('preset-temperature').focus();
  await window.keyboard.press('End');
  await window.getByTestId('preset-sample').click();
  await expect.poll(typicality).toBeGreaterThan(20);
});

test('a slider moves its component alone, as one step', async ({ window }) => {
  await untilPlayable(window);
  await openBrowser(window);
  await window.getByTestId('preset-temperature').focus();
  await window.keyboard.press('Home');
  await window.getByTestId('preset-sample').click();
  const sliders = [1, 2, 3, 4, 5, 6].map((k) => window.getByTestId(`preset-slider-${k}`));
  const before = await Promise.all(sliders.map(valueOf));
  await dragAlong(window, sliders[2]!, before[2]! / 6 + 0.5, 0.75);
  expect(await undoName(window)).toBe('Undo: Component 3');
  const after = await Promise.all(sliders.map(valueOf));
  expect(after[2]!).toBeCloseTo(1.5, 1);
  for (const k of [0, 1, 3, 4, 5]) expect(Math.abs(after[k]! - before[k]!)).toBeLessThan(0.1);

  // Esc takes back what the hand is at; the arrow keys step.
  await sliders[2]!.focus();
  await window.keyboard.press('ArrowRight');
  expect(await valueOf(sliders[2]!)).toBeCloseTo(after[2]! + 0.1, 2);
  await window.keyboard.press('Escape');
  expect(await valueOf(sliders[2]!)).toBeCloseTo(after[2]!, 6);
  await undo(window);
  expect(await valueOf(sliders[2]!)).toBeCloseTo(before[2]!, 6);
});

test('the rest is taken out and brought back', async ({ window }) => {
  await untilPlayable(window);
  await openBrowser(window);
  await window.getByTestId('preset-sample').click();
  const sampled = await someValues(window);
  await openBrowser(window);
  const rest = window.getByTestId('preset-rest');
  await rest.focus();
  await window.keyboard.press('Home');
  await expect(rest).toHaveAttribute('aria-valuetext', '0 %');
  const far = await window.getByTestId('preset-typicality').getAttribute('data-percentile');
  await window.keyboard.press('End');
  await expect(rest).toHaveAttribute('aria-valuetext', '100 %');
  expect(Number(far)).toBeLessThan(
    Number(await window.getByTestId('preset-typicality').getAttribute('data-percentile')),
  );
  expect(await someValues(window)).toEqual(sampled);
});

test('a drag on the map brings the setting there, and the keys move it on', async ({ window }) => {
  await untilPlayable(window);
  await openBrowser(window);
  await window.getByTestId('preset-temperature').focus();
  await window.keyboard.press('Home');
  await window.getByTestId('preset-sample').click();
  const map = (await window.getByTestId('preset-map').boundingBox())!;
  const at = (x: number, y: number): [number, number] => [map.x + x * map.width, map.y + y * map.height];
  await window.mouse.move(...at(0.3, 0.3));
  await window.mouse.down();
  for (let step = 1; step <= 5; step++)
    await window.mouse.move(...at(0.3 + 0.065 * step, 0.3 + 0.015 * step));
  await window.mouse.up();
  expect(await undoName(window)).toBe('Undo: Move on the map');
  // 0.625 across and 0.375 down of 8 standard deviations.
  const [first, second] = [1, 2].map((k) => window.getByTestId(`preset-slider-${k}`)) as [Locator, Locator];
  expect(await valueOf(first)).toBeCloseTo(1, 0);
  expect(await valueOf(second)).toBeCloseTo(1, 0);
  const mark = window.getByTestId('preset-mark');
  const before = await valueOf(mark);
  await mark.focus();
  for (let press = 0; press < 5; press++) await window.keyboard.press('ArrowRight');
  await expect.poll(() => valueOf(mark)).toBeGreaterThan(before + 0.3);
  await window.keyboard.press('Escape');
  await expect.poll(() => valueOf(mark)).toBeCloseTo(before, 6);

  // Other axes.
  await window.getByTestId('preset-axis-x').selectOption('4');
  const fifth = window.getByTestId('preset-slider-5');
  const stood = await valueOf(fifth);
  await mark.focus();
  for (let press = 0; press < 5; press++) await window.keyboard.press('ArrowRight');
  await expect.poll(() => valueOf(fifth)).toBeGreaterThan(stood + 0.3);
});

test('a morph goes from one setting to another', async ({ window }) => {
  await untilPlayable(window);
  await openBrowser(window);
  const morph = window.getByTestId('preset-morph');
  await expect(morph).toHaveAttribute('aria-disabled', 'true');
  const first = await someValues(window);
  await openBrowser(window);
  await window.getByTestId('preset-morph-a').selectOption('now');
  await window.getByTestId('preset-sample').click();
  await window.getByTestId('preset-morph-b').selectOption('now');
  const second = await someValues(window);
  await openBrowser(window);
  await expect(morph).toHaveAttribute('aria-valuetext', '100 %');
  await dragAlong(window, morph, 0.98, 0.5);
  await expect(morph).toHaveAttribute('aria-valuetext', /^(49|50|51) %$/);
  expect(await undoName(window)).toBe('Undo: Morph');
  const between = await someValues(window);
  expect([first.comp, second.comp]).not.toContain(between.comp);
  await openBrowser(window);
  await morph.focus();
  await window.keyboard.press('Home');
  expect(await someValues(window)).toEqual(first);
  await undo(window);
  await undo(window);
  expect(await someValues(window)).toEqual(second);
});

test('a preset of the library is a dot that is heard by a click, and the nearest by name', async ({
  window,
}) => {
  await untilPlayable(window);
  await openBrowser(window);
  await window.getByTestId('preset-sample').click();
  const kept = await someValues(window);
  await openBrowser(window);
  const box = (await window.getByTestId('preset-mark').boundingBox())!;
  const place = [box.x + box.width / 2, box.y + box.height / 2] as const;
  await window.getByTestId('library-save').click();
  await window.getByTestId('library-name').fill('Room to breathe');
  await window.getByTestId('library-name-accept').click();
  await expect(window.getByTestId('preset-map')).toHaveAttribute('data-dots', '1');

  // The mark goes out of the dot's way.
  await window.getByTestId('preset-mark').focus();
  for (let press = 0; press < 8; press++) await window.keyboard.press('ArrowLeft');
  await window.mouse.move(...place);
  await expect(window.getByTestId('preset-bubble')).toContainText('Room to breathe');
  await window.mouse.click(...place);
  await expect.poll(() => undoName(window)).toBe('Undo: Preset “Room to breathe”');
  expect(await someValues(window)).toEqual(kept);

  await openBrowser(window);
  await window.getByTestId('preset-sample').click();
  await window.getByTestId('preset-nearest').getByRole('button', { name: 'Room to breathe' }).click();
  await expect.poll(() => undoName(window)).toBe('Undo: Preset “Room to breathe”');

  // Too narrow for both.
  await window.setViewportSize({ width: 1024, height: 700 });
  await expect(window.getByTestId('library')).toBeHidden();
  await window.getByTestId('preset-tab-library').check({ force: true });
  await expect(window.getByTestId('library')).toBeVisible();
  await expect(window.getByTestId('preset-map')).toBeHidden();
});

const endOf = (page: Page, side: 'a' | 'b'): Locator =>
  page.getByTestId(`preset-morph-${side}`).locator('option').first();

test('an end of a morph goes along with its slot, but not while that is being edited', async ({ window }) => {
  await untilPlayable(window);
  await typeValue(window, 'comp.makeup', '-5 dB');
  await runCommand(window, 'slot.copyTo.B', 'Copy to slot B');
  await typeValue(window, 'comp.makeup', '1 dB');
  await openBrowser(window);
  await window.getByTestId('preset-morph-a').selectOption('now');
  await window.getByTestId('preset-morph-b').selectOption('slot:B');
  const morph = window.getByTestId('preset-morph');
  const toTheEnd = async (key: 'Home' | 'End'): Promise<string> => {
    await openBrowser(window);
    await morph.focus();
    await window.keyboard.press(key);
    return shownValue(window, 'comp.makeup');
  };
  expect(await toTheEnd('End')).toBe('−5.0 dB');
  expect(await toTheEnd('Home')).toBe('+1.0 dB');

  // What becomes of the slot, becomes of the end.
  await window.keyboard.press('Alt+b');
  await typeValue(window, 'comp.makeup', '-9 dB');
  await openBrowser(window);
  await expect(endOf(window, 'b')).toHaveText('B: Slot B, as it was');
  await window.keyboard.press('Alt+a');
  await expect(endOf(window, 'b')).toHaveText('B: Slot B');
  expect(await toTheEnd('End')).toBe('−9.0 dB');

  // The way back.
  await openBrowser(window);
  await window.getByTestId('preset-morph-swap').click();
  await expect(endOf(window, 'a')).toHaveText('A: Slot B');
  await expect(morph).toHaveAttribute('aria-valuetext', '0 %');
  expect(await toTheEnd('End')).toBe('+1.0 dB');
});

test('ends of a morph are dragged from the list, and set on the map and in menus', async ({ window }) => {
  await untilPlayable(window);
  await openBrowser(window);
  for (const name of ['Near', 'Far']) {
    await window.getByTestId('preset-sample').click();
    await window.getByTestId('library-save').click();
    await window.getByTestId('library-name').fill(name);
    await window.getByTestId('library-name-accept').click();
    await expect(window.getByTestId('library-row').filter({ hasText: name })).toBeVisible();
  }
  const far = await someValues(window);
  await openBrowser(window);
  await window
    .getByTestId('library-row')
    .filter({ hasText: 'Near' })
    .dragTo(window.getByTestId('preset-morph-a'));
  await expect(endOf(window, 'a')).toHaveText('A: Near');
  await window.getByTestId('library-row').filter({ hasText: 'Far' }).click({ button: 'right' });
  await window.getByTestId('library-end-b').click();
  await expect(endOf(window, 'b')).toHaveText('B: Far');
  const morph = window.getByTestId('preset-morph');
  await morph.focus();
  await window.keyboard.press('Home');
  expect(await someValues(window)).not.toEqual(far);
  await openBrowser(window);
  await morph.focus();
  await window.keyboard.press('End');
  expect(await someValues(window)).toEqual(far);

  // Its name, too.
  await openBrowser(window);
  await window.getByTestId('library-row').filter({ hasText: 'Near' }).click();
  await window.getByTestId('library-rename').fill('Nearer');
  await window.getByTestId('library-rename').press('Enter');
  await expect(endOf(window, 'a')).toHaveText('A: Nearer');

  await window.getByTestId('preset-map').click({ button: 'right', position: { x: 40, y: 60 } });
  await window.getByTestId('preset-map-end-a').click();
  await expect(endOf(window, 'a')).toHaveText(/^A: −\d\.\d σ, \+\d\.\d σ$/);
  await window.getByTestId('preset-mark').click({ button: 'right' });
  await window.getByTestId('preset-map-end-b').click();
  await expect(endOf(window, 'b')).toHaveText(/^B: (Kept setting|Nearer)$/);
});

test.describe('on the sound card', () => {
  // A virtual machine may itself stand still for longer than any buffer lasts; a defect would show every time.
  test.describe.configure({ retries: 2 });

  test('a component slider that is dragged while it plays gives the sound of its setting', async ({
    window,
    card,
    folders,
  }) => {
    await untilPlayable(window);
    // At the target's own level, as exports are.
    await window.getByTestId('match-loudness').uncheck({ force: true });
    await openBrowser(window);
    await window.getByTestId('preset-sample').click();
    await window.getByTestId('loop').click();
    await window.getByTestId('play').click();
    await expect.poll(() => positionSeconds(window)).toBeGreaterThan(0.5);
    const slider = window.getByTestId('preset-slider-1');
    await dragAlong(window, slider, 0.5, 0.8);
    expect(await undoName(window)).toBe('Undo: Component 1');
    // The next time round, when nothing sounds any more of what was before.
    await expect.poll(() => positionSeconds(window)).toBeGreaterThan(5);
    await expect.poll(() => positionSeconds(window), { intervals: [50] }).toBeLessThan(2);
    const recording = await card.record();
    await expect.poll(() => positionSeconds(window)).toBeGreaterThan(7.5);
    await window.getByTestId('stop').click();
    const heard = await recording.stop();

    await window.keyboard.press('ControlOrMeta+e');
    await window.getByTestId('export-depth').selectOption('32f');
    await window.getByTestId('export-accept').click();
    await window.getByTestId('file-name').fill('Moved');
    await window.getByTestId('file-name-accept').click();
    await expect(window.getByText(/Wrote “Moved.wav”/)).toBeVisible({ timeout: 30_000 });
    const { channels } = await decodeFile(join(folders.library, 'Moved.wav'));
    const offset = findOffset(heard.left, channels[0]!, 5 * RATE_HZ);
    for (const [c, side] of [heard.left, heard.right].entries())
      expect(residualDb(side, channels[c]!, offset, 5 * RATE_HZ, 7 * RATE_HZ)).toBeLessThan(-50);
  });

  test('a component slider that is dragged while a tone sounds does not click', async ({ window, card }) => {
    const TONE_HZ = 3000;
    const WIDTH_HZ = 900;
    const PERIOD_SAMPLES = RATE_HZ / TONE_HZ;
    await untilPlayable(window);
    await playTone(window, TONE_HZ, 20);
    await openBrowser(window);
    const recording = await card.record();
    await expect.poll(() => recording.recordedSamples()).toBeGreaterThan(RATE_HZ);
    const at = recording.recordedSamples();
    await dragAlong(window, window.getByTestId('preset-slider-1'), 0.5, 0.9);
    await expect.poll(() => recording.recordedSamples()).toBeGreaterThan(at + 3 * RATE_HZ);
    const { left, right } = await recording.stop();

    const changed = changedBy(0.5, left, at, PERIOD_SAMPLES);
    expect(changed, 'the slider is heard').not.toBeNull();
    const half = CLICK_WINDOW_SAMPLES / 2;
    const around = (side: Float32Array, place: number): Float32Array =>
      side.subarray(place - half, place + half);
    const level = clickLevelDb([around(left, changed!), around(right, changed!)], TONE_HZ, WIDTH_HZ, RATE_HZ);
    expect(level).toBeLessThan(-55);
    // The measure hears what it is for: the same change at once.
    const jump = (side: Float32Array): Float32Array =>
      Float32Array.of(...side.subarray(at - half, at), ...side.subarray(side.length - half));
    expect(clickLevelDb([jump(left), jump(right)], TONE_HZ, WIDTH_HZ, RATE_HZ)).toBeGreaterThan(-45);
  });
});
