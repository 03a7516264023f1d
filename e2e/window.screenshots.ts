/**
 * Takes the pictures: every state of support/states.ts at two sizes, dark and light, into
 * `reports/screenshots/<view>-<state>-<size>-<theme>.png`, and `resources/screenshots/demo.png` for the README.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from './support/fixtures.ts';
import { THEMES, visitStates } from './support/states.ts';

const FOLDER = fileURLToPath(new URL('../reports/screenshots/', import.meta.url));
const README_PICTURE = fileURLToPath(new URL('../resources/screenshots/demo.png', import.meta.url));
const README_STATE = 'fit-running';
const SIZES = [
  { width: 1024, height: 700 },
  { width: 1440, height: 900 },
];
/** Until a change of size is drawn, and what appears by and by is there. */
const SETTLED_MS = 500;

test.beforeAll(() => {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
});

for (const theme of THEMES)
  test(`every state, ${theme}`, async ({ page, card }) => {
    test.setTimeout(20 * 60_000);
    await visitStates(page, theme, card.env, async (shown, name, arrange) => {
      for (const size of SIZES) {
        await shown.setViewportSize(size);
        await arrange();
        await shown.waitForTimeout(SETTLED_MS);
        const path = join(FOLDER, `${name}-${size.width}x${size.height}-${theme}.png`);
        await shown.screenshot({ path, fullPage: name.startsWith('sheet-') });
        if (name === README_STATE && theme === 'dark' && size.width === 1440)
          await shown.screenshot({ path: README_PICTURE });
      }
    });
  });
