/** The reverb's panel: handles on the decay curve, macros, the EQ, the picture of its sound, and the fold. */
import type { Page } from '@playwright/test';
import { expect, test } from './support/fixtures.ts';
import { shownValue, typeValue } from './support/flow.ts';

const HALF_HANDLE = 12;

async function openReverb(page: Page): Promise<void> {
  // The demo opens by itself at a first start; nothing here needs its sound.
  await expect(page.getByTestId('session-name')).toHaveText(/demo/i);
  await page.getByTestId('show-fdn').click();
  await expect(page.getByTestId('panel-fdn')).toBeVisible();
}

/** Drags a handle by so many pixels. */
async function drag(page: Page, handle: string, dx: number, dy: number): Promise<void> {
  const box = (await page.getByTestId(handle).boundingBox())!;
  const [x, y] = [box.x + HALF_HANDLE, box.y + HALF_HANDLE];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + dx / 2, y + dy / 2, { steps: 4 });
  await page.mouse.move(x + dx, y + dy, { steps: 4 });
  await page.mouse.up();
}

/** T60 at the 49 points, in seconds, as the bars of the fold say them. */
async function decayTimes(page: Page): Promise<number[]> {
  return page
    .locator('[data-testid^="knob-fdn.decay."]')
    .evaluateAll((bars) => bars.map((bar) => Number(bar.getAttribute('aria-valuenow'))));
}

const macroText = (page: Page, name: string): Promise<string> =>
  page.getByTestId(`number-reverb.${name}`).inputValue();

async function typeMacro(page: Page, name: string, text: string): Promise<void> {
  await page.getByTestId(`number-reverb.${name}`).click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type(text);
  await page.keyboard.press('Enter');
}

const ariaValue = async (page: Page, testid: string): Promise<number> =>
  Number(await page.getByTestId(testid).getAttribute('aria-valuenow'));

test('a handle moves the decay of its neighbourhood smoothly, as one step', async ({ window: page }) => {
  await openReverb(page);
  await page.getByTestId('advanced-fdn').click();
  const before = await decayTimes(page);
  expect(before).toHaveLength(49);

  await page.getByTestId('handle-fdn.decay.3').scrollIntoViewIfNeeded();
  await drag(page, 'handle-fdn.decay.3', 0, -60);
  const after = await decayTimes(page);
  const growth = after.map((seconds, band) => seconds / before[band]!);
  expect(growth[7]).toBeGreaterThan(1.5);
  // Less on both sides the further away, and nothing far off.
  for (let band = 8; band < 28; band++) expect(growth[band]!).toBeLessThanOrEqual(growth[band - 1]! + 1e-9);
  for (let band = 2; band < 7; band++) expect(growth[band]!).toBeLessThanOrEqual(growth[band + 1]! + 1e-9);
  expect(growth[8]).toBeGreaterThan(1.4);
  expect(growth[40]).toBeCloseTo(1, 9);

  await page.getByTestId('undo').click();
  expect(await decayTimes(page)).toEqual(before);
  await expect(page.getByTestId('undo')).toBeDisabled();
});

test('the wheel makes a handle’s reach wider without changing a sound or needing undo', async ({
  window: page,
}) => {
  await openReverb(page);
  await page.getByTestId('handle-fdn.decay.2').hover();
  await page.mouse.wheel(0, -120);
  await expect(page.getByTestId('number-reverb.reach')).toHaveValue('2.75 oct');
  await expect(page.getByTestId('undo')).toBeDisabled();
});

test('a handle follows the keyboard, takes a typed time, and Esc takes a drag back', async ({
  window: page,
}) => {
  await openReverb(page);
  const handle = page.getByTestId('handle-fdn.decay.2');
  await handle.focus();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  const stepped = await ariaValue(page, 'handle-fdn.decay.2');
  expect(stepped).toBeCloseTo(0.5 * 1.05 ** 2, 3);
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('number-reverb.handle')).toBeFocused();
  await page.keyboard.type('1.5 s');
  await page.keyboard.press('Enter');
  await expect.poll(() => ariaValue(page, 'handle-fdn.decay.2')).toBeCloseTo(1.5, 6);

  const box = (await handle.boundingBox())!;
  await page.mouse.move(box.x + HALF_HANDLE, box.y + HALF_HANDLE);
  await page.mouse.down();
  await page.mouse.move(box.x + HALF_HANDLE, box.y + 80, { steps: 4 });
  expect(await ariaValue(page, 'handle-fdn.decay.2')).toBeLessThan(1);
  await page.keyboard.press('Escape');
  await page.mouse.up();
  expect(await ariaValue(page, 'handle-fdn.decay.2')).toBeCloseTo(1.5, 6);
});

