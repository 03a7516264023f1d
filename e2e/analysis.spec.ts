/** The analysis of presets as a researcher meets it: the numbers of the core, looked at closely, and written to files. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, inflateSync } from 'node:zlib';
import type { Locator, Page } from '@playwright/test';
import { analysePresets, tallyOf, type Analysis } from '#core/prior/analysis.ts';
import { effectCorrelations, largestCorrelations } from '#core/prior/correlation.ts';
import { componentsNeeded, explainedShares } from '#core/prior/components.ts';
import { INFORMATIVE_DIMENSIONS } from '#core/prior/dimensions.ts';
import { expect, test } from './support/fixtures.ts';
import { importPresets, somePresets } from './support/some-presets.ts';
import { runCommand } from './support/states.ts';
import type { Folders } from './support/voxfit.ts';

const presets = somePresets();

/** Computed here, from the same file. */
function expectedOf(raws = presets.raws): Analysis {
  return analysePresets(raws, { name: 'My presets', dimensions: INFORMATIVE_DIMENSIONS });
}

const openFigure = async (page: Page, figure: string): Promise<void> =>
  page.getByTestId(`analysis-figure-${figure}`).check({ force: true });

async function openAnalysis(page: Page): Promise<void> {
  await runCommand(page, 'view.analysis', 'Analyse presets');
  await expect(page.getByTestId('analysis')).toBeVisible();
}

async function openWithPresets(page: Page): Promise<void> {
  await page.keyboard.press('p');
  await importPresets(page, presets, 'rows');
  await openAnalysis(page);
  await expect(page.getByTestId('analysis-state')).toHaveText(`${presets.raws.length} presets`, {
    timeout: 60_000,
  });
}

interface Heat {
  readonly x: number;
  readonly y: number;
  readonly span: number;
  /** A point of the window, of a place in the square, both in parts of it. */
  at(x: number, y: number): readonly [number, number];
}

/** What the heat map shows now. */
async function heatOf(heat: Locator): Promise<Heat> {
  const box = (await heat.boundingBox())!;
  const number = async (name: string): Promise<number> => Number(await heat.getAttribute(`data-${name}`));
  const [left, top, side] = [await number('left'), await number('top'), await number('side')];
  return {
    x: await number('x'),
    y: await number('y'),
    span: await number('span'),
    at: (x, y) => [box.x + left + x * side, box.y + top + y * side],
  };
}

const rhoText = (rho: number): string => rho.toFixed(2).replace('-', '−').replace('−0.00', '0.00');
const pairText = ({ ids, correlations: { rho } }: Analysis, a: number, b: number): string =>
  `${ids[a]!} – ${ids[b]!}: ρ ${rhoText(rho[a * ids.length + b]!)}`;

test('the largest correlations, and the map that shows them', async ({ window }) => {
  const expected = expectedOf();
  const { ids, correlations } = expected;
  await openWithPresets(window);

  const [largest] = largestCorrelations(correlations.rho, ids, 1);
  const first = window.getByTestId('analysis-largest').getByRole('button').first();
  await expect(first).toContainText(`${largest!.a} – ${largest!.b}`);
  await expect(first).toContainText(rhoText(largest!.rho));

  // The pointer reads out the cell below it, in the dendrogram's order.
  const heat = window.getByTestId('analysis-heat');
  const whole = await heatOf(heat);
  expect(whole).toMatchObject({ x: 0, y: 0, span: ids.length });
  const cell = (row: number, column: number) =>
    pairText(expected, correlations.order[row]!, correlations.order[column]!);
  const [row, column] = [Math.floor(0.7 * ids.length), Math.floor(0.3 * ids.length)];
  const place = whole.at((column + 0.5) / ids.length, (row + 0.5) / ids.length);
  await window.mouse.move(...place);
  await expect(window.getByTestId('analysis-pair')).toHaveText(cell(row, column));

  // The wheel zooms about it.
  for (let turn = 0; turn < 4; turn++) await window.mouse.wheel(0, -240);
  await expect.poll(async () => (await heatOf(heat)).span).toBeLessThan(20);
  await expect(window.getByTestId('analysis-pair')).toHaveText(cell(row, column));

  // A drag pulls it along: what was below the pointer is still below it.
  const near = await heatOf(heat);
  await window.mouse.down();
  await window.mouse.move(place[0] + 30, place[1] + 20, { steps: 4 });
  await window.mouse.up();
  const pulled = await heatOf(heat);
  expect(pulled.x).toBeLessThan(near.x);
  expect(pulled.y).toBeLessThan(near.y);
  await window.mouse.move(place[0] + 31, place[1] + 20);
  await expect(window.getByTestId('analysis-pair')).toHaveText(cell(row, column));
  await expect(window.getByTestId('analysis-scatter')).toBeHidden();

  await window.mouse.dblclick(place[0] + 31, place[1] + 20);
  await expect.poll(async () => (await heatOf(heat)).span).toBe(ids.length);

  // A pair of the list is shown near by, with its presets.
  await first.click();
  await expect.poll(async () => (await heatOf(heat)).span).toBe(14);
  const shown = await heatOf(heat);
  const [a, b] = [ids.indexOf(largest!.a), ids.indexOf(largest!.b)];
  expect(correlations.order.indexOf(a)).toBeGreaterThanOrEqual(shown.y);
  expect(correlations.order.indexOf(a)).toBeLessThan(shown.y + shown.span);
  expect(correlations.order.indexOf(b)).toBeGreaterThanOrEqual(shown.x);
  expect(correlations.order.indexOf(b)).toBeLessThan(shown.x + shown.span);
  await expect(
    window.getByRole('figure', { name: `${presets.raws.length} presets: ${pairText(expected, a, b)}` }),
  ).toBeVisible();
});

