/** What every spec of the web host starts from: a sound card, the program playing into it, a page that shows it. */
import { test as base, expect, type Page } from '@playwright/test';
import { missingForSoundCard, startSoundCard, type SoundCard } from './sound-card.ts';
import { newFolders, startVoxfit, type Folders, type Voxfit } from './voxfit.ts';

/** The demo's rate, so that what is played arrives sample by sample. */
export const RATE_HZ = 48_000;

interface TestFixtures {
  card: SoundCard;
  folders: Folders;
  voxfit: Voxfit;
  /** The window, ready to be used; fails the test on errors in its console. */
  window: Page;
}

/** Where everything must be tested, a missing sound server is a failure; elsewhere its specs are skipped. */
const mustHaveCard = process.env['CI'] === 'true';

export const test = base.extend<TestFixtures, { sharedCard: SoundCard | null }>({
  sharedCard: [
    // Playwright wants the first argument to be an object pattern.
    async ({}, use) => {
      const card =
        mustHaveCard || missingForSoundCard() === undefined
          ? await startSoundCard({ rateHz: RATE_HZ })
          : null;
      await use(card);
      await card?.stop();
    },
    { scope: 'worker' },
  ],
  card: async ({ sharedCard }, use) => {
    base.skip(sharedCard === null, missingForSoundCard() ?? '');
    await use(sharedCard!);
  },
  folders: async ({}, use) => {
    const folders = newFolders();
    await use(folders);
    folders.remove();
  },
  voxfit: async ({ folders, card }, use) => {
    const voxfit = await startVoxfit(folders, { env: card.env });
    await use(voxfit);
    await voxfit.stop();
  },
  window: async ({ page, voxfit }, use) => {
    const complaints = collectComplaints(page);
    await openWindow(page, voxfit.url);
    await use(page);
    expect(complaints).toEqual([]);
  },
});

export { expect };

/** Errors in the page's console, as they come. Connections that tests break on purpose are no errors. */
export function collectComplaints(page: Page): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' && !/WebSocket|ERR_CONNECTION/.test(message.text()))
      complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return complaints;
}

/** Opens the one-time link and waits for the window to be of use. */
export async function openWindow(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await expect(page.locator('[data-ready=true]')).toBeVisible();
}

/** Waits for a session's sources to be ready to play. */
export async function untilPlayable(page: Page): Promise<void> {
  await expect(page.getByTestId('status-work')).toHaveText('Ready');
  await expect(page.getByTestId('sink')).not.toHaveAttribute('data-sink', 'none');
}
