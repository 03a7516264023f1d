/** The delay's panel by hand and by key: repeats that are dragged, tempo and note values, one undo step each. */
import type { Locator, Page } from '@playwright/test';
import { shownValue, typeValue } from './support/flow.ts';
import { expect, test } from './support/fixtures.ts';

test.beforeEach(async ({ window }) => {
  // The demo is open; nothing here plays.
  await expect(window.getByTestId('session-name')).toHaveText(/demo/i);
  await window.getByTestId('show-delay').click();
  await expect(window.getByTestId('delay-picture')).toBeVisible();
});

async function middleOf(target: Locator): Promise<{ x: number; y: number }> {
  const box = (await target.boundingBox())!;
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** Takes a dot and carries it so far, without letting go. */
async function carry(page: Page, testid: string, right: number, down: number): Promise<void> {
  const { x, y } = await middleOf(page.getByTestId(testid));
  await page.mouse.move(x, y);
  await page.mouse.down();
  for (let step = 1; step <= 8; step++) await page.mouse.move(x + (right * step) / 8, y + (down * step) / 8);
}

async function drag(page: Page, testid: string, right: number, down: number): Promise<void> {
  await carry(page, testid, right, down);
  await page.mouse.up();
}

async function undo(page: Page): Promise<void> {
  await page.getByTestId('undo').click();
}

const number = async (page: Page, id: string): Promise<number> =>
  Number.parseFloat((await shownValue(page, id)).replace('−', '-'));

async function typeTempo(page: Page, text: string): Promise<void> {
  await page.getByTestId('delay-bpm').click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type(text);
  await page.keyboard.press('Enter');
}

test('the first repeat is dragged in time and gain, the second in feedback; each is one undo step', async ({
  window,
}) => {
  const first = await middleOf(window.getByTestId('handle-delay.time'));
  const second = await middleOf(window.getByTestId('handle-delay.feedback'));
  expect(await shownValue(window, 'delay.time')).toBe('400 ms');

  // As far as the second repeat is from the first: twice the time. As far up as it is below: 20 dB more.
  await drag(window, 'handle-delay.time', second.x - first.x, first.y - second.y);
  expect(Math.abs((await number(window, 'delay.time')) - 800)).toBeLessThan(5);
  expect(await number(window, 'delay.gain')).toBeGreaterThan(90);
  await undo(window);
  expect(await shownValue(window, 'delay.time')).toBe('400 ms');
  expect(await shownValue(window, 'delay.gain')).toBe('10.0 %');

  // To the height of the first: as loud as it.
  await drag(window, 'handle-delay.feedback', 40, first.y - second.y);
  expect(await number(window, 'delay.feedback')).toBeGreaterThan(95);
  expect(await shownValue(window, 'delay.time')).toBe('400 ms');
  await undo(window);
  expect(await shownValue(window, 'delay.feedback')).toBe('10.0 %');
  await expect(window.getByTestId('undo')).toBeDisabled();
});

test('a drag that Esc ends leaves nothing', async ({ window }) => {
  await carry(window, 'handle-delay.time', 60, -30);
  expect(await shownValue(window, 'delay.time')).not.toBe('400 ms');
  await window.keyboard.press('Escape');
  await window.mouse.move(900, 500);
  await window.mouse.up();
  expect(await shownValue(window, 'delay.time')).toBe('400 ms');
  await expect(window.getByTestId('undo')).toBeDisabled();
});

test('undo in the middle of a drag: it goes on from there without a jump', async ({ window }) => {
  await carry(window, 'handle-delay.time', 80, 0);
  const { x, y } = await middleOf(window.getByTestId('handle-delay.time'));
  await window.keyboard.press('ControlOrMeta+z');
  await expect.poll(() => shownValue(window, 'delay.time')).toBe('400 ms');
  await window.mouse.move(x + 2, y);
  await window.mouse.up();
  const after = await number(window, 'delay.time');
  expect(after).toBeGreaterThan(400);
  expect(after).toBeLessThan(410);
});

test('odd and even repeats are dragged between left and right', async ({ window }) => {
  await drag(window, 'handle-delay.odd_pan', 0, -200);
  await drag(window, 'handle-delay.even_pan', 0, 200);
  expect(await shownValue(window, 'delay.odd_pan')).toBe('L 100');
  expect(await shownValue(window, 'delay.even_pan')).toBe('R 100');
  await undo(window);
  expect(await shownValue(window, 'delay.odd_pan')).toBe('L 100');
  expect(await shownValue(window, 'delay.even_pan')).toBe('C');
});

test('the low-pass is dragged and turned by the wheel', async ({ window }) => {
  await drag(window, 'handle-delay.lp', -30, 0);
  expect(await shownValue(window, 'delay.lp.freq')).toMatch(/^[2-7]\.\d+ kHz$/);
  expect(await shownValue(window, 'delay.lp.q')).toBe('0.707');
  const { x, y } = await middleOf(window.getByTestId('handle-delay.lp'));
  await window.mouse.move(x + 1, y);
  await window.mouse.wheel(0, -400);
  await expect.poll(() => number(window, 'delay.lp.q')).toBeGreaterThan(0.72);
});

test('everything works from the keyboard', async ({ window }) => {
  await window.getByTestId('handle-delay.time').focus();
  for (let press = 0; press < 3; press++) await window.keyboard.press('ArrowRight');
  await window.keyboard.press('Shift+ArrowLeft');
  expect(await shownValue(window, 'delay.time')).toBe('403 ms');
  await expect(window.getByTestId('handle-delay.time')).toHaveAttribute('aria-valuetext', /^403 ms, gain 10/);
  await window.getByTestId('handle-delay.odd_pan').focus();
  await window.keyboard.press('ArrowLeft');
  expect(await shownValue(window, 'delay.odd_pan')).toBe('L 1');
  await window.getByTestId('handle-delay.feedback').focus();
  await window.keyboard.press('ArrowUp');
  expect(await shownValue(window, 'delay.feedback')).toBe('10.5 %');
  await window.keyboard.press('Delete');
  expect(await shownValue(window, 'delay.feedback')).toBe('10.0 %');
  // Enter asks for the exact value.
  await window.keyboard.press('Enter');
  await expect(window.getByTestId('number-delay.feedback')).toBeFocused();
  await window.keyboard.type('55');
  await window.keyboard.press('Enter');
  expect(await shownValue(window, 'delay.feedback')).toBe('55.0 %');
});

test('note values follow the tempo, and Sync keeps them', async ({ window }) => {
  const note = window.getByTestId('delay-note');
  await expect(note).toBeDisabled();
  await typeTempo(window, '100');
  await expect(note).toHaveText(/1\/4 triplet · 400 ms/);
  await note.selectOption('1/8 dotted');
  expect(await shownValue(window, 'delay.time')).toBe('450 ms');
  expect(await note.locator('option:disabled').allInnerTexts()).toContain('1/1 · 2400 ms');
  await typeValue(window, 'delay.time', '1/8');
  expect(await shownValue(window, 'delay.time')).toBe('300 ms');
  await typeValue(window, 'delay.time', '310');
  await expect(note.locator('option:checked')).toHaveText('1/8 +10.0 ms');

  await window.getByTestId('delay-sync').check();
  expect(await shownValue(window, 'delay.time')).toBe('300 ms');
  await typeTempo(window, '120');
  expect(await shownValue(window, 'delay.time')).toBe('250 ms');
  await undo(window);
  expect(await shownValue(window, 'delay.time')).toBe('300 ms');
  await expect(window.getByTestId('delay-bpm')).toHaveValue('100.0 BPM');

  // While synced a drag stops at notes only.
  await drag(window, 'handle-delay.time', 37, 0);
  await expect(note).not.toHaveValue('free');
  expect(await number(window, 'delay.time')).toBeGreaterThan(300);
});

test('a tempo is tapped, as one undo step', async ({ window }) => {
  const tempo = window.getByTestId('delay-bpm');
  await expect(tempo).toHaveValue('– BPM');
  for (let tap = 0; tap < 4; tap++) {
    await window.getByTestId('delay-tap').click();
    await window.waitForTimeout(500);
  }
  const bpm = Number.parseFloat(await tempo.inputValue());
  expect(bpm).toBeGreaterThan(80);
  expect(bpm).toBeLessThan(121);
  await undo(window);
  await expect(tempo).toHaveValue('– BPM');
  await expect(window.getByTestId('undo')).toBeDisabled();
});

test('a tempo is found in the material, or it is said that there is none', async ({ window }) => {
  await expect(window.getByTestId('delay-detect')).toBeEnabled({ timeout: 60_000 });
  await window.getByTestId('delay-detect').click();
  await expect(window.getByTestId('delay-detect')).toHaveText('Detect');
  const tempo = await window.getByTestId('delay-bpm').inputValue();
  if (tempo === '– BPM') await expect(window.getByText(/No steady tempo was found/)).toBeVisible();
  else expect(Number.parseFloat(tempo)).toBeGreaterThanOrEqual(30);
});