test('the map is read from the keyboard, in either order', async ({ window }) => {
  const expected = expectedOf();
  const { ids } = expected;
  await openWithPresets(window);
  await window.getByTestId('analysis-order-signal').check({ force: true });
  const heat = window.getByTestId('analysis-heat');
  await heat.focus();
  await window.keyboard.press('ArrowRight');
  for (let press = 0; press < 3; press++) await window.keyboard.press('ArrowDown');
  await expect(window.getByTestId('analysis-pair')).toHaveText(pairText(expected, 3, 1));
  await window.keyboard.press('+');
  await window.keyboard.press('+');
  await expect.poll(async () => (await heatOf(heat)).span).toBeLessThan(ids.length / 2);
  await window.keyboard.press('Shift+ArrowRight');
  await window.keyboard.press('Shift+ArrowRight');
  await expect(window.getByTestId('analysis-pair')).toHaveText(pairText(expected, 3, 21));
  await window.keyboard.press('Enter');
  await expect(window.getByTestId('analysis-scatter')).toBeVisible();
  await window.keyboard.press('0');
  await expect.poll(async () => (await heatOf(heat)).span).toBe(ids.length);
  await window.keyboard.press('Escape');
  await expect(window.getByTestId('analysis-scatter')).toBeHidden();
});

test('two fingers zoom about the one that rests, and pull the map', async ({ window }) => {
  await openAnalysis(window);
  const heat = window.getByTestId('analysis-heat');
  await expect(heat).toBeVisible();
  const whole = await heatOf(heat);
  const touch = await window.context().newCDPSession(window);
  await touch.send('Emulation.setTouchEmulationEnabled', { enabled: true, maxTouchPoints: 2 });
  const fingers = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...at: (readonly [number, number])[]) =>
    touch.send('Input.dispatchTouchEvent', { type, touchPoints: at.map(([x, y], id) => ({ x, y, id })) });
  const resting = whole.at(0.25, 0.25);
  await fingers('touchStart', resting);
  await fingers('touchStart', resting, whole.at(0.45, 0.25));
  await fingers('touchMove', resting, whole.at(0.65, 0.25));
  await fingers('touchEnd');
  await expect.poll(async () => (await heatOf(heat)).span / whole.span).toBeCloseTo(0.5, 2);
  const near = await heatOf(heat);
  // A quarter of the whole map is still below the resting finger.
  expect(near.x + 0.25 * near.span).toBeCloseTo(0.25 * whole.span, 1);
  expect(near.y + 0.25 * near.span).toBeCloseTo(0.25 * whole.span, 1);
  await fingers('touchStart', resting);
  await fingers('touchMove', whole.at(0.35, 0.25));
  await fingers('touchEnd');
  await expect.poll(async () => (await heatOf(heat)).x).toBeCloseTo(near.x - 0.1 * near.span, 1);
});

