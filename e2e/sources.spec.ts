/** A user's own files: chosen, dropped, odd, broken, gone. */
import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { encodeWav, wavHeader } from '#audio/wav-write.ts';
import { expect, openWindow, test, untilPlayable } from './support/fixtures.ts';
import { startVoxfit } from './support/voxfit.ts';
import { madeUpVoice } from '../src-worker/test-support/made-up-voice.ts';

/** Mono sound in `channels` channels. */
function writeVoice(path: string, sampleRateHz: number, channels: number, seconds: number): void {
  const voice = madeUpVoice((seconds * sampleRateHz) / 44_100, 3);
  const sound = Array.from({ length: channels }, (_, c) => voice.map((x) => x / (1 + c)));
  writeFileSync(path, encodeWav({ sampleRateHz, channels: sound }, '24'));
}

async function choose(page: Page, role: 'dry' | 'target', path: string): Promise<void> {
  const chooser = page.waitForEvent('filechooser');
  await page.getByTestId(`choose-${role}`).click();
  await (await chooser).setFiles(path);
}

async function newSession(page: Page): Promise<void> {
  await page.getByTestId('menu').click();
  await page.getByTestId('menu-session.new').click();
  await expect(page.getByTestId('session-name')).toHaveText('Untitled');
}

test('mono at 192 kHz and six channels are a pair like any other', async ({ window, folders }) => {
  mkdirSync(folders.library, { recursive: true });
  const [dry, target] = [join(folders.library, 'dry.wav'), join(folders.library, 'target.wav')];
  writeVoice(dry, 192_000, 1, 3);
  writeVoice(target, 48_000, 6, 3);
  await untilPlayable(window);
  await newSession(window);
  await choose(window, 'dry', dry);
  await expect(window.getByTestId('source-name-dry')).toHaveText('dry.wav');
  await choose(window, 'target', target);
  await expect(window.getByTestId('source-target')).toContainText('6 channels');
  await untilPlayable(window);
  await expect(window.getByTestId('fit-start')).toBeEnabled();
  await window.getByTestId('play').click();
  await expect(window.getByTestId('position')).not.toHaveText('0:00.000');

  // The user's own offset and polarity, and back to what was measured.
  await window.getByTestId('offset').fill('12.5');
  await window.getByTestId('offset').press('Enter');
  await expect(window.getByTestId('offset')).toHaveValue('12.50');
  await window.getByTestId('undo').click();
  await expect(window.getByTestId('offset')).not.toHaveValue('12.50');
});

test('files that cannot be used say so in one sentence, and nothing is lost', async ({ window, folders }) => {
  mkdirSync(folders.library, { recursive: true });
  const broken = join(folders.library, 'broken.wav');
  writeFileSync(broken, 'This is no sound at all, whatever its name says.');
  const long = join(folders.library, 'long.wav');
  const shape = {
    depth: '16',
    sampleRateHz: 48_000,
    channelCount: 1,
    lengthSamples: 3 * 3600 * 48_000,
  } as const;
  const header = wavHeader(shape);
  writeFileSync(long, header);
  truncateSync(long, header.length + 2 * shape.lengthSamples);
  const newer = join(folders.library, 'newer.voxfit');
  writeFileSync(newer, JSON.stringify({ format: 'voxfit-session', version: 99 }));

  await untilPlayable(window);
  await newSession(window);
  await choose(window, 'dry', broken);
  await expect(window.getByTestId('notice-error')).toContainText('broken.wav');
  await window.keyboard.press('ControlOrMeta+z');

  await choose(window, 'dry', long);
  await expect(window.getByTestId('notice-error').filter({ hasText: 'long.wav' })).toContainText(/3 h/, {
    timeout: 60_000,
  });

  const chooser = window.waitForEvent('filechooser');
  await window.keyboard.press('ControlOrMeta+o');
  await window.getByTestId('unsaved-discard').click();
  await (await chooser).setFiles(newer);
  await expect(window.getByTestId('notice-error').filter({ hasText: /newer/i })).toBeVisible();
});

test('a session whose sound is gone opens, says so and takes another file', async ({ window, folders }) => {
  mkdirSync(folders.library, { recursive: true });
  const dry = join(folders.library, 'take.wav');
  writeVoice(dry, 48_000, 1, 2);
  await untilPlayable(window);
  await newSession(window);
  await choose(window, 'dry', dry);
  await untilPlayable(window);
  await window.keyboard.press('ControlOrMeta+s');
  await window.getByTestId('file-name').fill('Gone');
  await window.getByTestId('file-name-accept').click();
  await expect(window.getByTestId('save-state')).toHaveText('Saved');
  // What the browser sent lies in the library.
  rmSync(join(folders.library, 'Uploads'), { recursive: true });

  await newSession(window);
  await window.getByTestId('menu').click();
  await window.getByRole('menuitem', { name: /Gone/ }).click();
  await expect(window.getByTestId('source-dry')).toContainText(/not found/);
  await choose(window, 'dry', dry);
  await untilPlayable(window);
  await expect(window.getByTestId('source-facts-dry')).toContainText('LUFS');
});

test('a second start hands over to the first', async ({ window, voxfit, folders, card, context }) => {
  await untilPlayable(window);
  // It prints a fresh link to the first, and ends.
  const second = await startVoxfit(folders, { env: card.env });
  expect(new URL(second.url).origin).toBe(new URL(voxfit.url).origin);
  const other = await context.newPage();
  await openWindow(other, second.url);
  await untilPlayable(other);
});
