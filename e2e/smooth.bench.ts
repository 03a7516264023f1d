/**
 * Part of `npm run bench:app`: how smooth the window is while it plays and fits, with each panel open, and what the program
 * uses when nothing moves. It prints, and writes `reports/smooth.json`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { fillLibrary } from '../bench/library.ts';
import { expect, openWindow, test, untilPlayable } from './support/fixtures.ts';
import { EFFECTS, runCommand } from './support/states.ts';
import { startVoxfit } from './support/voxfit.ts';
import { cpuSeconds, processTree, traceSmoothness, type Smoothness } from './support/trace.ts';

const SECONDS = 10;
const LONG_TASK_MS = 50;
/** After a fit has begun, and until what was opened has come to rest. */
const SETTLED_MS = 3_000;
const REPORTS = fileURLToPath(new URL('../reports/', import.meta.url));

interface Row {
  readonly state: string;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly worstFrameMs: number;
  /** Parts of the frames, in percent. */
  readonly over17: number;
  readonly over34: number;
  readonly over50: number;
  readonly longestTaskMs: number;
  /** The longest by its time on a processor, among the ten longest. */
  readonly longestOwnMs: number;
  readonly longTasks: number;
  readonly busyPercent: number;
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
const rounded = (value: number): number => Number(value.toFixed(1));

/** Frames that are due every 16.7 ms come a little late or early; half a frame more is one that was missed. */
function rowOf(state: string, { frameMs, tasks, busyShare }: Smoothness): Row {
  const over = (ms: number): number =>
    rounded((100 * frameMs.filter((time) => time > ms + 0.5).length) / frameMs.length);
  return {
    state,
    p50Ms: rounded(quantile(frameMs, 0.5)),
    p95Ms: rounded(quantile(frameMs, 0.95)),
    p99Ms: rounded(quantile(frameMs, 0.99)),
    worstFrameMs: rounded(frameMs.at(-1) ?? NaN),
    over17: over(1000 / 60),
    over34: over(2000 / 60),
    over50: over(50),
    longestTaskMs: rounded(tasks[0]?.ms ?? 0),
    longestOwnMs: rounded(Math.max(0, ...tasks.map(({ processorMs }) => processorMs))),
    longTasks: tasks.filter(({ ms }) => ms > LONG_TASK_MS).length,
    busyPercent: rounded(100 * busyShare),
  };
}

function printTable(rows: readonly Readonly<Record<string, string | number>>[]): void {
  const heads = Object.keys(rows[0]!);
  const widths = heads.map((head) => Math.max(head.length, ...rows.map((row) => String(row[head]).length)));
  const line = (cells: readonly (string | number)[]): string =>
    cells
      .map((cell, i) => (i === 0 ? String(cell).padEnd(widths[i]!) : String(cell).padStart(widths[i]!)))
      .join('  ');
  console.log([line(heads), ...rows.map((row) => line(heads.map((head) => row[head]!)))].join('\n'));
}

function printLongest(longest: Readonly<Record<string, Smoothness['tasks']>>): void {
  for (const [state, tasks] of Object.entries(longest))
    for (const { ms, processorMs, parts } of tasks.slice(0, 2))
      console.log(
        `${state}: ${ms.toFixed(1)} ms (${processorMs.toFixed(1)} ms on a processor): ${parts.join('; ')}`,
      );
}

async function ensureFit(page: Page): Promise<void> {
  const start = page.getByTestId('fit-start');
  if (await start.isVisible()) await start.click();
  await expect(page.getByTestId('fit-stop')).toBeVisible();
  await expect(page.getByTestId('loss-now')).toBeVisible({ timeout: 60_000 });
}

async function stopFit(page: Page): Promise<void> {
  const stop = page.getByTestId('fit-stop');
  if (await stop.isVisible()) await stop.click().catch(() => undefined);
  await expect(page.getByTestId('fit-done')).toBeVisible({ timeout: 60_000 });
}

test('smoothness and idle use', async ({ window, voxfit, browser }) => {
  test.setTimeout(15 * 60_000);
  await untilPlayable(window);
  await window.getByTestId('loop').click();
  await window.getByTestId('play').click();
  const rows: Row[] = [];
  const longest: Record<string, Smoothness['tasks']> = {};
  for (const effect of EFFECTS)
    for (const isFitting of [false, true]) {
      await window.getByTestId(`show-${effect}`).click();
      if (isFitting) await ensureFit(window);
      await window.waitForTimeout(SETTLED_MS);
      const smoothness = await traceSmoothness(window, SECONDS);
      if (isFitting) await stopFit(window);
      const state = `${effect}, playing${isFitting ? ' and fitting' : ''}`;
      rows.push(rowOf(state, smoothness));
      longest[state] = smoothness.tasks.slice(0, 5);
    }
  printTable(rows.map((row) => ({ ...row })));
  printLongest(longest);

  await window.getByTestId('stop').click();
  const idle: { readonly state: string; readonly [process: string]: string | number }[] = [];
  const [engine] = voxfit.children('engine-process');
  const [audio] = voxfit.children('audio-process');
  const session = await browser.newBrowserCDPSession();
  for (const effect of EFFECTS) {
    await runCommand(window, `rack.show.${effect}`, `Show`);
    await window.waitForTimeout(SETTLED_MS);
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    const idsOf = (type: string): number[] =>
      processInfo.filter((info) => info.type === type).map(({ id }) => id);
    const groups: Readonly<Record<string, readonly number[]>> = {
      host: [voxfit.pid],
      engine: processTree(engine!),
      audio: processTree(audio!),
      renderer: idsOf('renderer'),
      gpu: idsOf('GPU'),
      browser: idsOf('browser'),
    };
    const used = (): Record<string, number> =>
      Object.fromEntries(
        Object.entries(groups).map(([name, pids]) => [
          name,
          pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0),
        ]),
      );
    const before = used();
    const started = performance.now();
    await window.waitForTimeout(1000 * SECONDS);
    const seconds = (performance.now() - started) / 1000;
    const after = used();
    const percent = Object.keys(groups).map(
      (name) => [name, rounded((100 * (after[name]! - before[name]!)) / seconds)] as const,
    );
    idle.push({
      state: `${effect}, idle, % of a core`,
      ...Object.fromEntries(percent),
      sum: rounded(percent.reduce((sum, [, value]) => sum + value, 0)),
    });
  }
  printTable(idle);
  mkdirSync(REPORTS, { recursive: true });
  writeFileSync(`${REPORTS}smooth.json`, `${JSON.stringify({ rows, longest, idle }, null, 2)}\n`);
});

