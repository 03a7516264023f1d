/**
 * Every view and state of the window that is looked at: one table for the pictures (window.screenshots.ts) and for the
 * checks of accessibility (accessibility.spec.ts). A state begins and ends at the playable demo with the EQ open.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Page } from '@playwright/test';
import { positionSeconds, typeValue } from './flow.ts';
import { expect, openWindow, untilPlayable } from './fixtures.ts';
import { importPresets, somePresets } from './some-presets.ts';
import { newFolders, startVoxfit, type Voxfit } from './voxfit.ts';

export const THEMES = ['dark', 'light'] as const;
export type Theme = (typeof THEMES)[number];

export const EFFECTS = ['eq', 'comp', 'delay', 'fdn', 'pan'] as const;

/** A running program and the page that shows it. */
export interface Scene {
  readonly page: Page;
  readonly voxfit: Voxfit;
  readonly theme: Theme;
}

export interface State {
  /** `<view>-<state>`, for file names. */
  readonly name: string;
  enter(scene: Scene): Promise<void>;
  /** Puts what follows the pointer or lies at a control in its place, in a window of another size. */
  arrange?(page: Page): Promise<void>;
  /** Back to where it began; nothing where Escape does it. */
  leave?(scene: Scene): Promise<void>;
}

const DEMO_FOLDER = fileURLToPath(new URL('../../resources/demo/', import.meta.url));
const demoSound = (name: string): Buffer => readFileSync(join(DEMO_FOLDER, name));
const LONG_NAME =
  'Kann denn diese wunderschöne Ballade wirklich so heißen, fragt die Produzentin am späten Abend (Lead Vocal, Take 27, comp final final v3)';

/** Runs a command as a person does who knows its name. */
export async function runCommand(page: Page, id: string, name: string): Promise<void> {
  await page.keyboard.press('ControlOrMeta+k');
  await page.getByTestId('palette-query').fill(name);
  await page.getByTestId(`palette-${id}`).click();
  await expect(page.getByTestId('palette-dialog')).toBeHidden();
}

export const chooseTheme = (page: Page, theme: Theme): Promise<void> =>
  runCommand(page, `theme.${theme}`, `Look: ${theme}`);

/** Removes what the program has said so far. */
async function dismissNotices(page: Page): Promise<void> {
  for (;;) {
    const [dismiss] = await page.locator('[data-testid^=notice-] button').all();
    if (!dismiss) return;
    // It may go by itself.
    await dismiss.click({ timeout: 1_000 }).catch(() => undefined);
  }
}

async function play(page: Page): Promise<void> {
  await page.getByTestId('play').click();
  const at = await positionSeconds(page);
  await expect.poll(() => positionSeconds(page)).toBeGreaterThan(at + 1);
}

async function stop(page: Page): Promise<void> {
  await page.getByTestId('stop').click();
  await expect.poll(() => positionSeconds(page)).toBe(0);
}

/** Where the pointer shows no tip. */
const park = (page: Page): Promise<void> => page.mouse.move(1, 1);

const show = (page: Page, effect: (typeof EFFECTS)[number]): Promise<void> =>
  page.getByTestId(`show-${effect}`).click();

async function startFit(page: Page): Promise<void> {
  await page.getByTestId('fit-start').click();
  await expect
    .poll(async () => Number(await page.getByTestId('loss-now').innerText()), { timeout: 120_000 })
    .toBeLessThan(1);
}

async function stopFit(page: Page): Promise<void> {
  await page.getByTestId('fit-stop').click();
  await expect(page.getByTestId('fit-done')).toBeVisible({ timeout: 60_000 });
}

const nothing = async (): Promise<void> => undefined;
const escape = async ({ page }: Scene): Promise<void> => {
  await page.keyboard.press('Escape');
};

/** Leaves whatever is open for the demo. */
async function backToDemo({ page }: Scene): Promise<void> {
  await runCommand(page, 'session.openDemo', 'Open demo');
  const discard = page.getByTestId('unsaved-discard');
  await expect(discard.or(page.getByTestId('session-name').getByText(/demo/i)).first()).toBeVisible();
  if (await discard.isVisible()) await discard.click();
  await expect(page.getByTestId('session-name')).toHaveText(/demo/i);
  await untilPlayable(page);
  await dismissNotices(page);
}