test('effects, variance, components, histograms and tests have the numbers of the core', async ({
  window,
}) => {
  const expected = expectedOf();
  await openWithPresets(window);

  await openFigure(window, 'effects');
  const effects = effectCorrelations(expected.correlations.rho, expected.ids);
  for (const { a, b, meanAbsolute } of effects)
    if (meanAbsolute !== null)
      await expect(window.getByTestId(`analysis-effect-${a}-${b}`)).toHaveText(meanAbsolute.toFixed(3));

  await openFigure(window, 'variance');
  for (const scale of ['plain', 'standardised'] as const) {
    const components = expected.components[scale];
    const needed = componentsNeeded(explainedShares(components), 0.99);
    await expect(window.getByTestId(`analysis-needed-${scale}-99`)).toHaveText(
      `${needed} (${((100 * needed) / components.rank).toFixed(2)} %)`,
    );
  }
  const plot = window.getByTestId('analysis-variance');
  const box = (await plot.boundingBox())!;
  await window.mouse.move(box.x + (10.1 / expected.components.plain.rank) * box.width, box.y + 40);
  const tenth = explainedShares(expected.components.plain).slice(0, 10);
  await expect(window.getByTestId('analysis-variance-read')).toContainText(
    `10 components: ${(100 * tenth.reduce((sum, share) => sum + share)).toFixed(1)} % plain`,
  );
  await plot.focus();
  await window.keyboard.press('ArrowRight');
  await expect(window.getByTestId('analysis-variance-read')).toContainText('11 components');

  await openFigure(window, 'components');
  const curve = window.getByTestId('analysis-curve-eq');
  const first = await curve.screenshot();
  await window.getByTestId('analysis-component').selectOption('2');
  await expect.poll(async () => (await curve.screenshot()).equals(first)).toBe(false);
  const sigma = window.getByTestId('analysis-sigma');
  await sigma.focus();
  await window.keyboard.press('End');
  await expect(sigma).toHaveAttribute('aria-valuetext', '3.0 σ');
  await window.keyboard.press('Home');
  await expect(sigma).toHaveAttribute('aria-valuetext', '0.5 σ');

  await openFigure(window, 'histograms');
  await window.getByTestId('analysis-histogram-search').fill('comp.att');
  await expect(window.getByTestId('analysis-histogram-count')).toHaveText('1 of 130 parameters');
  const attack = expected.ids.indexOf('comp.attack');
  await expect(window.getByTestId('analysis-histogram-comp.attack')).toHaveAttribute(
    'data-counts',
    expected.histograms[attack]!.counts.join(' '),
  );
  await window.getByTestId('analysis-histogram-search').fill('nothing');
  await expect(window.getByText('No parameter has that name.')).toBeVisible();
  await window.getByTestId('analysis-histogram-search').fill('');
  // All of them are there, and only those in sight are drawn.
  await expect(window.getByTestId('analysis-histogram-eq.pk1.gain')).toBeVisible();
  await expect(window.getByTestId('analysis-histogram-pan')).toHaveCount(0);
  await window.getByRole('region', { name: 'Histograms' }).focus();
  await window.keyboard.press('End');
  await expect(window.getByTestId('analysis-histogram-pan')).toBeVisible();

  await openFigure(window, 'normality');
  const { below, of } = tallyOf(expected.tests!.parameters, 0.05);
  await expect(window.getByTestId('analysis-tally-parameters')).toHaveText(`${below} of ${of}`);
  await window.getByTestId('analysis-by-p').click();
  const least = expected
    .tests!.parameters.map((test, i) => ({ id: expected.ids[i]!, p: test?.p ?? 2 }))
    .sort((a, b) => a.p - b.p)[0]!;
  await expect(window.getByTestId('analysis-tests').getByRole('rowheader').first()).toHaveText(least.id);
});

/** Has a figure written under the name that is offered. */
async function exported(page: Page, folders: Folders, item: string, name: string): Promise<Buffer> {
  const path = join(folders.library, name);
  await page.getByTestId('analysis-export').click();
  await page.getByTestId(`analysis-export-${item}`).click();
  await expect(page.getByTestId('file-name')).toHaveValue(name);
  await page.getByTestId('file-name-accept').click();
  await expect(page.getByText(`Wrote “${name}”.`)).toBeVisible({ timeout: 60_000 });
  expect(existsSync(path)).toBe(true);
  return readFileSync(path);
}

/** Colours of an 8-bit PNG without filters undone: just how many different bytes its pixels have. */
function pngFacts(png: Buffer): { width: number; height: number; differentBytes: number } {
  expect(png.subarray(0, 8).toString('latin1')).toBe('\u0089PNG\r\n\u001a\n');
  const data: Buffer[] = [];
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at);
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT') data.push(png.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  return {
    width: png.readUInt32BE(16),
    height: png.readUInt32BE(20),
    differentBytes: new Set(inflateSync(Buffer.concat(data))).size,
  };
}

