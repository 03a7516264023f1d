/** The rack as an instrument: palette, clipboard, amounts, slots, blind test, menus, tips and the look. */
import type { Page } from '@playwright/test';
import { RATE_HZ, expect, test, untilPlayable } from './support/fixtures.ts';
import { shownValue, typeValue } from './support/flow.ts';

async function find(page: Page, query: string): Promise<void> {
  await page.keyboard.press('ControlOrMeta+k');
  await expect(page.getByTestId('palette-query')).toBeFocused();
  await page.keyboard.type(query);
}

async function undo(page: Page): Promise<void> {
  await page.getByTestId('undo').click();
}

const undoName = (page: Page): Promise<string | null> => page.getByTestId('undo').getAttribute('aria-label');

test('the palette finds a parameter and takes its value', async ({ window }) => {
  await untilPlayable(window);
  await find(window, 'release');
  await expect(window.getByTestId('palette-comp.release')).toContainText('50.0 ms');
  await window.keyboard.press('Enter');
  await expect(window.getByTestId('panel-comp')).toBeVisible();
  await expect(window.getByTestId('number-comp.release')).toBeFocused();
  await window.keyboard.type('120');
  await window.keyboard.press('Enter');
  await expect.poll(() => shownValue(window, 'comp.release')).toBe('120 ms');
  await undo(window);
  await expect.poll(() => shownValue(window, 'comp.release')).toBe('50.0 ms');

  // What was used last is first.
  await window.keyboard.press('ControlOrMeta+k');
  await expect(window.getByTestId('palette-list').getByRole('option').first()).toHaveAttribute(
    'data-testid',
    'palette-comp.release',
  );
  await window.keyboard.press('Escape');
  await expect(window.getByTestId('palette-dialog')).toBeHidden();

  // One of a matrix, in a fold.
  await find(window, 'mixing angle 1,2');
  await window.keyboard.press('Enter');
  await expect(window.getByTestId('number-fdn.mixing.0.1')).toBeFocused();
});

test('the palette runs commands on the effect in hand, and not what cannot be done', async ({ window }) => {
  await untilPlayable(window);
  await window.getByTestId('show-delay').click();
  await find(window, 'bypass');
  await window.keyboard.press('Enter');
  await expect(window.getByTestId('bypass-delay')).toHaveAttribute('aria-pressed', 'true');
  await find(window, 'redo');
  await expect(window.getByTestId('palette-edit.redo')).toHaveAttribute('aria-disabled', 'true');
  await window.keyboard.press('Enter');
  await expect(window.getByTestId('palette-dialog')).toBeVisible();
  await window.keyboard.press('Escape');
  await window.keyboard.press(']');
  await expect(window.getByTestId('panel-fdn')).toBeVisible();
  await window.keyboard.press('[');
  await expect(window.getByTestId('panel-delay')).toBeVisible();
});

test('an effect is copied from one slot to another in one step', async ({ window }) => {
  await untilPlayable(window);
  await typeValue(window, 'eq.pk1.gain', '-4.5 dB');
  await typeValue(window, 'eq.pk2.freq', '5k');
  await window.getByTestId('show-eq').focus();
  await window.keyboard.press('ControlOrMeta+c');
  await expect(window.getByText('Copied the settings of the EQ.')).toBeVisible();
  await window.keyboard.press('Alt+b');
  await window.getByTestId('more-eq').click();
  await window.getByTestId('reset-eq').click();
  await expect.poll(() => shownValue(window, 'eq.pk1.gain')).toBe('0.0 dB');
  await window.getByTestId('show-eq').focus();
  await window.keyboard.press('ControlOrMeta+v');
  await expect.poll(() => shownValue(window, 'eq.pk1.gain')).toBe('−4.5 dB');
  expect(await shownValue(window, 'eq.pk2.freq')).toBe('5.00 kHz');
  expect(await undoName(window)).toBe('Undo: Paste EQ');
  await undo(window);
  await expect.poll(() => shownValue(window, 'eq.pk1.gain')).toBe('0.0 dB');

  await window.getByTestId('show-comp').click();
  await window.keyboard.press('ControlOrMeta+v');
  await expect(
    window.getByText('The clipboard holds settings of the EQ, not of the dynamics.'),
  ).toBeVisible();
});

