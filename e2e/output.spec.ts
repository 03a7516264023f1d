/** The output panel: placing the voice by hand, the parts' balance, and meters of the whole. */
import type { Page } from '@playwright/test';
import { shownValue } from './support/flow.ts';
import { expect, test, untilPlayable } from './support/fixtures.ts';

/** Types into a field of this panel, which shows parameters of other effects too. */
async function typeHere(page: Page, id: string, text: string): Promise<void> {
  await page.getByTestId(`number-${id}`).click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type(text);
  await page.keyboard.press('Enter');
}

const numberIn = (text: string): number => Number(/−?[\d.]+/.exec(text)?.[0].replace('−', '-') ?? NaN);

test('the voice is placed on the stage by one drag and one undo step', async ({ window }) => {
  await untilPlayable(window);
  await window.getByTestId('show-pan').click();
  const handle = window.getByTestId('handle-pan');
  const stage = (await window.getByTestId('output-stage').boundingBox())!;
  const box = (await handle.boundingBox())!;
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await window.mouse.move(x, y);
  await window.mouse.down();
  for (let step = 1; step <= 5; step++) await window.mouse.move(x + (0.215 * stage.width * step) / 5, y);
  await window.mouse.up();
  await expect.poll(() => shownValue(window, 'pan')).toMatch(/R (49|50|51)/);
  await window.keyboard.press('ControlOrMeta+z');
  await expect.poll(() => shownValue(window, 'pan')).toBe('C');
  await handle.focus();
  await window.keyboard.press('ArrowLeft');
  await expect.poll(() => shownValue(window, 'pan')).toBe('L 1');
});

test('a reverb level gives a room, and takes one undo step', async ({ window }) => {
  await untilPlayable(window);
  await window.getByTestId('show-pan').click();
  const level = window.getByTestId('number-reverb.level');
  await expect(level).toHaveValue('−∞ dB');
  await typeHere(window, 'reverb.level', '-12 dB');
  await expect(level).toHaveValue('−12.0 dB');
  await typeHere(window, 'reverb.level', '-6 dB');
  await expect(level).toHaveValue('−6.0 dB');
  await window.keyboard.press('ControlOrMeta+z');
  await expect(level).toHaveValue('−12.0 dB');
});

test('levels, shares, true peak and loudness follow the sound', async ({ window }) => {
  await untilPlayable(window);
  await window.getByTestId('show-pan').click();
  await typeHere(window, 'reverb.level', '-6 dB');
  await window.getByTestId('play').click();
  const truePeak = window.getByTestId('output-true-peak');
  await expect.poll(async () => numberIn(await truePeak.innerText())).toBeGreaterThan(-30);
  await expect
    .poll(async () => numberIn(await window.getByTestId('output-integrated').innerText()), {
      timeout: 20_000,
    })
    .toBeGreaterThan(-40);
  await expect.poll(() => window.getByTestId('balance-reverb').innerText()).toMatch(/[1-9]\d* %/);
  await expect
    .poll(async () => numberIn(await window.getByTestId('output-range').innerText()), { timeout: 20_000 })
    .toBeGreaterThanOrEqual(0);

  // Too loud for a converter: the highest is kept and marked until it is reset.
  await window.getByTestId('match-loudness').uncheck({ force: true });
  await typeHere(window, 'comp.makeup', '24 dB');
  await expect.poll(async () => numberIn(await truePeak.innerText())).toBeGreaterThan(-1);
  await expect(truePeak).toHaveClass(/over/);
  const highest = numberIn(await truePeak.innerText());
  await typeHere(window, 'comp.makeup', '-20 dB');
  await window.waitForTimeout(1_000);
  expect(numberIn(await truePeak.innerText())).toBeGreaterThanOrEqual(highest);
  await truePeak.click();
  await expect.poll(async () => numberIn(await truePeak.innerText())).toBeLessThan(-1);
  await expect(truePeak).not.toHaveClass(/over/);
});
