/** The library of presets as a user meets it: saved, found again after a restart, heard, trashed, brought back. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { shownValue, typeValue } from './support/flow.ts';
import { collectComplaints, expect, openWindow, test, untilPlayable } from './support/fixtures.ts';
import { startVoxfit, type Folders } from './support/voxfit.ts';

const presetFolder = (folders: Folders): string => join(folders.library, 'Presets');

async function openLibrary(page: Page): Promise<void> {
  if (!(await page.getByTestId('panel-presets').isVisible())) await page.getByTestId('show-presets').click();
  const tab = page.getByTestId('preset-tab-library');
  if (await tab.isVisible()) await tab.check({ force: true });
  await expect(page.getByTestId('library')).toBeVisible();
}

async function saveAs(page: Page, name: string, tags: string): Promise<void> {
  await openLibrary(page);
  await page.getByTestId('library-save').click();
  await page.getByTestId('library-name').fill(name);
  await page.getByTestId('library-name-tags').fill(tags);
  await page.getByTestId('library-name-accept').click();
  await expect(row(page, name)).toBeVisible();
}

const row = (page: Page, name: string) => page.getByTestId('library-row').filter({ hasText: name });
const search = async (page: Page, text: string): Promise<void> =>
  page.getByTestId('library-search').fill(text);

function savedText(folders: Folders, name: string): string {
  return readFileSync(join(presetFolder(folders), `${name}.json`), 'utf8');
}

/** The exact setting in a preset's file. */
function savedRaw(folders: Folders, name: string): number[] {
  const { raw } = JSON.parse(savedText(folders, name)) as { raw: number[] };
  expect(raw).toHaveLength(151);
  return raw;
}

test('a setting is saved, found by its tag after a restart, and heard again', async ({
  page,
  folders,
  card,
}) => {
  const first = await startVoxfit(folders, { env: card.env });
  await openWindow(page, first.url);
  await untilPlayable(page);
  await typeValue(page, 'eq.pk1.gain', '-4.3 dB');
  await typeValue(page, 'comp.makeup', '2.5 dB');
  const makeup = await shownValue(page, 'comp.makeup');
  await saveAs(page, 'Dark bridge', 'lead, late night');
  await typeValue(page, 'eq.pk1.gain', '2 dB');
  await saveAs(page, 'Bright chorus', 'lead, loud');
  await first.stop();

  const second = await startVoxfit(folders, { env: card.env });
  try {
    const complaints = collectComplaints(page);
    await openWindow(page, second.url);
    // The session itself had not been saved.
    const discard = page.getByTestId('recover-discard');
    await expect(discard.or(page.getByTestId('show-presets')).first()).toBeVisible();
    if (await discard.isVisible()) await discard.click();
    await untilPlayable(page);
    expect(await shownValue(page, 'eq.pk1.gain')).not.toBe('−4.3 dB');

    await openLibrary(page);
    await expect(page.getByTestId('library-row')).toHaveCount(2);
    await search(page, 'NIGHT la');
    await expect(page.getByTestId('library-row')).toHaveCount(1);
    const before = savedRaw(folders, 'Dark bridge');
    await row(page, 'Dark bridge').click();
    await expect(page.getByTestId('undo')).toBeEnabled();
    expect(await shownValue(page, 'eq.pk1.gain')).toBe('−4.3 dB');
    expect(await shownValue(page, 'comp.makeup')).toBe(makeup);

    // What is heard is the very setting: kept again, it has the same numbers.
    await saveAs(page, 'Dark again', 'copy');
    expect(savedRaw(folders, 'Dark again')).toEqual(before);

    // One undo step.
    await page.getByTestId('undo').click();
    expect(await shownValue(page, 'eq.pk1.gain')).not.toBe('−4.3 dB');
    await expect(page.getByTestId('undo')).toBeDisabled();
    expect(complaints).toEqual([]);
  } finally {
    await second.stop();
  }
});