test('an amount is heard, is one step, and goes back with a double-click', async ({ window, card }) => {
  await untilPlayable(window);
  await typeValue(window, 'comp.makeup', '12 dB');
  await typeValue(window, 'amount.comp', '0');
  expect(await undoName(window)).toBe('Undo: Amount of Dynamics');
  await expect(window.getByTestId('show-comp')).toHaveAccessibleName(/at 0 %/);
  // The setting stays; only what is heard of it goes.
  expect(await shownValue(window, 'comp.makeup')).toBe('+12.0 dB');
  await window.getByTestId('match-loudness').uncheck({ force: true });

  const loudness = async (): Promise<number> => {
    await window.keyboard.press('Shift+Space');
    const recording = await card.record();
    await window.getByTestId('play').click();
    await expect.poll(() => recording.recordedSamples()).toBeGreaterThan(3 * RATE_HZ);
    await window.getByTestId('stop').click();
    const { left } = await recording.stop();
    return 10 * Math.log10(left.reduce((sum, sample) => sum + sample ** 2, 0) / left.length);
  };
  const without = await loudness();
  await undo(window);
  await expect(window.getByTestId('number-amount.comp')).toHaveValue('100 %');
  const withAll = await loudness();
  // Make-up of 12 dB, less what the compressor takes.
  expect(withAll - without).toBeGreaterThan(4);

  const slider = window.getByTestId('amount-all');
  const box = (await slider.boundingBox())!;
  await window.mouse.move(box.x + (2 / 3) * box.width, box.y + box.height / 2);
  await window.mouse.down();
  for (let step = 1; step <= 8; step++)
    await window.mouse.move(box.x + (2 / 3 - step / 24) * box.width, box.y + box.height / 2);
  await window.mouse.up();
  await expect(window.getByTestId('number-amount.all')).toHaveValue('50 %');
  await undo(window);
  await expect(window.getByTestId('number-amount.all')).toHaveValue('100 %');
  await typeValue(window, 'amount.all', '140');
  await slider.dblclick();
  await expect(window.getByTestId('number-amount.all')).toHaveValue('100 %');
});

test('amounts are applied to the setting and are 100 % then', async ({ window }) => {
  await untilPlayable(window);
  await typeValue(window, 'eq.pk1.gain', '-8');
  await expect(window.getByTestId('apply-amount')).toBeDisabled();
  await typeValue(window, 'amount.all', '50');
  await window.getByTestId('apply-amount').click();
  await expect.poll(() => shownValue(window, 'eq.pk1.gain')).toBe('−4.0 dB');
  await expect(window.getByTestId('number-amount.all')).toHaveValue('100 %');
  await undo(window);
  await expect.poll(() => shownValue(window, 'eq.pk1.gain')).toBe('−8.0 dB');
  await expect(window.getByTestId('number-amount.all')).toHaveValue('50 %');
});

test('slots are copied to, say whether they are filled, and are compared', async ({ window }) => {
  await untilPlayable(window);
  await typeValue(window, 'eq.pk1.gain', '3');
  await expect(window.getByTestId('slot-C')).toHaveAccessibleName('Slot C, empty');
  // The radio is invisible under its letter.
  await window.getByTestId('slot-C').click({ modifiers: ['Alt'], force: true });
  await expect(window.getByTestId('slot-C')).toHaveAccessibleName('Slot C');
  await expect(window.getByTestId('slot-A')).toBeChecked();
  expect(await undoName(window)).toBe('Undo: Copy to slot C');
  await typeValue(window, 'eq.pk1.gain', '-3');
  await window.getByTestId('slot-C').check({ force: true });
  await expect.poll(() => shownValue(window, 'eq.pk1.gain')).toBe('+3.0 dB');
  await window.getByTestId('slot-menu').click();
  await window.getByTestId('menu-slot.copyTo.D').click();
  await expect(window.getByTestId('slot-D')).toHaveAccessibleName('Slot D');
  await expect(window.getByTestId('slot-C')).toBeChecked();
});

