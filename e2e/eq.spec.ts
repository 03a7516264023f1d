/** The EQ's picture with a real pointer and keyboard: what is drawn, what the numbers say, and one undo step each time. */
import type { Locator, Page } from '@playwright/test';
import { shownValue, typeValue } from './support/flow.ts';
import { expect, test, untilPlayable } from './support/fixtures.ts';

const handle = (page: Page, band: string): Locator => page.getByTestId(`handle-${band}`);

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Centre of a band's handle on the page. */
async function centre(page: Page, band: string): Promise<Point> {
  const box = (await handle(page, band).boundingBox())!;
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

async function drag(page: Page, band: string, right: number, down: number): Promise<void> {
  const { x, y } = await centre(page, band);
  await page.mouse.move(x, y);
  await page.mouse.down();
  for (let step = 1; step <= 10; step++)
    await page.mouse.move(x + (right * step) / 10, y + (down * step) / 10);
}

/** A shown number in its own unit: "1.25 kHz" is 1250. */
async function numberShown(page: Page, id: string): Promise<number> {
  const text = (await shownValue(page, id)).replace('−', '-');
  return parseFloat(text) * (/k/.test(text) ? 1000 : 1);
}

/**
 * Height on the page at which the heard curve is drawn at an x: the middle of the strongest pixels of that column of its
 * canvas.
 */
async function drawnY(page: Page, x: number): Promise<number> {
  return page.getByTestId('eq-curve').evaluate((element, pageX) => {
    const canvas = element as HTMLCanvasElement;
    const box = canvas.getBoundingClientRect();
    const column = Math.round(((pageX - box.left) / box.width) * canvas.width);
    const { data } = canvas.getContext('2d')!.getImageData(column, 0, 1, canvas.height);
    let [sum, count] = [0, 0];
    for (let row = 0; row < canvas.height; row++) {
      // The line; its halo is fainter.
      if (data[4 * row + 3]! < 160) continue;
      sum += row + 0.5;
      count += 1;
    }
    return box.top + (sum / count / canvas.height) * box.height;
  }, x);
}

/** Every band flat but those that are asked about. */
async function flatten(page: Page): Promise<void> {
  await typeValue(page, 'eq.hp.freq', '16');
  await typeValue(page, 'eq.lp.freq', '18k');
}

test('a dot that is dragged sets frequency and gain, and undo takes it back at once', async ({ window }) => {
  await untilPlayable(window);
  await flatten(window);
  const [gain, freq, q] = await Promise.all(
    ['gain', 'freq', 'q'].map((part) => shownValue(window, `eq.pk1.${part}`)),
  );
  const from = await centre(window, 'eq.pk1');
  await drag(window, 'eq.pk1', 120, -60);
  await expect(window.getByTestId('eq-bubble')).toContainText('Peak 1');
  await window.mouse.up();

  const to = await centre(window, 'eq.pk1');
  expect(to.x - from.x).toBeCloseTo(120, 0);
  expect(to.y - from.y).toBeCloseTo(-60, 0);
  const picture = (await window.getByTestId('eq-picture').boundingBox())!;
  const wantedHz = 800 * 1000 ** (120 / picture.width);
  expect(Math.abs((await numberShown(window, 'eq.pk1.freq')) / wantedHz - 1)).toBeLessThan(0.02);
  const gainDb = await numberShown(window, 'eq.pk1.gain');
  expect(gainDb).toBeGreaterThan(2);
  expect(await shownValue(window, 'eq.pk1.q')).toBe(q);
  // The curve goes through the dot: no other band adds anything there.
  await expect.poll(async () => Math.abs((await drawnY(window, to.x)) - to.y)).toBeLessThan(1.5);

  await expect(window.getByTestId('undo')).toHaveAccessibleName('Undo: Move Peak 1');
  await window.keyboard.press('ControlOrMeta+z');
  await expect.poll(() => shownValue(window, 'eq.pk1.gain')).toBe(gain);
  expect(await shownValue(window, 'eq.pk1.freq')).toBe(freq);
  await expect.poll(async () => Math.round((await centre(window, 'eq.pk1')).y - from.y)).toBe(0);
  await window.keyboard.press('ControlOrMeta+Shift+z');
  await expect.poll(() => numberShown(window, 'eq.pk1.gain')).toBe(gainDb);

  await handle(window, 'eq.pk1').click({ modifiers: ['ControlOrMeta'] });
  expect(await shownValue(window, 'eq.pk1.gain')).toBe('0.0 dB');
  expect(await shownValue(window, 'eq.pk1.freq')).toBe('800 Hz');
});

test('Esc puts a dragged dot back and leaves no undo step', async ({ window }) => {
  await untilPlayable(window);
  await expect(window.getByTestId('undo')).toBeDisabled();
  const before = await shownValue(window, 'eq.hs.gain');
  await drag(window, 'eq.hs', -40, 50);
  expect(await shownValue(window, 'eq.hs.gain')).not.toBe(before);
  await window.keyboard.press('Escape');
  await window.mouse.up();
  expect(await shownValue(window, 'eq.hs.gain')).toBe(before);
  await expect(window.getByTestId('undo')).toBeDisabled();
});

test('the wheel and Shift-drag turn Q, and a pass follows its own resonance', async ({ window }) => {
  await untilPlayable(window);
  const before = await numberShown(window, 'eq.pk2.q');
  const { x, y } = await centre(window, 'eq.pk2');
  await window.mouse.move(x - 3, y);
  await window.mouse.move(x, y);
  for (let notch = 0; notch < 3; notch++) await window.mouse.wheel(0, -100);
  await expect.poll(() => numberShown(window, 'eq.pk2.q')).toBeGreaterThan(1.5 * before);
  expect(await shownValue(window, 'eq.pk2.gain')).toBe('0.0 dB');
  const wheeled = await numberShown(window, 'eq.pk2.q');
  // A turn of the wheel is over after a moment.
  await window.waitForTimeout(600);
  await window.keyboard.down('Shift');
  await drag(window, 'eq.pk2', 30, 40);
  await window.mouse.up();
  await window.keyboard.up('Shift');
  expect(await numberShown(window, 'eq.pk2.q')).toBeLessThan(wheeled);
  expect(await numberShown(window, 'eq.pk2.freq')).toBe(4000);
  await window.getByTestId('undo').click();
  expect(await numberShown(window, 'eq.pk2.q')).toBe(wheeled);
  await window.getByTestId('undo').click();
  expect(await numberShown(window, 'eq.pk2.q')).toBe(before);

  await drag(window, 'eq.hp', 20, -70);
  await window.mouse.up();
  const q = await numberShown(window, 'eq.hp.q');
  expect(q).toBeGreaterThan(1);
  const dot = await centre(window, 'eq.hp');
  // The other bands are flat here, so that the curve is the high-pass’s own.
  await expect.poll(async () => Math.abs((await drawnY(window, dot.x)) - dot.y)).toBeLessThan(1.5);
});

test('a double-click bypasses a band, in the picture and in its column', async ({ window }) => {
  await untilPlayable(window);
  await flatten(window);
  await typeValue(window, 'eq.pk1.gain', '9 dB');
  const dot = await centre(window, 'eq.pk1');
  await expect.poll(async () => Math.abs((await drawnY(window, dot.x)) - dot.y)).toBeLessThan(1.5);
  await handle(window, 'eq.pk1').dblclick();
  await expect(window.getByTestId('bypass-eq.pk1')).toHaveAttribute('aria-pressed', 'true');
  const picture = (await window.getByTestId('eq-picture').boundingBox())!;
  const middle = picture.y + picture.height / 2;
  await expect.poll(async () => Math.abs((await drawnY(window, dot.x)) - middle)).toBeLessThan(1.5);
  expect(await shownValue(window, 'eq.pk1.gain')).toBe('+9.0 dB');
  expect((await centre(window, 'eq.pk1')).y).toBeCloseTo(dot.y, 0);
  await window.getByTestId('bypass-eq.pk1').click();
  await expect.poll(async () => Math.abs((await drawnY(window, dot.x)) - dot.y)).toBeLessThan(1.5);
  await window.getByTestId('undo').click();
  await expect(window.getByTestId('bypass-eq.pk1')).toHaveAttribute('aria-pressed', 'true');
});

test('exact values open beside a dot and close with the focus back on it', async ({ window }) => {
  await untilPlayable(window);
  await handle(window, 'eq.pk2').click({ button: 'right' });
  const popover = window.getByTestId('exact-eq.pk2');
  await expect(popover).toBeVisible();
  await expect(window.getByTestId('exact-eq.pk2.gain')).toBeFocused();
  await window.keyboard.type('-3.5');
  await window.keyboard.press('Tab');
  await expect(window.getByTestId('exact-eq.pk2.freq')).toBeFocused();
  await window.keyboard.type('2.5k');
  await window.keyboard.press('Enter');
  await expect(popover).toBeHidden();
  await expect(handle(window, 'eq.pk2')).toBeFocused();
  expect(await shownValue(window, 'eq.pk2.gain')).toBe('−3.5 dB');
  expect(await numberShown(window, 'eq.pk2.freq')).toBe(2500);

  await window.keyboard.press('Enter');
  await expect(popover).toBeVisible();
  await window.keyboard.type('12');
  await window.keyboard.press('Escape');
  await expect(popover).toBeHidden();
  await expect(handle(window, 'eq.pk2')).toBeFocused();
  expect(await shownValue(window, 'eq.pk2.gain')).toBe('−3.5 dB');

  await window.keyboard.press('Enter');
  await window.getByTestId('number-eq.ls.gain').click();
  await expect(popover).toBeHidden();
  await expect(window.getByTestId('number-eq.ls.gain')).toBeFocused();
});

test('arrow keys move a dot and Delete sets the default, one step each', async ({ window }) => {
  await untilPlayable(window);
  await handle(window, 'eq.hs').focus();
  await expect(window.getByTestId('band-eq.hs')).toHaveAttribute('data-active', 'true');
  for (let i = 0; i < 5; i++) await window.keyboard.press('ArrowUp');
  expect(await shownValue(window, 'eq.hs.gain')).toBe('+0.5 dB');
  await window.waitForTimeout(600);
  await window.keyboard.press('ArrowLeft');
  expect(await numberShown(window, 'eq.hs.freq')).toBeLessThan(6000);
  await window.keyboard.press('Delete');
  expect(await shownValue(window, 'eq.hs.gain')).toBe('0.0 dB');
  expect(await numberShown(window, 'eq.hs.freq')).toBe(6000);
  await expect(handle(window, 'eq.hs')).toHaveAttribute('aria-valuetext', /6\.00 kHz/);
  for (const gain of ['+0.5 dB', '+0.5 dB', '0.0 dB']) {
    await window.keyboard.press('ControlOrMeta+z');
    await expect.poll(() => shownValue(window, 'eq.hs.gain')).toBe(gain);
  }
  await expect(window.getByTestId('undo')).toBeDisabled();
});

test('a band’s column and its dot point at each other, and its reach is shown', async ({ window }) => {
  await untilPlayable(window);
  const picture = (await window.getByTestId('eq-picture').boundingBox())!;
  await window.getByTestId('band-eq.ls').hover();
  const reach = window.getByTestId('eq-reach');
  await expect(reach).toHaveAttribute('data-band', 'eq.ls');
  const box = (await reach.boundingBox())!;
  const xOf = (hz: number): number => picture.x + (picture.width * Math.log(hz / 20)) / Math.log(1000);
  expect(box.x).toBeCloseTo(xOf(30), -0.5);
  expect(box.x + box.width).toBeCloseTo(xOf(200), -0.5);
  await handle(window, 'eq.lp').hover();
  await expect(reach).toHaveAttribute('data-band', 'eq.lp');
  await expect(window.getByTestId('band-eq.lp')).toHaveAttribute('data-active', 'true');
});

test('the range of the axis changes the picture and not the setting', async ({ window }) => {
  await untilPlayable(window);
  await flatten(window);
  await typeValue(window, 'eq.pk1.gain', '5 dB');
  const wide = await centre(window, 'eq.pk1');
  await window.getByTestId('eq-range-6').check({ force: true });
  const narrow = await centre(window, 'eq.pk1');
  const picture = (await window.getByTestId('eq-picture').boundingBox())!;
  const middle = picture.y + picture.height / 2;
  expect((middle - narrow.y) / (middle - wide.y)).toBeCloseTo(2, 1);
  await expect.poll(async () => Math.abs((await drawnY(window, narrow.x)) - narrow.y)).toBeLessThan(1.5);
  expect(await shownValue(window, 'eq.pk1.gain')).toBe('+5.0 dB');
});

/** Pixels of a layer with anything on them. */
async function inked(page: Page, layer: string): Promise<number> {
  return page.getByTestId(layer).evaluate((element) => {
    const canvas = element as HTMLCanvasElement;
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let i = 3; i < data.length; i += 4) if (data[i]! > 0) count += 1;
    return count;
  });
}

