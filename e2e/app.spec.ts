/** The window as a user meets it: from a first start to an exported file, through a crash of the engine and of all. */
import { SESSION_VERSION } from '#core/session/session-file.ts';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { mainFlow, positionSeconds, shownValue, typeValue } from './support/flow.ts';
import { collectComplaints, expect, openWindow, test, untilPlayable } from './support/fixtures.ts';
import { startVoxfit } from './support/voxfit.ts';

test('a new user plays, fits, edits, undoes, saves, reopens and exports', async ({ window, folders }) => {
  await mainFlow(window);

  await window.keyboard.press('ControlOrMeta+s');
  await window.getByTestId('file-name').fill('My song');
  await window.getByTestId('file-name-accept').click();
  await expect(window.getByTestId('save-state')).toHaveText('Saved');
  await expect(window.getByTestId('session-name')).toHaveText('My song');
  const saved = JSON.parse(readFileSync(join(folders.library, 'My song.voxfit'), 'utf8')) as {
    format: string;
    version: number;
  };
  expect(saved).toMatchObject({ format: 'voxfit-session', version: SESSION_VERSION });

  const gain = await shownValue(window, 'eq.hs.gain');
  await window.getByTestId('menu').click();
  await window.getByTestId('menu-session.new').click();
  await expect(window.getByTestId('session-name')).toHaveText('Untitled');
  await window.getByTestId('menu').click();
  await window.getByRole('menuitem', { name: /My song/ }).click();
  await expect(window.getByTestId('session-name')).toHaveText('My song');
  await untilPlayable(window);
  expect(await shownValue(window, 'eq.hs.gain')).toBe(gain);

  await window.keyboard.press('ControlOrMeta+e');
  await window.getByTestId('export-accept').click();
  await window.getByTestId('file-name').fill('Mixed');
  await window.getByTestId('file-name-accept').click();
  await expect(window.getByText(/Wrote “Mixed.wav”/)).toBeVisible({ timeout: 30_000 });
  expect(readdirSync(folders.library)).toContain('Mixed.wav');
});

/** Whether the position moves. */
async function isPlaying(page: Page): Promise<boolean> {
  const at = await positionSeconds(page);
  await page.waitForTimeout(500);
  return (await positionSeconds(page)) !== at;
}

test('an engine that dies is started again and the fit goes on', async ({ window, voxfit }) => {
  await untilPlayable(window);
  await window.getByTestId('loop').click();
  await window.getByTestId('play').click();
  await window.getByTestId('fit-start').click();
  // A checkpoint is written every few seconds.
  await expect(window.getByTestId('fit-remaining')).toHaveText(/left/, { timeout: 60_000 });
  await window.waitForTimeout(7_000);
  const loss = Number(await window.getByTestId('loss-now').innerText());
  expect(await isPlaying(window)).toBe(true);
  const [engine] = voxfit.children('engine-process');
  process.kill(engine!, 'SIGKILL');
  await expect(window.getByText(/engine .*again/i)).toBeVisible();
  await expect(window.getByTestId('fit-done')).toBeVisible({ timeout: 120_000 });
  expect(Number(await window.getByTestId('loss-now').innerText())).toBeLessThanOrEqual(loss + 0.02);
  expect(await isPlaying(window)).toBe(true);
});

test('a session opened during a fit gets nothing of it', async ({ window }) => {
  await untilPlayable(window);
  await window.getByTestId('fit-start').click();
  await expect(window.getByTestId('fit-remaining')).toHaveText(/left/, { timeout: 60_000 });
  await window.getByTestId('menu').click();
  await window.getByTestId('menu-session.new').click();
  await expect(window.getByTestId('session-name')).toHaveText('Untitled');
  // The engine needs a moment to end the fit, and answers then.
  await window.waitForTimeout(3_000);
  expect(await shownValue(window, 'comp.makeup')).toBe('0.0 dB');
  await expect(window.getByTestId('undo')).toBeDisabled();
  await expect(window.getByTestId('fit-start')).toBeVisible();
});