test('figures are written as SVG, PNG and CSV, and everything as one archive', async ({
  window,
  folders,
}) => {
  const expected = expectedOf();
  const { ids, correlations } = expected;
  await openWithPresets(window);
  const stem = 'My presets spearman-clustered';
  const svg = (await exported(window, folders, 'svg', `${stem}.svg`)).toString();
  expect(svg).toContain('Spearman correlations of all parameters, clustered');
  const [, width, height] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg)!.map(Number);
  const png = pngFacts(await exported(window, folders, 'png', `${stem}.png`));
  expect(png).toMatchObject({ width: Math.round(2 * width!), height: Math.round(2 * height!) });
  // Not a white sheet.
  expect(png.differentBytes).toBeGreaterThan(30);
  const csv = (await exported(window, folders, 'csv', `${stem}.csv`)).toString();
  const lines = csv.trimEnd().split('\n');
  expect(lines[0]).toBe(`,${ids.join(',')}`);
  const written = lines.slice(1).flatMap((line) => line.split(',').slice(1).map(Number));
  expect(written).toHaveLength(ids.length ** 2);
  expect(Math.max(...written.map((rho, i) => Math.abs(rho - correlations.rho[i]!)))).toBeLessThan(1e-9);

  await openFigure(window, 'normality');
  await window.getByTestId('analysis-export').click();
  await expect(window.getByTestId('analysis-export-svg')).toBeDisabled();
  await window.keyboard.press('Escape');
  const tests = (await exported(window, folders, 'csv', 'My presets parameters.csv')).toString();
  expect(tests.split('\n')[1]).toMatch(/^eq\.pk1\.gain,/);

  await openFigure(window, 'components');
  const component = await exported(window, folders, 'svg', 'My presets component-plain-1.svg');
  expect(component.toString().match(/<path class="mean"/g)).toHaveLength(4);

  const archive = await exported(window, folders, 'everything', 'My presets analysis.zip');
  const files = filesIn(archive);
  expect([...files.keys()]).toEqual(
    expect.arrayContaining(['report.html', 'spearman.csv', 'spearman.svg', 'histograms.svg']),
  );
  expect(files.get('spearman.csv')!.toString()).toBe(csv);
  expect(files.get('report.html')!.toString()).toContain(`${presets.raws.length} presets, 130 parameters`);
});

/** Files of an archive without compression, their checksums looked at. */
function filesIn(archive: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (let at = 0; archive.readUInt32LE(at) === 0x04034b50;) {
    const [crc, size, nameLength] = [
      archive.readUInt32LE(at + 14),
      archive.readUInt32LE(at + 18),
      archive.readUInt16LE(at + 26),
    ];
    const name = archive.toString('utf8', at + 30, at + 30 + nameLength);
    const bytes = archive.subarray(at + 30 + nameLength, at + 30 + nameLength + size);
    expect(crc32(bytes)).toBe(crc);
    files.set(name, bytes);
    at += 30 + nameLength + size;
  }
  return files;
}

test('a prior, a few presets, and none', async ({ window }) => {
  await openAnalysis(window);
  // With an empty library, the prior is what there is.
  await expect(window.getByTestId('analysis-set')).toHaveValue('prior');
  await expect(window.getByTestId('analysis-caution')).toContainText('A prior holds statistics');
  await expect(window.getByTestId('analysis-largest').getByRole('button')).toHaveCount(20);
  await window.getByTestId('analysis-largest').getByRole('button').first().click();
  await expect(window.getByTestId('analysis-pair')).toContainText(': r ');
  await expect(window.getByTestId('analysis-scatter')).toBeHidden();
  await openFigure(window, 'normality');
  await expect(window.getByTestId('analysis-untested')).toContainText('need presets');
  await openFigure(window, 'histograms');
  await expect(window.getByTestId('analysis-histogram-eq.pk1.gain')).toBeVisible();

  await window.getByTestId('analysis-set').selectOption('library');
  await expect(window.getByTestId('analysis-empty')).toContainText('There are no presets here yet');
  const few = somePresets(6);
  await importPresets(window, few, 'few');
  await expect(window.getByTestId('analysis-caution')).toContainText('Only 6 presets');
  await window.getByTestId('analysis-set').selectOption('listed');
  await window.getByTestId('library-search').fill('few, row 3');
  await expect(window.getByTestId('analysis-empty')).toContainText('One preset alone');
  await window.getByTestId('library-search').fill('few');
  await openFigure(window, 'correlations');
  const expected = expectedOf(few.raws);
  const [largest] = largestCorrelations(expected.correlations.rho, expected.ids, 1);
  await expect(window.getByTestId('analysis-state')).toHaveText('6 presets');
  await expect(window.getByTestId('analysis-largest').getByRole('button').first()).toContainText(
    rhoText(largest!.rho),
  );

  // The map comes back.
  await window.getByTestId('preset-tab-map').check({ force: true });
  await expect(window.getByTestId('preset-map')).toBeVisible();
  await expect(window.getByTestId('analysis')).toBeHidden();
});
