/** `npm run bench:app`: how quickly the window is of use, and how quickly a gesture is heard. */
import { positionSeconds } from './support/flow.ts';
import { expect, openWindow, RATE_HZ, test, untilPlayable } from './support/fixtures.ts';
import { changedBy, playTone } from './support/tone.ts';
import { startVoxfit } from './support/voxfit.ts';

const report = (what: string, value: number, unit: string): void => {
  console.log(`${what.padEnd(56)} ${value.toFixed(value < 10 ? 2 : 0)} ${unit}`);
};

test('start', async ({ page, folders, card }) => {
  const started = performance.now();
  const seconds = (): number => (performance.now() - started) / 1000;
  const voxfit = await startVoxfit(folders, { env: card.env });
  report('from the start of the program to its address', seconds(), 's');
  await openWindow(page, voxfit.url);
  report('… to a window that can be used', seconds(), 's');
  await untilPlayable(page);
  report('… to the demo ready to play', seconds(), 's');
  await page.getByTestId('fit-start').click();
  await expect(page.getByTestId('loss-now')).toBeVisible({ timeout: 60_000 });
  const before = Number(await page.getByTestId('loss-before').innerText());
  await expect
    .poll(async () => Number(await page.getByTestId('loss-now').innerText()), {
      timeout: 60_000,
      intervals: [50],
    })
    .toBeLessThan(before / 2);
  report('… to half the loss of the demo', seconds(), 's');
  await voxfit.stop();
});

const TRIES = 10;
/** One side is this much stronger than the other once the direct sound is panned there. */
const DOMINANCE = 4;
const WINDOW_SAMPLES = 48;
const LEAST_POWER = 1e-5;

const power = (sound: Float32Array, from: number, length: number): number =>
  sound.subarray(from, from + length).reduce((sum, x) => sum + x * x, 0) / length;

function reportDelays(what: string, delays: number[]): void {
  expect(delays.length).toBeGreaterThan(0);
  delays.sort((a, b) => a - b);
  report(`${what}, median of ${delays.length}`, delays[Math.floor(delays.length / 2)]!, 'ms');
  report('… the longest', delays.at(-1)!, 'ms');
}

test('from a gesture to the sound', async ({ window, card }) => {
  test.setTimeout(240_000);
  await untilPlayable(window);
  await window.getByTestId('loop').click();
  await window.getByTestId('play').click();
  await window.getByTestId('show-pan').click();
  const slider = window.getByTestId('knob-pan');
  await slider.focus();
  await window.keyboard.press('End');
  await expect.poll(() => positionSeconds(window)).toBeGreaterThan(1.5);
  const delays: number[] = [];
  for (let i = 0; i < TRIES; i++) {
    const recording = await card.record();
    await window.waitForTimeout(700);
    const at = recording.recordedSamples();
    // Hard left and right in turn.
    await window.keyboard.press(i % 2 === 0 ? 'Home' : 'End');
    await window.waitForTimeout(500);
    const { left, right } = await recording.stop();
    const [to, from] = i % 2 === 0 ? [left, right] : [right, left];
    // Nothing can be said while nothing sounds.
    if (power(from, at, RATE_HZ / 50) < LEAST_POWER) continue;
    for (let n = at; n + WINDOW_SAMPLES < to.length; n += WINDOW_SAMPLES / 4)
      if (power(to, n, WINDOW_SAMPLES) > DOMINANCE * power(from, n, WINDOW_SAMPLES)) {
        delays.push((1000 * (n - at)) / RATE_HZ);
        break;
      }
  }
  reportDelays('a key to the sound card', delays);
});

const TONE_HZ = 3000;
const PERIOD_SAMPLES = RATE_HZ / TONE_HZ;
/** Part of the whole change at which it is heard. */
const BEGUN = 0.05;

test('from a component slider to the sound', async ({ window, card }) => {
  test.setTimeout(240_000);
  await untilPlayable(window);
  await playTone(window, TONE_HZ, 60);
  await window.getByTestId('show-presets').click();
  const slider = window.getByTestId('preset-slider-1');
  await expect(slider).toBeVisible();
  const box = (await slider.boundingBox())!;
  const begun: number[] = [];
  const half: number[] = [];
  for (let i = 0; i < TRIES; i++) {
    // More and less in turn.
    await window.mouse.move(box.x + (i % 2 === 0 ? 0.75 : 0.25) * box.width, box.y + box.height / 2);
    const recording = await card.record();
    await window.waitForTimeout(1_500);
    const at = recording.recordedSamples();
    await window.mouse.down();
    await window.waitForTimeout(500);
    const { left } = await recording.stop();
    await window.mouse.up();
    for (const [part, delays] of [
      [BEGUN, begun],
      [0.5, half],
    ] as const) {
      const changed = changedBy(part, left, at, PERIOD_SAMPLES);
      if (changed !== null) delays.push((1000 * (changed - at)) / RATE_HZ);
    }
  }
  reportDelays('a component slider to the sound card', begun);
  reportDelays('… to half of its change, repeats and reverb included', half);
});
