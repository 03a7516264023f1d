/** The dynamics panel by hand: handles of the transfer curve, their undo steps, and meters that move with the sound. */
import type { Locator, Page } from '@playwright/test';
import { shownValue, typeValue } from './support/flow.ts';
import { expect, test, untilPlayable } from './support/fixtures.ts';

/** Level span of the transfer curve, in dB. */
const SPAN_DB = 90;

async function openDynamics(page: Page): Promise<void> {
  await untilPlayable(page);
  await page.getByTestId('show-comp').click();
  await expect(page.getByTestId('dynamics-transfer')).toBeVisible();
  await typeValue(page, 'comp.threshold', '-30 dB');
  await typeValue(page, 'comp.ratio', '2:1');
}

const numberIn = (text: string): number => Number(/[\d.]+/.exec(text.replace('1 : ', ''))![0]);
const levelIn = (text: string): number => (text.startsWith('−') ? -1 : 1) * numberIn(text);

/** Moves a handle in small steps; the pointer stays down unless `isReleased`. */
async function drag(handle: Locator, dx: number, dy: number, isReleased = true): Promise<void> {
  const page = handle.page();
  const box = (await handle.boundingBox())!;
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  for (let step = 1; step <= 8; step++) await page.mouse.move(x + (dx * step) / 8, y + (dy * step) / 8);
  if (isReleased) await page.mouse.up();
}

const undoLabel = (page: Page): Promise<string | null> => page.getByTestId('undo').getAttribute('aria-label');

test('dragging a threshold moves it by what the picture says, as one undo step', async ({ window }) => {
  await openDynamics(window);
  const picture = (await window.getByTestId('dynamics-transfer').boundingBox())!;
  for (const [id, start] of [
    ['comp.threshold', -30],
    ['comp.expander_threshold', -48],
  ] as const) {
    expect(levelIn(await shownValue(window, id))).toBe(start);
    await drag(window.getByTestId(`handle-${id}`), -40, 0);
    const expected = start - (40 * SPAN_DB) / picture.width;
    await expect
      .poll(async () => Math.abs(levelIn(await shownValue(window, id)) - expected))
      .toBeLessThan(0.15);
    const moved = await shownValue(window, id);
    await window.keyboard.press('ControlOrMeta+z');
    await expect.poll(async () => levelIn(await shownValue(window, id))).toBe(start);
    await window.keyboard.press('ControlOrMeta+Shift+z');
    await expect.poll(() => shownValue(window, id)).toBe(moved);
  }
});

test('dragging the legs changes the ratios', async ({ window }) => {
  await openDynamics(window);
  const picture = (await window.getByTestId('dynamics-transfer').boundingBox())!;
  const pixelsPerDb = picture.height / SPAN_DB;
  // The upper leg ends at 0 dB: 30 dB above the threshold it is 15 dB higher; 7.5 dB less make 4 : 1.
  await drag(window.getByTestId('handle-comp.ratio'), 0, 7.5 * pixelsPerDb);
  await expect
    .poll(async () => Math.abs(numberIn(await shownValue(window, 'comp.ratio')) - 4))
    .toBeLessThan(0.3);
  await window.keyboard.press('ControlOrMeta+z');
  await expect.poll(() => shownValue(window, 'comp.ratio')).toBe('2.00 : 1');
  expect(await shownValue(window, 'comp.threshold')).toBe('−30.0 dB');

  const before = numberIn(await shownValue(window, 'comp.expander_ratio'));
  await drag(window.getByTestId('handle-comp.expander_ratio'), 12, 0);
  await expect
    .poll(async () => numberIn(await shownValue(window, 'comp.expander_ratio')))
    .toBeGreaterThan(before + 0.5);
  await window.keyboard.press('ControlOrMeta+z');
  await expect.poll(async () => numberIn(await shownValue(window, 'comp.expander_ratio'))).toBe(before);
});

test('Esc takes a drag back, the wheel turns the ratio, double-click asks for the number', async ({
  window,
}) => {
  await openDynamics(window);
  const handle = window.getByTestId('handle-comp.threshold');
  const before = await undoLabel(window);
  await drag(handle, 50, 0, false);
  await expect.poll(() => shownValue(window, 'comp.threshold')).not.toBe('−30.0 dB');
  await window.keyboard.press('Escape');
  await window.mouse.up();
  await expect.poll(() => shownValue(window, 'comp.threshold')).toBe('−30.0 dB');
  expect(await undoLabel(window)).toBe(before);

  await handle.hover();
  await window.mouse.wheel(0, -80);
  await expect.poll(async () => numberIn(await shownValue(window, 'comp.ratio'))).toBeGreaterThan(2);
  expect(await shownValue(window, 'comp.threshold')).toBe('−30.0 dB');

  await handle.dblclick();
  await expect(window.getByTestId('number-comp.threshold')).toBeFocused();
});

test('the handles are sliders for the keyboard', async ({ window }) => {
  await openDynamics(window);
  const handle = window.getByTestId('handle-comp.threshold');
  await handle.focus();
  await expect(handle).toHaveAttribute('aria-valuetext', '−30.0 dB');
  for (let press = 0; press < 5; press++) await window.keyboard.press('ArrowRight');
  await expect(handle).toHaveAttribute('aria-valuetext', '−29.5 dB');
  expect(await shownValue(window, 'comp.threshold')).toBe('−29.5 dB');
  // A row of presses is one step.
  await window.waitForTimeout(600);
  await window.keyboard.press('ControlOrMeta+z');
  await expect(handle).toHaveAttribute('aria-valuetext', '−30.0 dB');
  await handle.focus();
  await window.keyboard.press('Delete');
  await expect(handle).toHaveAttribute('aria-valuetext', '−18.0 dB');
  await window.keyboard.press('Enter');
  await expect(window.getByTestId('number-comp.threshold')).toBeFocused();
});

test('gain reduction is shown and held while the sound plays', async ({ window }) => {
  await openDynamics(window);
  const hold = window.getByTestId('dynamics-gain-hold');
  await expect(hold).toHaveText('0.0');
  await typeValue(window, 'comp.threshold', '-50 dB');
  await typeValue(window, 'comp.ratio', '10:1');
  await window.getByTestId('play').click();
  await expect.poll(async () => levelIn(await hold.innerText()), { timeout: 10_000 }).toBeLessThan(-6);
  /** Pixels of the history that something was drawn on. */
  const drawn = (): Promise<number> =>
    window.getByTestId('dynamics-history').evaluate((canvas) => {
      const { width, height } = canvas as HTMLCanvasElement;
      const { data } = (canvas as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, width, height);
      return data.filter((value, i) => i % 4 === 3 && value > 0).length;
    });
  const early = await drawn();
  await expect.poll(drawn).toBeGreaterThan(early);
  await window.getByTestId('stop').click();
  const held = levelIn(await hold.innerText());
  expect(held).toBeLessThan(-3);
  // A frame of the last sound may still be on its way.
  await expect(async () => {
    await hold.click();
    await expect(hold).toHaveText('0.0', { timeout: 500 });
  }).toPass({ timeout: 10_000 });
});