test('presets are noted on, trashed and brought back', async ({ window, folders }) => {
  await untilPlayable(window);
  for (const name of ['One', 'Two', 'Three']) await saveAs(window, name, 'set');
  await row(window, 'Two').click();
  await window.getByTestId('library-favourite').click();
  await window.getByTestId('library-rating-3').click();
  await window.getByTestId('library-tags').fill('set, warm, Warm');
  await window.getByTestId('library-tags').press('Enter');
  await window.getByTestId('library-notes').fill('for the second verse');
  await window.getByTestId('library-notes').blur();
  await expect.poll(() => savedText(folders, 'Two')).toContain('second verse');
  await expect(window.getByTestId('library-tags')).toHaveValue('set, warm');

  await window.getByTestId('library-filter-favourite').click();
  await expect(window.getByTestId('library-row')).toHaveCount(1);
  await window.getByTestId('library-filter-favourite').click();
  await window.getByTestId('library-filter-tag').selectOption('warm');
  await expect(window.getByTestId('library-row')).toHaveCount(1);
  await window.getByTestId('library-filter-tag').selectOption('');
  await search(window, 'verse');
  await expect(window.getByTestId('library-row')).toHaveCount(1);
  await search(window, '');

  // From the keyboard: rename, then to the trash and back.
  await row(window, 'Two').click();
  await window.keyboard.press('F2');
  await window.keyboard.type('Zwei');
  await window.keyboard.press('Enter');
  await expect(row(window, 'Zwei')).toBeVisible();
  await expect.poll(() => existsSync(join(presetFolder(folders), 'Zwei.json'))).toBe(true);
  await expect(window.getByRole('listbox', { name: 'Presets' })).toBeFocused();
  await window.keyboard.press('Delete');
  await expect(row(window, 'Zwei')).toHaveCount(0);
  await expect.poll(() => existsSync(join(presetFolder(folders), 'Zwei.json'))).toBe(false);
  await window.getByTestId('library').getByRole('button', { name: 'Undo' }).click();
  await expect(row(window, 'Zwei')).toBeVisible();
  await expect(row(window, 'Zwei')).toHaveAttribute('aria-selected', 'true');
  await expect(window.getByTestId('library-notes')).toHaveValue('for the second verse');
  expect(existsSync(join(presetFolder(folders), 'Zwei.json'))).toBe(true);
});

test('what changes in the folder appears', async ({ window, folders }) => {
  await untilPlayable(window);
  await saveAs(window, 'One', 'set');
  const folder = presetFolder(folders);
  copyFileSync(join(folder, 'One.json'), join(folder, 'From a colleague.json'));
  await expect(window.getByTestId('library-row')).toHaveCount(2);
  rmSync(join(folder, 'From a colleague.json'));
  await expect(window.getByTestId('library-row')).toHaveCount(1);

  const outside = join(folders.user, 'outside');
  mkdirSync(outside, { recursive: true });
  writeFileSync(join(outside, 'Gift.json'), savedText(folders, 'One'));
  writeFileSync(join(outside, 'Broken.json'), '{"no": "preset"}');
  await window
    .getByTestId('library-files')
    .setInputFiles([join(outside, 'Gift.json'), join(outside, 'Broken.json')]);
  await expect(window.getByTestId('library-row')).toHaveCount(2);
  await expect(window.getByTestId('notice-error')).toContainText('Broken.json');
  expect(readdirSync(folder).filter((name) => name.endsWith('.json'))).toHaveLength(2);

  // Dropped on the list, they come into the library; elsewhere one would become the setting.
  const text = savedText(folders, 'One');
  await window.getByTestId('library').evaluate((library, content) => {
    const dataTransfer = new DataTransfer();
    for (const name of ['First.json', 'Second.json']) dataTransfer.items.add(new File([content], name));
    library.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
  }, text);
  await expect(window.getByTestId('library-row')).toHaveCount(4);
  await expect(window.getByTestId('undo')).toBeDisabled();

  await window.getByTestId('library-export').click();
  await window.getByTestId('file-name-accept').click();
  await expect(window.getByText('Wrote 4 presets to “Presets.npy”.')).toBeVisible();
  expect(readFileSync(join(folders.library, 'Presets.npy')).length).toBeGreaterThan(4 * 151 * 4);
});

test('the list is moved through, heard and searched from the keyboard', async ({ window }) => {
  await untilPlayable(window);
  for (const [name, gain] of [
    ['Alpha', '-1 dB'],
    ['Beta', '-2 dB'],
    ['Gamma', '-3 dB'],
  ] as const) {
    await typeValue(window, 'eq.pk1.gain', gain);
    await typeValue(window, 'comp.makeup', gain);
    await saveAs(window, name, '');
  }
  await row(window, 'Alpha').click();
  const list = window.getByRole('listbox', { name: 'Presets' });
  await list.focus();
  await window.keyboard.press('ArrowDown');
  await window.keyboard.press('ArrowDown');
  await expect(row(window, 'Gamma')).toHaveAttribute('aria-selected', 'true');
  await expect(list).toHaveAttribute(
    'aria-activedescendant',
    (await row(window, 'Gamma').getAttribute('id'))!,
  );
  await expect.poll(() => shownValue(window, 'eq.pk1.gain')).toBe('−3.0 dB');
  await openLibrary(window);
  await list.focus();
  await window.keyboard.press('Home');
  await window.keyboard.press('Space');
  await expect.poll(() => shownValue(window, 'eq.pk1.gain')).toBe('−1.0 dB');
  await openLibrary(window);
  await list.focus();
  await window.keyboard.type('bet');
  await expect(window.getByTestId('library-search')).toHaveValue('bet');
  await expect(window.getByTestId('library-row')).toHaveCount(1);
  await window.keyboard.press('Enter');
  await expect.poll(() => shownValue(window, 'eq.pk1.gain')).toBe('−2.0 dB');

  // What is locked stays.
  await window.getByTestId('lock-eq').click();
  await openLibrary(window);
  await search(window, '');
  await row(window, 'Gamma').click();
  await expect.poll(() => shownValue(window, 'comp.makeup')).toBe('−3.0 dB');
  expect(await shownValue(window, 'eq.pk1.gain')).toBe('−2.0 dB');
});