test('a blind test tells nothing before it is revealed, and uses the slot that is chosen', async ({
  window,
}) => {
  await untilPlayable(window);
  await window.keyboard.press('Alt+Shift+b');
  await typeValue(window, 'eq.pk1.gain', '-12');
  const before = await undoName(window);
  await find(window, 'blind');
  await window.keyboard.press('Enter');
  await expect(window.getByTestId('blind-1')).toBeFocused({ timeout: 30_000 });
  await expect(window.getByTestId('blind-test')).not.toContainText(/slot/i);
  await expect(window.getByTestId('blind-reveal')).toBeDisabled();
  await window.keyboard.press('Space');
  await expect(window.getByTestId('blind-play')).toHaveText('Pause');
  await window.keyboard.press('2');
  await expect(window.getByTestId('blind-2')).toBeChecked();
  for (let round = 0; round < 3; round++) await window.getByTestId('blind-prefer').click();
  await expect(window.getByTestId('blind-rounds')).toHaveText('3 rounds done.');
  await window.getByTestId('blind-reveal').click();
  const counts = await Promise.all(
    ['A', 'B'].map(async (slot) => Number(await window.getByTestId(`blind-count-${slot}`).innerText())),
  );
  expect(counts[0]! + counts[1]!).toBe(3);
  await expect(window.getByTestId('blind-certainty')).toContainText('chance');
  await window.getByTestId('blind-use-B').click();
  await expect(window.getByTestId('blind-test')).toBeHidden();
  await expect(window.getByTestId('slot-B')).toBeChecked();
  expect(await shownValue(window, 'eq.pk1.gain')).toBe('0.0 dB');
  expect(await undoName(window)).toBe('Undo: Slot B');
  await undo(window);
  expect(await undoName(window)).toBe(before);

  await find(window, 'blind');
  await window.keyboard.press('Enter');
  await expect(window.getByTestId('blind-1')).toBeFocused({ timeout: 30_000 });
  await window.keyboard.press('Escape');
  await expect(window.getByTestId('blind-test')).toBeHidden();
  expect(await undoName(window)).toBe(before);
});

test('the look is remembered', async ({ window }) => {
  await untilPlayable(window);
  const look = (page: Page): Promise<string | undefined> =>
    page.evaluate(() => document.documentElement.dataset['theme']);
  const ground = (page: Page): Promise<string> =>
    page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  for (const choice of ['light', 'dark']) {
    await window.getByTestId('menu').click();
    await window.getByTestId(`menu-theme.${choice}`).click();
    await expect.poll(() => look(window)).toBe(choice);
  }
  const dark = await ground(window);
  await find(window, 'light');
  await window.keyboard.press('Enter');
  await expect.poll(() => look(window)).toBe('light');
  expect(await ground(window)).not.toBe(dark);
  await window.waitForTimeout(300);
  await window.reload();
  await expect(window.locator('[data-ready=true]')).toBeVisible();
  await expect.poll(() => look(window)).toBe('light');
});

test('menus and tips work from the keyboard', async ({ window }) => {
  await untilPlayable(window);
  await window.getByTestId('more-comp').focus();
  await window.keyboard.press('Enter');
  await expect(window.getByTestId('copy-comp')).toBeFocused();
  await window.keyboard.press('ArrowDown');
  await expect(window.getByTestId('paste-comp')).toBeFocused();
  await window.keyboard.press('End');
  await window.keyboard.press('Enter');
  await expect(window.getByTestId('more-comp')).toBeFocused();
  await window.getByTestId('more-comp').press('Enter');
  await expect(window.getByTestId('menu-lock-comp')).toHaveAttribute('aria-checked', 'true');
  await window.keyboard.press('Escape');
  await expect(window.getByTestId('copy-comp')).toBeHidden();

  const tip = window.getByTestId('tip');
  const bypass = window.getByTestId('bypass-eq');
  await bypass.hover();
  await expect(tip).toContainText('Bypass EQ');
  const [about, shown] = [(await bypass.boundingBox())!, (await tip.boundingBox())!];
  expect(shown.y > about.y + about.height || shown.y + shown.height < about.y).toBe(true);
  await expect(bypass).toHaveAccessibleDescription(/what this effect does/);
  await window.keyboard.press('Escape');
  await expect(tip).toBeHidden();
});