/** A pointer moves about this often. */
const MOVES_MS = 1000 / 60;
/** There and back again, of a gesture across its control. */
const SWEEP_SECONDS = 2;

test('smoothness of the presets with a library of ten thousand', async ({ page, folders, card }) => {
  test.setTimeout(10 * 60_000);
  fillLibrary(join(folders.library, 'Presets'));
  const voxfit = await startVoxfit(folders, { env: card.env });
  await openWindow(page, voxfit.url);
  await untilPlayable(page);
  await page.getByTestId('loop').click();
  await page.getByTestId('play').click();
  await page.getByTestId('show-presets').click();
  const map = page.getByTestId('preset-map');
  await expect(map).toHaveAttribute('data-dots', '10000', { timeout: 60_000 });
  await page.getByTestId('library-row').first().click();

  const rows: Row[] = [];
  const longest: Record<string, Smoothness['tasks']> = {};
  /** A way across a control, as parts of its width and height, at a part 0..1 of the sweep. */
  const measure = async (
    state: string,
    testid: string,
    isPressed: boolean,
    way: (part: number) => readonly [x: number, y: number],
  ): Promise<void> => {
    const box = (await page.getByTestId(testid).boundingBox())!;
    const to = async (part: number): Promise<void> => {
      const [x, y] = way(part);
      await page.mouse.move(box.x + x * box.width, box.y + y * box.height);
    };
    await to(0);
    await page.waitForTimeout(SETTLED_MS);
    if (isPressed) await page.mouse.down();
    const started = performance.now();
    let isOver = false;
    const moving = (async () => {
      for (let move = 1; !isOver; move++) {
        const part = ((performance.now() - started) / 1000 / SWEEP_SECONDS) % 1;
        await to(part < 0.5 ? 2 * part : 2 - 2 * part);
        await page.waitForTimeout(Math.max(0, started + move * MOVES_MS - performance.now()));
      }
    })();
    const smoothness = await traceSmoothness(page, SECONDS);
    isOver = true;
    await moving;
    await page.mouse.up();
    rows.push(rowOf(state, smoothness));
    longest[state] = smoothness.tasks.slice(0, 5);
  };
  await measure('presets, playing', 'preset-typicality', false, () => [0.5, 0.5]);
  await measure('… a component slider swept', 'preset-slider-1', true, (part) => [0.1 + 0.8 * part, 0.5]);
  await measure('… the map pointed at', 'preset-map', false, (part) => [0.1 + 0.8 * part, 0.2 + 0.6 * part]);
  await measure('… the map dragged', 'preset-map', true, (part) => [0.1 + 0.8 * part, 0.8 - 0.6 * part]);
  await page.getByRole('listbox', { name: 'Presets' }).focus();
  await page.keyboard.press('ControlOrMeta+a');
  await measure('… all selected, the map dragged', 'preset-map', true, (part) => [0.1 + 0.8 * part, 0.3]);
  printTable(rows.map((row) => ({ ...row })));
  printLongest(longest);
  mkdirSync(REPORTS, { recursive: true });
  writeFileSync(`${REPORTS}smooth-presets.json`, `${JSON.stringify({ rows, longest }, null, 2)}\n`);
  await voxfit.stop();
});
