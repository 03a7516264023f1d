/** What a new user does, the same in every host: demo, play, fit, edit, undo, switch, loop. */
import { expect, type Page } from '@playwright/test';
import { untilPlayable } from './fixtures.ts';

/** Seconds shown by the position counter. */
export async function positionSeconds(page: Page): Promise<number> {
  const text = await page.getByTestId('position').innerText();
  const [minutes, seconds] = text.split(':').map(Number) as [number, number];
  return 60 * minutes + seconds;
}

/** Opens the panel of the effect that a parameter belongs to; one panel is open at a time. */
export async function openPanelOf(page: Page, id: string): Promise<void> {
  const tile = page.getByTestId(`show-${id.split('.')[0]}`);
  // An amount stands in the strip, which is always there.
  if (id.startsWith('amount.') || (await tile.getAttribute('aria-pressed')) === 'true') return;
  await tile.click();
}

/** Types a value into a parameter's number field. */
export async function typeValue(page: Page, id: string, text: string): Promise<void> {
  await openPanelOf(page, id);
  const field = page.getByTestId(`number-${id}`);
  await field.click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type(text);
  await page.keyboard.press('Enter');
}

/** What a parameter's number field shows. */
export async function shownValue(page: Page, id: string): Promise<string> {
  await openPanelOf(page, id);
  const field = page.getByTestId(`number-${id}`);
  return (
    (await field.evaluate((element) => (element as HTMLInputElement).value ?? element.textContent)) ||
    field.innerText()
  );
}

/** From a first start to a fitted, edited session. */
export async function mainFlow(page: Page): Promise<void> {
  // The demo opens by itself at a first start.
  await expect(page.getByTestId('session-name')).toHaveText(/demo/i);
  await untilPlayable(page);
  for (const lane of ['dry', 'target', 'processed'])
    await expect(page.getByTestId(`lane-${lane}`)).toBeVisible();

  await page.getByTestId('play').click();
  await expect.poll(() => positionSeconds(page)).toBeGreaterThan(0.5);

  await page.getByTestId('fit-start').click();
  await expect(page.getByTestId('loss-now')).toBeVisible();
  const before = Number(await page.getByTestId('loss-before').innerText());
  await expect
    .poll(async () => Number(await page.getByTestId('loss-now').innerText()), { timeout: 60_000 })
    .toBeLessThan(0.8 * before);
  // The rack shows the best so far while the fit runs.
  const neutral = '0.0 dB';
  await expect.poll(() => shownValue(page, 'comp.makeup')).not.toBe(neutral);
  await page.getByTestId('fit-pause').click();
  await expect(page.getByTestId('fit-remaining')).toHaveText('Paused');
  await page.getByTestId('fit-continue').click();
  await page.getByTestId('fit-stop').click();
  await expect(page.getByTestId('fit-done')).toBeVisible({ timeout: 60_000 });

  const fitted = await shownValue(page, 'eq.pk1.gain');
  await typeValue(page, 'eq.pk1.gain', '-7.5 dB');
  await expect.poll(() => shownValue(page, 'eq.pk1.gain')).toMatch(/7\.5/);
  await page.keyboard.press('Escape');
  await page.getByTestId('undo').click();
  await expect.poll(() => shownValue(page, 'eq.pk1.gain')).toBe(fitted);

  for (const monitor of ['dry', 'target', 'processed'])
    await page.getByTestId(`monitor-${monitor}`).check({ force: true });
  await page.getByTestId('stop').click();
  await expect.poll(() => positionSeconds(page)).toBe(0);
}