async function newSession(page: Page): Promise<void> {
  await runCommand(page, 'session.new', 'New session');
  const discard = page.getByTestId('unsaved-discard');
  const empty = page.getByTestId('session-name').getByText('Untitled');
  await expect(discard.or(empty).first()).toBeVisible();
  if (await discard.isVisible()) await discard.click();
  await expect(empty).toBeVisible();
  await dismissNotices(page);
}

async function chooseSource(page: Page, role: 'dry' | 'target', name: string, buffer: Buffer): Promise<void> {
  const chooser = page.waitForEvent('filechooser');
  await page.getByTestId(`choose-${role}`).click();
  await (await chooser).setFiles({ name, mimeType: 'audio/wav', buffer });
}

/** The demo as it was made, where every effect has something to show; one undo step. */
async function loadFinished(page: Page): Promise<void> {
  const chooser = page.waitForEvent('filechooser');
  await runCommand(page, 'preset.load', 'Load preset');
  await (await chooser).setFiles(join(DEMO_FOLDER, 'demo-settings.json'));
  await expect(page.getByTestId('undo')).toBeEnabled();
}

/** A gesture that makes the session one with changes. */
const edit = (page: Page): Promise<void> => typeValue(page, 'eq.hs.gain', '4.2 dB');

const playing = (effect: (typeof EFFECTS)[number]): State => ({
  name: `rack-${effect}-playing`,
  enter: async ({ page }) => {
    await show(page, effect);
    await loadFinished(page);
    await play(page);
    await park(page);
  },
  leave: async ({ page }) => {
    await stop(page);
    await page.keyboard.press('ControlOrMeta+z');
    await show(page, 'eq');
    await park(page);
  },
});

const ANALYSIS_FIGURES = [
  'correlations',
  'effects',
  'variance',
  'components',
  'histograms',
  'normality',
] as const;

const chooseTab = (page: Page, tab: 'map' | 'library' | 'analysis'): Promise<void> =>
  page.getByTestId(`preset-tab-${tab}`).check({ force: true });

/** Finds the library filled, as `presets-library` leaves it. */
const analysis = (figure: (typeof ANALYSIS_FIGURES)[number]): State => ({
  name: `presets-analysis-${figure}`,
  enter: async ({ page }) => {
    await page.getByTestId('show-presets').click();
    await chooseTab(page, 'analysis');
    await page.getByTestId(`analysis-figure-${figure}`).check({ force: true });
    await expect(page.getByTestId('analysis-state')).toHaveText('150 presets', { timeout: 60_000 });
    if (figure === 'correlations')
      await page.getByTestId('analysis-largest').getByRole('button').first().click();
    await park(page);
  },
  leave: leavePresets,
});

async function leavePresets({ page }: Scene): Promise<void> {
  await chooseTab(page, 'map');
  await show(page, 'eq');
  await park(page);
}

const dialog = (name: string, testid: string, open: (page: Page) => Promise<void>): State => ({
  name: `dialog-${name}`,
  enter: async ({ page }) => {
    await open(page);
    await expect(page.getByTestId(testid)).toBeVisible();
  },
  leave: escape,
});