test('playback that dies is started again at the same place', async ({ window, voxfit }) => {
  await untilPlayable(window);
  await window.getByTestId('play').click();
  await expect.poll(() => positionSeconds(window)).toBeGreaterThan(1);
  const [audio] = voxfit.children('audio-process');
  process.kill(audio!, 'SIGKILL');
  await expect(window.getByText(/playback .*again/i)).toBeVisible();
  await untilPlayable(window);
  expect(await positionSeconds(window)).toBeGreaterThan(0.8);
  await window.getByTestId('play').click();
  const at = await positionSeconds(window);
  await expect.poll(() => positionSeconds(window)).toBeGreaterThan(at + 0.3);
});

test('a playback process that hangs is noticed and started again', async ({ window, voxfit }) => {
  await untilPlayable(window);
  const [audio] = voxfit.children('audio-process');
  process.kill(audio!, 'SIGSTOP');
  await expect(window.getByText(/playback .*again/i)).toBeVisible({ timeout: 20_000 });
  await untilPlayable(window);
});

test('after a crash of everything the work is offered again', async ({ page, folders, card }) => {
  const first = await startVoxfit(folders, { env: card.env });
  await openWindow(page, first.url);
  await untilPlayable(page);
  await typeValue(page, 'eq.pk1.gain', '-4.3 dB');
  // The recovery file is never more than two seconds behind.
  await page.waitForTimeout(2_000);
  await first.kill();

  const second = await startVoxfit(folders, { env: card.env });
  try {
    const complaints = collectComplaints(page);
    await openWindow(page, second.url);
    await expect(page.getByTestId('recover-dialog')).toBeVisible();
    await page.getByTestId('recover').click();
    await untilPlayable(page);
    expect(await shownValue(page, 'eq.pk1.gain')).toBe('−4.3 dB');
    await expect(page.getByTestId('save-state')).toHaveText('Edited');
    expect(complaints).toEqual([]);
  } finally {
    await second.stop();
  }
});

test('without a sound card the browser plays', async ({ page, folders }) => {
  // No server and no device behind these names.
  const voxfit = await startVoxfit(folders, {
    env: { ALSA_CONFIG_PATH: join(folders.user, 'none'), PULSE_SERVER: 'unix:/none' },
  });
  try {
    await openWindow(page, voxfit.url);
    await untilPlayable(page);
    await expect(page.getByTestId('sink')).toHaveAttribute('data-sink', 'web-audio');
    await page.getByTestId('play').click();
    await expect.poll(() => positionSeconds(page)).toBeGreaterThan(0.5);
  } finally {
    await voxfit.stop();
  }
});

test('a drag of a knob is one undo step, and Esc cancels it', async ({ window }) => {
  await untilPlayable(window);
  const knob = window.getByTestId('knob-eq.hs.gain');
  await knob.scrollIntoViewIfNeeded();
  const box = (await knob.boundingBox())!;
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const before = await shownValue(window, 'eq.hs.gain');
  const drag = async (): Promise<void> => {
    await window.mouse.move(x, y);
    await window.mouse.down();
    for (let step = 1; step <= 10; step++) await window.mouse.move(x, y - 4 * step);
  };
  await drag();
  await window.mouse.up();
  const turned = await shownValue(window, 'eq.hs.gain');
  expect(turned).not.toBe(before);
  await window.keyboard.press('ControlOrMeta+z');
  await expect.poll(() => shownValue(window, 'eq.hs.gain')).toBe(before);
  await window.keyboard.press('ControlOrMeta+Shift+z');
  await expect.poll(() => shownValue(window, 'eq.hs.gain')).toBe(turned);
  await drag();
  await window.keyboard.press('Escape');
  await window.mouse.up();
  await expect.poll(() => shownValue(window, 'eq.hs.gain')).toBe(turned);
});