test('spectra move while it plays and rest afterwards; the match curve comes when it is asked for', async ({
  window,
}) => {
  await untilPlayable(window);
  expect(await inked(window, 'eq-live')).toBe(0);
  await window.getByTestId('play').click();
  await expect.poll(() => inked(window, 'eq-live')).toBeGreaterThan(2000);
  await window.getByTestId('eq-before').click();
  await window.getByTestId('eq-after').click();
  await expect.poll(() => inked(window, 'eq-live')).toBe(0);
  await window.getByTestId('eq-before').click();
  await expect.poll(() => inked(window, 'eq-live')).toBeGreaterThan(2000);

  // Kept peaks stay until the picture is clicked.
  await window.getByTestId('eq-hold').click();
  await window.getByTestId('eq-hold-keep').click();
  await window.waitForTimeout(500);
  await window.getByTestId('stop').click();
  await window.waitForTimeout(2_000);
  expect(await inked(window, 'eq-live')).toBeGreaterThan(500);
  const picture = (await window.getByTestId('eq-picture').boundingBox())!;
  await window.mouse.click(picture.x + 60, picture.y + 30);
  await expect.poll(() => inked(window, 'eq-live')).toBe(0);

  const still = await inked(window, 'eq-grid');
  await window.getByTestId('eq-overlay').click();
  await expect.poll(() => inked(window, 'eq-grid')).toBeGreaterThan(still);
  const shapes = await inked(window, 'eq-shapes');
  await window.getByTestId('eq-match').click();
  await expect.poll(() => inked(window, 'eq-shapes')).toBeGreaterThan(shapes);
});

test('in a small window every band’s numbers are at hand', async ({ window }) => {
  await window.setViewportSize({ width: 1024, height: 700 });
  await untilPlayable(window);
  const panel = (await window.getByTestId('panel-eq').boundingBox())!;
  for (const [id, text, shown] of [
    ['eq.pk1.gain', '-24', '−24.0 dB'],
    ['eq.ls.freq', '150', '150 Hz'],
    ['eq.hs.gain', '-12.5', '−12.5 dB'],
    ['eq.lp.freq', '12.3k', '12.3 kHz'],
    ['eq.hp.q', '2', '2.00'],
  ] as const) {
    await typeValue(window, id, text);
    expect(await shownValue(window, id)).toBe(shown);
    const field = window.getByTestId(`number-${id}`);
    const box = (await field.boundingBox())!;
    expect(box.x).toBeGreaterThanOrEqual(panel.x);
    expect(box.x + box.width).toBeLessThanOrEqual(panel.x + panel.width);
    expect(box.y + box.height).toBeLessThanOrEqual(panel.y + panel.height);
    // All of it can be read.
    expect(await field.evaluate((input) => input.scrollWidth - input.clientWidth)).toBeLessThanOrEqual(0);
  }
});