test('a prior is learned from the presets that are listed', async ({ window }) => {
  await untilPlayable(window);
  await openLibrary(window);
  await expect(window.getByTestId('library-empty')).toBeVisible();
  await expect(window.getByTestId('library-train')).toBeDisabled();
  for (const gain of [-1, -4, 2, 3]) {
    await typeValue(window, 'eq.pk1.gain', `${gain} dB`);
    await typeValue(window, 'comp.makeup', `${gain / 2} dB`);
    await saveAs(window, `Take ${gain}`, 'mine');
  }
  await window.getByTestId('library-filter-tag').selectOption('mine');
  await window.getByTestId('library-train').click();
  await expect(window.getByText(/Learned “mine” from 4 presets/)).toBeVisible({ timeout: 60_000 });
});

const DEMO_SETTINGS = fileURLToPath(new URL('../resources/demo/demo-settings.json', import.meta.url));

/** Puts presets with these names into the folder, and shows the library. */
async function seed(page: Page, folders: Folders, names: readonly string[]): Promise<void> {
  const settings = JSON.parse(readFileSync(DEMO_SETTINGS, 'utf8')) as { parameters: object };
  mkdirSync(presetFolder(folders), { recursive: true });
  for (const [i, name] of names.entries()) {
    // An edited value counts.
    const parameters = { ...settings.parameters, 'eq.pk1.gain': { value: i - 3, unit: 'dB' } };
    writeFileSync(
      join(presetFolder(folders), `${name}.json`),
      JSON.stringify({ ...settings, name, parameters }),
    );
  }
  await untilPlayable(page);
  await openLibrary(page);
  await expect(page.getByTestId('library-row')).toHaveCount(names.length);
}

/** Names of the rows that a screen reader says are selected. */
const selectedNames = async (page: Page): Promise<string> =>
  (await page.locator('[data-testid=library-row][aria-selected=true] .name').allInnerTexts()).join(' ');

test('several presets are selected as files are, with the pointer and from the keyboard', async ({
  window,
  folders,
}) => {
  await seed(window, folders, ['Alto', 'Bass', 'Cello', 'Drums', 'Echo', 'Flute']);
  const list = window.getByRole('listbox', { name: 'Presets' });
  await expect(list).toHaveAttribute('aria-multiselectable', 'true');
  await row(window, 'Bass').click();
  await expect(window.getByTestId('undo')).toBeEnabled();
  const heard = await window.getByTestId('undo').getAttribute('aria-label');
  await row(window, 'Drums').click({ modifiers: ['ControlOrMeta'] });
  expect(await selectedNames(window)).toBe('Bass Drums');
  await row(window, 'Bass').click({ modifiers: ['ControlOrMeta'] });
  expect(await selectedNames(window)).toBe('Drums');
  await row(window, 'Flute').click({ modifiers: ['Shift'] });
  // A range goes from where the last click was.
  expect(await selectedNames(window)).toBe('Bass Cello Drums Echo Flute');
  await row(window, 'Cello').click({ modifiers: ['Shift'] });
  expect(await selectedNames(window)).toBe('Bass Cello');
  await expect(window.getByTestId('library-several-count')).toHaveText('2 presets selected');
  // The dots on the map are marked, and gathering presets changes no sound.
  await expect(window.getByTestId('preset-map')).toHaveAttribute('data-selected', '2');
  expect(await window.getByTestId('undo').getAttribute('aria-label')).toBe(heard);

  await window.keyboard.press('ControlOrMeta+a');
  expect(await selectedNames(window)).toBe('Alto Bass Cello Drums Echo Flute');
  await window.keyboard.press('Escape');
  expect(await selectedNames(window)).toBe('');
  await expect(window.getByTestId('library-several')).toBeHidden();

  await row(window, 'Bass').click();
  await window.keyboard.press('Shift+ArrowDown');
  await window.keyboard.press('Shift+ArrowDown');
  expect(await selectedNames(window)).toBe('Bass Cello Drums');
  await window.keyboard.press('Shift+ArrowUp');
  expect(await selectedNames(window)).toBe('Bass Cello');
  await window.keyboard.press('Control+ArrowDown');
  await window.keyboard.press('Control+ArrowDown');
  await window.keyboard.press('Control+Space');
  expect(await selectedNames(window)).toBe('Bass Cello Echo');
  await expect(list).toHaveAttribute(
    'aria-activedescendant',
    (await row(window, 'Echo').getAttribute('id'))!,
  );
  await window.keyboard.press('ArrowDown');
  expect(await selectedNames(window)).toBe('Flute');
  await window.keyboard.press('Shift+Home');
  expect(await selectedNames(window)).toBe('Alto Bass Cello Drums Echo Flute');

  // What the search hides is not touched by what follows.
  await search(window, 'Bass');
  await expect(window.getByTestId('library-row')).toHaveCount(1);
  await expect(window.getByTestId('library-several')).toBeHidden();
  await search(window, '');
  await expect(window.getByTestId('library-several-count')).toHaveText('6 presets selected');
});

