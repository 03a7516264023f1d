/** What the window's main thread does over a time, from Chromium's own trace, and what the program's processes use. */
import { readFileSync, readdirSync } from 'node:fs';
import type { CDPSession, Page } from '@playwright/test';

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds. */
  readonly ts: number;
  readonly dur?: number;
  /** Of it on a processor. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string; readonly data?: Readonly<Record<string, unknown>> };
}

/** A piece of work that keeps the main thread from anything else. */
export interface MainTask {
  readonly ms: number;
  /** Of it on a processor; the rest is waiting, for another thread or for a processor. */
  readonly processorMs: number;
  /** What it consisted of, the longest first: “FunctionCall draw (index.js:12:345) 31.2 ms”. */
  readonly parts: readonly string[];
}

export interface Smoothness {
  /** Times between frames, in ms, sorted. */
  readonly frameMs: readonly number[];
  /** The longest first. */
  readonly tasks: readonly MainTask[];
  /** Part of the time in which the main thread was busy. */
  readonly busyShare: number;
}

const CATEGORIES = ['toplevel', 'devtools.timeline', 'disabled-by-default-devtools.timeline', 'v8'];
const SHORTEST_PART_MS = 1;
const MOST_PARTS = 4;

/** Traces a page for some seconds, and takes the times of its frames meanwhile. */
export async function traceSmoothness(page: Page, seconds: number): Promise<Smoothness> {
  const session = await page.context().newCDPSession(page);
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => {
    events.push(...(value as unknown as TraceEvent[]));
  });
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: CATEGORIES, excludedCategories: ['*'] },
  });
  const marker = `smooth-${Date.now()}`;
  const frameMs = await page.evaluate(
    ([name, ms]) =>
      new Promise<number[]>((resolve) => {
        const times: number[] = [];
        let before: number | undefined;
        console.timeStamp(name);
        const frame = (now: number): void => {
          if (before === undefined) before = now;
          else times.push(now);
          if (now - before < ms) requestAnimationFrame(frame);
          else resolve(times.map((time, i) => time - (times[i - 1] ?? before!)));
        };
        requestAnimationFrame(frame);
      }),
    [marker, 1000 * seconds] as const,
  );
  await endTracing(session);
  const main = mainThreadOf(events, marker);
  const tasks = main.filter(({ name }) => name === 'RunTask' || name === 'ThreadControllerImpl::RunTask');
  const outermost = withoutNested(tasks);
  const busyMs = outermost.reduce((sum, { dur }) => sum + dur! / 1000, 0);
  return {
    frameMs: frameMs.sort((a, b) => a - b),
    tasks: outermost
      .sort((a, b) => b.dur! - a.dur!)
      .slice(0, 10)
      .map((task) => ({
        ms: task.dur! / 1000,
        processorMs: (task.tdur ?? NaN) / 1000,
        parts: partsOf(task, main),
      })),
    busyShare: busyMs / (1000 * seconds),
  };
}

async function endTracing(session: CDPSession): Promise<void> {
  const complete = new Promise<void>((resolve) => {
    session.once('Tracing.tracingComplete', () => {
      resolve();
    });
  });
  await session.send('Tracing.end');
  await complete;
  await session.detach();
}

/** Whole events of the thread on which the page's scripts run: the one with the marker. */
function mainThreadOf(events: readonly TraceEvent[], marker: string): TraceEvent[] {
  const mark = events.find(
    ({ name, args }) =>
      name === 'TimeStamp' && (args?.data?.['message'] === marker || args?.data?.['name'] === marker),
  );
  if (!mark) throw new Error('The trace does not show the page.');
  return events
    .filter(
      ({ ph, pid, tid, dur }) => ph === 'X' && dur !== undefined && pid === mark.pid && tid === mark.tid,
    )
    .sort((a, b) => a.ts - b.ts || b.dur! - a.dur!);
}

function withoutNested(sorted: readonly TraceEvent[]): TraceEvent[] {
  let end = -Infinity;
  return sorted.filter(({ ts, dur }) => {
    if (ts < end) return false;
    end = ts + dur!;
    return true;
  });
}

function partsOf(task: TraceEvent, events: readonly TraceEvent[]): string[] {
  return events
    .filter(
      ({ name, ts, dur }) =>
        !name.endsWith('RunTask') &&
        ts >= task.ts &&
        ts + dur! <= task.ts + task.dur! &&
        dur! >= 1000 * SHORTEST_PART_MS,
    )
    .sort((a, b) => b.dur! - a.dur!)
    .slice(0, MOST_PARTS)
    .map(({ name, dur, args }) => {
      const { functionName, url, lineNumber, columnNumber, type } = args?.data ?? {};
      const place =
        typeof url === 'string' && url !== ''
          ? ` (${url.split('/').at(-1)}:${String(lineNumber)}:${String(columnNumber)})`
          : '';
      const what = [functionName, type].find((text) => typeof text === 'string' && text !== '');
      return `${name}${what === undefined ? '' : ` ${String(what)}`}${place} ${(dur! / 1000).toFixed(1)} ms`;
    });
}

const TICKS_PER_SECOND = 100;

/** Seconds of processor time that a process has used so far, all of its threads; 0 for one that is gone. */
export function cpuSeconds(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return 0;
  }
}

/** A process and all that it started. */
export function processTree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
    } catch {
      // It ended meanwhile.
    }
  }
  const all = [root];
  for (const pid of all) all.push(...(children.get(pid) ?? []));
  return all;
}