test('Level wakes a silent reverb, and a picture of its sound appears', async ({ window: page }) => {
  await openReverb(page);
  await expect(page.getByTestId('reverb-silent')).toBeVisible();
  expect(await macroText(page, 'level')).toBe('−∞ dB');
  await page.getByTestId('advanced-fdn').click();
  const output = 'knob-fdn.output.left.0';
  expect(await ariaValue(page, output)).toBe(0);

  await typeMacro(page, 'level', '-6');
  await expect(page.getByTestId('reverb-silent')).toBeHidden();
  expect(await macroText(page, 'level')).toBe('−6.0 dB');
  const quiet = await ariaValue(page, output);
  expect(Math.abs(quiet)).toBeCloseTo(10 ** (-6 / 20) / 6, 3);
  await typeMacro(page, 'level', '0 dB');
  expect((await ariaValue(page, output)) / quiet).toBeCloseTo(10 ** (6 / 20), 2);
  expect(await macroText(page, 'width')).toBe('100 %');

  // Seen again, it is drawn: columns of left above the middle, of right below it.
  await page.getByTestId('advanced-fdn').click();
  await expect.poll(() => paintedRows(page), { timeout: 20_000 }).toEqual({ upper: true, lower: true });

  await page.getByTestId('undo').click();
  await page.getByTestId('undo').click();
  await expect(page.getByTestId('reverb-silent')).toBeVisible();
});

/** Whether anything is painted in the first tenth of the impulse response, above and below its middle. */
async function paintedRows(page: Page): Promise<{ upper: boolean; lower: boolean }> {
  return page.getByTestId('reverb-impulse').evaluate((element) => {
    const canvas = element as HTMLCanvasElement;
    const { width, height } = canvas;
    const context = canvas.getContext('2d')!;
    const isPainted = (top: number): boolean =>
      context
        .getImageData(0, Math.round(top), Math.max(1, Math.round(width / 10)), Math.round(height / 5))
        .data.some((byte) => byte > 0);
    return { upper: isPainted(0.2 * height), lower: isPainted(0.6 * height) };
  });
}

test('macros turn what they say: decay all times, damping the highs, width the sides', async ({
  window: page,
}) => {
  await openReverb(page);
  await page.getByTestId('advanced-fdn').click();
  await typeMacro(page, 'level', '0');
  await typeMacro(page, 'decay', '2 s');
  for (const seconds of await decayTimes(page)) expect(seconds).toBeCloseTo(2, 6);
  await typeMacro(page, 'damping', '2');
  const damped = await decayTimes(page);
  expect(damped[1]).toBeCloseTo(2, 6);
  expect(damped[13]! / 2).toBeCloseTo(0.5, 1);
  await typeMacro(page, 'width', '0 %');
  for (let line = 0; line < 6; line++)
    expect(await ariaValue(page, `knob-fdn.output.left.${line}`)).toBeCloseTo(
      await ariaValue(page, `knob-fdn.output.right.${line}`),
      9,
    );
  await typeMacro(page, 'diffusion', '0 %');
  expect(await ariaValue(page, 'knob-fdn.mixing.0.1')).toBe(0);
});

test('a handle of the reverb’s EQ moves gain and frequency together, and the wheel its Q', async ({
  window: page,
}) => {
  await openReverb(page);
  const frequency = await shownValue(page, 'fdn.pk1.freq');
  await drag(page, 'handle-fdn.pk1', 30, 40);
  const gainDb = Number.parseFloat((await shownValue(page, 'fdn.pk1.gain')).replace('−', '-'));
  expect(gainDb).toBeLessThan(-2);
  expect(await shownValue(page, 'fdn.pk1.freq')).not.toBe(frequency);
  await page.getByTestId('undo').click();
  expect(await shownValue(page, 'fdn.pk1.gain')).toBe('0.0 dB');
  expect(await shownValue(page, 'fdn.pk1.freq')).toBe(frequency);

  const q = await shownValue(page, 'fdn.pk1.q');
  await page.getByTestId('handle-fdn.pk1').hover();
  await page.mouse.wheel(0, -120);
  await expect.poll(() => shownValue(page, 'fdn.pk1.q')).not.toBe(q);
  await page.getByTestId('handle-fdn.hs').focus();
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('number-fdn.hs.gain')).toBeFocused();
});

test('the fold opens by keyboard and gives every coefficient', async ({ window: page }) => {
  await openReverb(page);
  const fold = page.getByTestId('advanced-fdn');
  await fold.focus();
  await page.keyboard.press('Enter');
  await expect(fold).toHaveAttribute('aria-expanded', 'true');
  const knob = page.getByTestId('knob-fdn.input.2.right');
  await knob.focus();
  await typeValue(page, 'fdn.input.2.right', '0.75');
  await expect.poll(() => ariaValue(page, 'knob-fdn.input.2.right')).toBe(0.75);
  await page.getByTestId('undo').click();
  await expect.poll(() => ariaValue(page, 'knob-fdn.input.2.right')).toBeCloseTo(1 / 6, 6);
});

test('a small window shows decay and tone in turns', async ({ window: page }) => {
  await page.setViewportSize({ width: 1024, height: 700 });
  await openReverb(page);
  await expect(page.getByTestId('reverb-decay')).toBeVisible();
  await expect(page.getByTestId('reverb-tone')).toBeHidden();
  await page.getByTestId('reverb-tab-decay').focus();
  await page.keyboard.press('ArrowRight');
  await expect(page.getByTestId('reverb-tone')).toBeVisible();
  await expect(page.getByTestId('number-fdn.ls.gain')).toBeVisible();
  await page.keyboard.press('ArrowLeft');
  await expect(page.getByTestId('reverb-decay')).toBeVisible();
});
