/** A tone that plays as the dry vocal: steady, so that any change of the sound is one that was made. */
import type { Page } from '@playwright/test';
import { encodeWav } from '#audio/wav-write.ts';
import { expect, RATE_HZ, untilPlayable } from './fixtures.ts';

const AMPLITUDE = 0.1;
/** For the chain's repeats and decay to come to rest. */
const SETTLED_MS = 6_000;

/**
 * Plays a tone through the neutral chain, once, from a session that has nothing else; resolves when it is steady.
 * @param seconds that it is then still heard for
 */
export async function playTone(page: Page, toneHz: number, seconds: number): Promise<void> {
  const tone = Float32Array.from({ length: (seconds + SETTLED_MS / 1000) * RATE_HZ }, (_, n) => {
    const phase = 2 * Math.PI * ((toneHz * n) / RATE_HZ);
    return AMPLITUDE * Math.sin(phase);
  });
  await page.getByTestId('menu').click();
  await page.getByTestId('menu-session.new').click();
  await expect(page.getByTestId('session-name')).toHaveText('Untitled');
  const chooser = page.waitForEvent('filechooser');
  await page.getByTestId('choose-dry').click();
  const buffer = Buffer.from(encodeWav({ sampleRateHz: RATE_HZ, channels: [tone] }, '32f'));
  await (await chooser).setFiles({ name: 'Tone.wav', mimeType: 'audio/wav', buffer });
  await expect(page.getByTestId('source-name-dry')).toHaveText('Tone.wav');
  await untilPlayable(page);
  await page.getByTestId('match-loudness').uncheck({ force: true });
  await page.getByTestId('play').click();
  await page.waitForTimeout(SETTLED_MS);
}

/**
 * Where a steady tone has changed by `part` of what it does in the end, in samples; null where it does not change. The tone
 * has to be steady before `from`; what counts is the difference to how it would have gone on, so its phase as well.
 * @param periodSamples after which the sound repeats itself
 */
export function changedBy(
  part: number,
  sound: Float32Array,
  from: number,
  periodSamples: number,
): number | null {
  const before = sound.subarray(from - periodSamples, from);
  const difference = (n: number): number => {
    let sum = 0;
    for (let k = 0; k < periodSamples; k++)
      sum += (sound[n + k]! - before[(n + k - from) % periodSamples]!) ** 2;
    return Math.sqrt(sum / periodSamples);
  };
  const end = difference(sound.length - periodSamples);
  const loudest = Math.max(...before.map(Math.abs));
  if (!(end > 0.01 * loudest)) return null;
  for (let n = from; n + periodSamples < sound.length; n++) if (difference(n) >= part * end) return n;
  return null;
}
