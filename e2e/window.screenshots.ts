/** Takes the pictures: every state at 1440×900 and 1024×700. The README shows `resources/screenshots/demo.png`. */
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { expect, test, untilPlayable } from './support/fixtures.ts';

const FOLDER = fileURLToPath(new URL('../resources/screenshots/', import.meta.url));
const SIZES = [
  { width: 1440, height: 900, suffix: '' },
  { width: 1024, height: 700, suffix: '-small' },
];

async function shoot(page: Page, name: string): Promise<void> {
  for (const { width, height, suffix } of SIZES) {
    await page.setViewportSize({ width, height });
    await page.waitForTimeout(300);
    await page.screenshot({ path: `${FOLDER}${name}${suffix}.png` });
  }
}

test('the demo session', async ({ window }) => {
  await untilPlayable(window);
  await shoot(window, 'first-start');
  await window.getByTestId('play').click();
  await window.getByTestId('fit-start').click();
  await expect
    .poll(async () => Number(await window.getByTestId('loss-now').innerText()), { timeout: 60_000 })
    .toBeLessThan(1);
  await shoot(window, 'demo');
  await window.getByTestId('fit-stop').click();
  await expect(window.getByTestId('fit-done')).toBeVisible({ timeout: 60_000 });
  await shoot(window, 'fitted');
  await window.getByTestId('menu').click();
  await shoot(window, 'menu');
  await window.getByTestId('menu-export.wav').click();
  await shoot(window, 'export');
  await window.getByRole('button', { name: 'Cancel' }).click();
  await window.keyboard.press('?');
  await shoot(window, 'shortcuts');
  await window.keyboard.press('Escape');
  await window.getByTestId('menu').click();
  await window.getByTestId('menu-session.new').click();
  const discard = window.getByTestId('unsaved-discard');
  if (await discard.isVisible()) await discard.click();
  await shoot(window, 'empty');
});