/** States of one window, in an order in which each finds what it needs. */
export const STATES: readonly State[] = [
  { name: 'rack-eq-still', enter: nothing },
  ...EFFECTS.map(playing),
  {
    name: 'presets-map',
    enter: async ({ page }) => {
      await page.getByTestId('show-presets').click();
      await expect(page.getByTestId('preset-map')).toBeVisible();
      await expect(page.getByTestId('preset-typicality')).toBeVisible();
      await park(page);
    },
    leave: async ({ page }) => {
      await show(page, 'eq');
      await park(page);
    },
  },
  {
    name: 'presets-library',
    enter: async ({ page }) => {
      await page.getByTestId('show-presets').click();
      await importPresets(page, somePresets(150), 'Drawn');
      await dismissNotices(page);
      await park(page);
    },
    arrange: async (page) => {
      // Beside the map, where there is room.
      if (await page.getByTestId('preset-tab-library').isVisible()) await chooseTab(page, 'library');
      await expect(page.getByTestId('library')).toBeVisible();
    },
    leave: leavePresets,
  },
  ...ANALYSIS_FIGURES.map(analysis),
  {
    name: 'presets-analysis-few',
    enter: async ({ page }) => {
      await page.getByTestId('show-presets').click();
      await page.getByTestId('library-search').fill('Drawn, row 13');
      await chooseTab(page, 'analysis');
      await page.getByTestId('analysis-figure-variance').check({ force: true });
      await page.getByTestId('analysis-set').selectOption('listed');
      await expect(page.getByTestId('analysis-state')).toHaveText('11 presets', { timeout: 60_000 });
      await park(page);
    },
    leave: async (scene) => {
      await scene.page.getByTestId('library-search').fill('');
      await leavePresets(scene);
    },
  },
  {
    name: 'presets-analysis-empty',
    enter: async ({ page }) => {
      await page.getByTestId('show-presets').click();
      await page.getByTestId('library-search').fill('no such preset');
      await chooseTab(page, 'analysis');
      await expect(page.getByTestId('analysis-empty')).toBeVisible();
      await park(page);
    },
    leave: async (scene) => {
      await scene.page.getByTestId('library-search').fill('');
      await leavePresets(scene);
    },
  },
  {
    name: 'rack-fdn-advanced',
    enter: async ({ page }) => {
      await show(page, 'fdn');
      await page.getByTestId('advanced-fdn').click();
      await park(page);
    },
    leave: async ({ page }) => {
      await page.getByTestId('advanced-fdn').click();
      await show(page, 'eq');
      await park(page);
    },
  },
  {
    name: 'rack-eq-values',
    enter: nothing,
    arrange: async (page) => {
      await page.keyboard.press('Escape');
      await page.getByTestId('handle-eq.pk1').click({ button: 'right' });
      await expect(page.getByTestId('exact-eq.pk1')).toBeVisible();
    },
    leave: escape,
  },
  {
    name: 'rack-changed',
    enter: async ({ page }) => {
      await page.getByTestId('show-comp').focus();
      await page.keyboard.press('b');
      await page.getByTestId('show-delay').focus();
      await page.keyboard.press('s');
    },
    leave: async ({ page }) => {
      await page.getByTestId('show-delay').focus();
      await page.keyboard.press('s');
      await page.keyboard.press('ControlOrMeta+z');
    },
  },
  {
    name: 'tip-knob',
    enter: async ({ page }) => {
      await show(page, 'comp');
    },
    arrange: async (page) => {
      await park(page);
      await page.getByTestId('knob-comp.attack').hover();
      await expect(page.getByTestId('tip')).toBeVisible();
    },
    leave: async ({ page }) => {
      await show(page, 'eq');
      await park(page);
    },
  },
  {
    name: 'menu-main',
    enter: async ({ page }) => {
      await page.getByTestId('menu').click();
      await expect(page.getByRole('menu')).toBeVisible();
    },
    leave: escape,
  },
  {
    name: 'menu-effect',
    enter: nothing,
    arrange: async (page) => {
      await page.keyboard.press('Escape');
      await page.getByTestId('more-eq').click();
      await park(page);
      await expect(page.getByRole('menu')).toBeVisible();
    },
    leave: escape,
  },
  dialog('palette', 'palette-dialog', (page) => page.keyboard.press('ControlOrMeta+k')),
  dialog('palette-found', 'palette-dialog', async (page) => {
    await page.keyboard.press('ControlOrMeta+k');
    await page.getByTestId('palette-query').fill('attack');
  }),
  dialog('shortcuts', 'shortcuts-dialog', (page) => page.keyboard.press('?')),
  dialog('export', 'export-dialog', (page) => page.keyboard.press('ControlOrMeta+e')),
  dialog('name', 'name-dialog', (page) => page.keyboard.press('ControlOrMeta+s')),
  {
    name: 'dialog-unsaved',
    enter: async ({ page }) => {
      await edit(page);
      await page.keyboard.press('ControlOrMeta+Alt+n');
      await expect(page.getByTestId('unsaved-dialog')).toBeVisible();
    },
    leave: async ({ page }) => {
      await page.keyboard.press('Escape');
      await page.keyboard.press('ControlOrMeta+z');
    },
  },
  {
    name: 'dialog-blind',
    enter: async ({ page }) => {
      await runCommand(page, 'slot.copyTo.B', 'Copy to slot B');
      await runCommand(page, 'blind.start', 'Blind test');
      await expect(page.getByTestId('blind-play')).toBeVisible({ timeout: 60_000 });
    },
    leave: async (scene) => {
      await escape(scene);
      await backToDemo(scene);
    },
  },
  {
    name: 'fit-running',
    enter: async ({ page }) => {
      await page.getByTestId('loop').click();
      await play(page);
      await park(page);
      await startFit(page);
    },
    leave: async ({ page }) => {
      await stopFit(page);
      await stop(page);
      await page.getByTestId('loop').click();
      await park(page);
    },
  },
  {
    name: 'fit-done',
    // The one before left it so.
    enter: ({ page }) => expect(page.getByTestId('fit-done')).toBeVisible(),
    leave: backToDemo,
  },
  {
    name: 'session-loading',
    enter: async ({ page, voxfit }) => {
      await newSession(page);
      // An engine that stands still never has the sources ready.
      for (const pid of voxfit.children('engine-process')) process.kill(pid, 'SIGSTOP');
      await runCommand(page, 'session.openDemo', 'Open demo');
      await expect(page.getByTestId('status-work')).not.toHaveText('Ready');
    },
    leave: async (scene) => {
      for (const pid of scene.voxfit.children('engine-process')) process.kill(pid, 'SIGCONT');
      await expect(scene.page.getByTestId('status-work')).toHaveText('Ready', { timeout: 60_000 });
      await backToDemo(scene);
    },
  },
  {
    name: 'session-empty',
    enter: ({ page }) => newSession(page),
    leave: backToDemo,
  },
  {
    name: 'session-error',
    enter: async ({ page }) => {
      await newSession(page);
      await chooseSource(page, 'dry', 'Broken take.wav', Buffer.from('This is no sound.'));
      await expect(page.getByTestId('notice-error')).toBeVisible();
    },
    leave: backToDemo,
  },
  {
    name: 'session-long-names',
    enter: async ({ page }) => {
      await newSession(page);
      await chooseSource(page, 'dry', `${LONG_NAME} trocken.wav`, demoSound('Demo vocal (dry).wav'));
      await chooseSource(page, 'target', `${LONG_NAME} fertig.wav`, demoSound('Demo vocal (finished).wav'));
      await untilPlayable(page);
      await page.keyboard.press('ControlOrMeta+s');
      await page.getByTestId('file-name').fill(LONG_NAME);
      await page.getByTestId('file-name-accept').click();
      await expect(page.getByTestId('session-name')).toHaveText(LONG_NAME);
    },
    leave: backToDemo,
  },
];

