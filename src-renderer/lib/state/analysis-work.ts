/** The work that analyses are, done on a thread of its own (analysis-worker.ts), so that the window goes on. */
import { PARAMETER_COUNT } from '#core/chain/parameters.ts';
import { zipOf } from '#core/format/zip.ts';
import { analysePresets, analysePrior, type Analysis } from '#core/prior/analysis.ts';
import { INFORMATIVE_DIMENSIONS } from '#core/prior/dimensions.ts';
import { Marginal } from '#core/prior/marginal.ts';
import { analysisReport } from '#core/prior/report.ts';
import type { AnalysedSet } from './analysis-set.ts';

/** As threads can hand it over. */
export type Work =
  | {
      readonly kind: 'presets';
      readonly name: string;
      /** 151 raw values each, one preset after another. */
      readonly raws: Float32Array<ArrayBuffer>;
    }
  | {
      readonly kind: 'prior';
      readonly name: string;
      readonly presetCount: number;
      readonly dimensions: readonly number[];
      readonly fill: ReadonlyMap<number, number>;
      readonly mean: Float64Array;
      readonly covariance: Float64Array;
      readonly marginals: readonly Float64Array[];
    }
  | { readonly kind: 'report'; readonly analysis: Analysis; readonly date: string };

/** What a thread says: how far it is, and at last what came of it. */
export type Word =
  | { readonly kind: 'progress'; readonly fraction: number }
  | { readonly kind: 'analysis'; readonly analysis: Analysis }
  | { readonly kind: 'archive'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'problem'; readonly message: string };

/** Does some work on another thread; rejects with the signal's reason when it is aborted. */
export type Perform = (
  work: Work,
  options: { readonly signal: AbortSignal; readonly onProgress: (fraction: number) => void },
) => Promise<Word>;

export function workOf(set: AnalysedSet): Work {
  if (set.kind === 'presets') {
    const raws = new Float32Array(set.raws.length * PARAMETER_COUNT);
    set.raws.forEach((raw, i) => {
      raws.set(raw, i * PARAMETER_COUNT);
    });
    return { kind: 'presets', name: set.name, raws };
  }
  const { presetCount, dimensions, fill, mean, covariance, shaped } = set.model;
  return {
    ...{ kind: 'prior', name: set.name, presetCount, dimensions, fill, mean, covariance },
    marginals: shaped.marginals.map(({ table }) => table),
  };
}

/** The report of an analysis, as of today. */
export const reportOf = (analysis: Analysis): Work => ({
  kind: 'report',
  analysis,
  date: new Date().toISOString().slice(0, 10),
});

/** Does it at once, on the thread that calls. */
export function perform(work: Work, onProgress: (fraction: number) => void): Word {
  switch (work.kind) {
    case 'presets': {
      const { name, raws } = work;
      const count = raws.length / PARAMETER_COUNT;
      const rows = Array.from({ length: count }, (_, i) =>
        raws.subarray(i * PARAMETER_COUNT, (i + 1) * PARAMETER_COUNT),
      );
      return {
        kind: 'analysis',
        analysis: analysePresets(rows, { name, dimensions: INFORMATIVE_DIMENSIONS, onProgress }),
      };
    }
    case 'prior': {
      const { marginals, name, presetCount, dimensions, fill, mean, covariance } = work;
      const tables = marginals.map((table) => new Marginal(table));
      return {
        kind: 'analysis',
        analysis: analysePrior({
          ...{ name, presetCount, dimensions, fill, mean, covariance },
          marginals: tables,
        }),
      };
    }
    case 'report': {
      const encoder = new TextEncoder();
      const files = [...analysisReport(work)].map(([name, text]) => [name, encoder.encode(text)] as const);
      return { kind: 'archive', bytes: zipOf(files) };
    }
    default:
      throw new RangeError(`There is no work called “${String(work satisfies never)}”.`);
  }
}

/** On a thread that is started for it, and ended with it. */
export const performInWorker: Perform = (work, { signal, onProgress }) =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./analysis-worker.ts', import.meta.url), { type: 'module' });
    const end = (): void => {
      worker.terminate();
      signal.removeEventListener('abort', abort);
    };
    const abort = (): void => {
      end();
      reject(signal.reason as Error);
    };
    if (signal.aborted) {
      abort();
      return;
    }
    signal.addEventListener('abort', abort);
    worker.addEventListener('message', ({ data }: MessageEvent<Word>) => {
      if (data.kind === 'progress') {
        onProgress(data.fraction);
        return;
      }
      end();
      resolve(data);
    });
    worker.addEventListener('error', ({ message }) => {
      end();
      reject(new Error(message));
    });
    worker.postMessage(work, work.kind === 'presets' ? [work.raws.buffer] : []);
  });
