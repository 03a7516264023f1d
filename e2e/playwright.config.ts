import { existsSync } from 'node:fs';
import { chromium as playwrightsOwn, defineConfig } from '@playwright/test';

/** A Chromium of the system's, where Playwright's own is not installed. */
const chromium = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path) => path !== undefined && existsSync(path),
);

const hasBrowser = chromium !== undefined || existsSync(playwrightsOwn.executablePath());
// Workers read this file too; it is said once. Where everything must be tested, the specs run, and fail.
const isSkipping = !hasBrowser && process.env['CI'] !== 'true';
if (isSkipping && process.env['TEST_WORKER_INDEX'] === undefined)
  console.log('Skipped: the specs of the window need Chromium (npx playwright install chromium).');

export default defineConfig({
  testDir: '.',
  testMatch: isSkipping ? 'electron.spec.ts' : '*.spec.ts',
  outputDir: '../test-results',
  // They share the sound card's pace and the machine's cores.
  workers: 1,
  timeout: 180_000,
  expect: { timeout: 15_000 },
  reporter: [['list'], ['json', { outputFile: '../reports/e2e.json' }]],
  use: {
    browserName: 'chromium',
    viewport: { width: 1440, height: 900 },
    launchOptions: {
      ...(chromium === undefined ? {} : { executablePath: chromium }),
      args: [
        '--no-sandbox',
        '--autoplay-policy=no-user-gesture-required',
        '--enable-precise-memory-info',
        '--enable-unsafe-webgpu',
      ],
    },
  },
});