/** The settings sheet is a page of its own. */
async function openSheet({ page, voxfit }: Scene): Promise<Page> {
  await runCommand(page, 'sheet.export', 'Export settings sheet');
  await page.getByTestId('file-name').fill('Demo sheet');
  await page.getByTestId('file-name-accept').click();
  const written = (): string | undefined =>
    readdirSync(voxfit.folders.library).find((name) => name === 'Demo sheet.html');
  await expect.poll(written).toBeDefined();
  const sheet = await page.context().newPage();
  await sheet.goto(pathToFileURL(join(voxfit.folders.library, written()!)).href);
  return sheet;
}

/** Looks at a page; its state's name is for reports and files. To be arranged at every size before it is looked at. */
export type Visit = (page: Page, name: string, arrange: () => Promise<void>) => Promise<void>;

/** Visits every state in a theme. @param env of the program, for its sound card */
export async function visitStates(
  page: Page,
  theme: Theme,
  env: Readonly<Record<string, string>>,
  visit: Visit,
): Promise<void> {
  const folders = newFolders();
  let voxfit = await startVoxfit(folders, { env });
  try {
    await openWindow(page, voxfit.url);
    await untilPlayable(page);
    await chooseTheme(page, theme);
    await visit(page, 'session-first-start', nothing);
    await dismissNotices(page);
    const scene = { page, voxfit, theme };
    for (const { name, enter, arrange, leave } of STATES) {
      await enter(scene);
      await visit(page, name, () => arrange?.(page) ?? nothing());
      await leave?.(scene);
    }
    if (theme === 'light') {
      const sheet = await openSheet(scene);
      await visit(sheet, 'sheet-demo', nothing);
      await sheet.close();
    }

    await edit(page);
    // The recovery file is never more than two seconds behind.
    await page.waitForTimeout(2_500);
    await voxfit.kill();
    voxfit = await startVoxfit(folders, { env });
    await openWindow(page, voxfit.url);
    await expect(page.getByTestId('recover-dialog')).toBeVisible();
    await visit(page, 'dialog-recover', nothing);
  } finally {
    await voxfit.stop();
    folders.remove();
  }
}