test('several presets are noted on, copied, exported, trashed and brought back at once', async ({
  window,
  folders,
}) => {
  await seed(window, folders, ['Alto', 'Bass', 'Cello', 'Drums', 'Echo']);
  await row(window, 'Bass').click();
  await row(window, 'Drums').click({ modifiers: ['Shift'] });
  await window.getByTestId('library-several-tags').fill('lead, warm');
  await window.keyboard.press('Enter');
  await window.getByTestId('library-favourite').click();
  await window.getByTestId('library-rating-4').click();
  const noted = (name: string) =>
    JSON.parse(savedText(folders, name)) as { library?: Record<string, unknown> } & Record<string, unknown>;
  for (const name of ['Bass', 'Cello', 'Drums']) {
    await expect.poll(() => JSON.stringify(noted(name))).toContain('"lead","warm"');
    await expect.poll(() => JSON.stringify(noted(name))).toMatch(/"rating":4/);
    expect(JSON.stringify(noted(name))).toMatch(/[fF]avourite":true/);
  }
  expect(savedText(folders, 'Alto')).not.toContain('warm');

  // A tag that some have is taken from those.
  await row(window, 'Alto').click({ modifiers: ['ControlOrMeta'] });
  await window.getByRole('button', { name: 'Remove the tag “lead”' }).click();
  await expect
    .poll(() => ['Bass', 'Cello', 'Drums'].filter((name) => savedText(folders, name).includes('lead')))
    .toEqual([]);
  expect(savedText(folders, 'Cello')).toContain('warm');

  await window.getByTestId('library-more').click();
  await window.getByTestId('library-export-chosen').click();
  await window.getByTestId('file-name-accept').click();
  await expect(window.getByText('Wrote 4 presets to “Presets.npy”.')).toBeVisible();

  await window.getByTestId('library-more').click();
  await window.getByTestId('library-duplicate').click();
  await expect(window.getByTestId('library-row')).toHaveCount(9);
  await expect(window.getByTestId('library-several-count')).toHaveText('4 presets selected');

  // The copies go to the trash in one step, and come back in one.
  const files = () => readdirSync(presetFolder(folders)).filter((name) => name.endsWith('.json')).length;
  await window.getByRole('listbox', { name: 'Presets' }).focus();
  await window.keyboard.press('Delete');
  await expect(window.getByText('Moved 4 presets to the trash.')).toBeVisible();
  await expect(window.getByTestId('library-row')).toHaveCount(5);
  await expect.poll(files).toBe(5);
  await window.getByTestId('library').getByRole('button', { name: 'Undo' }).click();
  await expect(window.getByTestId('library-row')).toHaveCount(9);
  await expect(window.getByTestId('library-several-count')).toHaveText('4 presets selected');
  expect(files()).toBe(9);
});

test('a prior is learned from the presets that are selected', async ({ window, folders }) => {
  await seed(window, folders, ['Alto', 'Bass', 'Cello', 'Drums', 'Echo']);
  await row(window, 'Alto').click();
  await row(window, 'Bass').click({ modifiers: ['Shift'] });
  // Two are too few.
  await expect(window.getByTestId('library-train')).toBeDisabled();
  await row(window, 'Drums').click({ modifiers: ['Shift'] });
  await expect(window.getByTestId('library-train')).toHaveText('Learn from 4 selected');
  await window.getByTestId('library-train').click();
  await expect(window.getByText(/Learned “My presets” from 4 presets/)).toBeVisible({ timeout: 60_000 });
});
