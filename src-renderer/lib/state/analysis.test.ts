/// <reference types="node" />
/** The analysis of presets: what is analysed when, what is given up, and what is written by a real host. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { neutralRaw } from '#core/chain/parameters.ts';
import { spearmanOf } from '#core/prior/correlation.ts';
import { INFORMATIVE_DIMENSIONS } from '#core/prior/dimensions.ts';
import { informativeRows, trainPrior, type PriorModel } from '#core/prior/model.ts';
import { Random } from '#core/optimise/random.ts';
import type { PresetEntry } from '#core/protocol/preset-library.ts';
import { newUser, startProgram, type Window } from '../../../src-main/services/test-window.ts';
import { cautionOf, presetSet, priorSet, type ReadingState } from './analysis-set.ts';
import { perform, workOf, type Perform } from './analysis-work.ts';
import type { PresetAnalysis as PresetAnalysisClass } from './analysis.svelte.ts';

let PresetAnalysis: typeof PresetAnalysisClass;
beforeAll(async () => {
  // Without Svelte's compiler a rune is a plain value.
  const plain = (value: unknown): unknown => value;
  vi.stubGlobal('$state', Object.assign(plain, { raw: plain }));
  ({ PresetAnalysis } = await import('./analysis.svelte.ts'));
});

const entry = (id: string): PresetEntry => ({
  id,
  name: id,
  tags: [],
  isFavourite: false,
  rating: 0,
  notes: '',
  origin: { kind: 'saved', text: '' },
  changedAt: '2026-01-01T00:00:00.000Z',
});

function library(count: number, seed = 1): { entries: PresetEntry[]; raws: Map<string, Float32Array> } {
  const random = new Random(seed);
  const entries = Array.from({ length: count }, (_, i) => entry(`Take ${String(i).padStart(3, '0')}.json`));
  const raws = new Map(
    entries.map(({ id }) => [
      id,
      Float32Array.from(neutralRaw(), (value) => value + random.signed() + random.signed()),
    ]),
  );
  return { entries, raws };
}

/** On this thread, a turn of the event loop later, as a worker answers. */
const performHere: Perform = async (work, { signal, onProgress }) => {
  await new Promise((resolve) => setTimeout(resolve));
  signal.throwIfAborted();
  return perform(work, onProgress);
};

describe('the state of the analysis', () => {
  const user = newUser();
  let window: Window;
  let said: string[];
  let failures: unknown[];
  beforeAll(async () => {
    ({ window } = await startProgram(user));
  });
  beforeEach(() => {
    said = [];
    failures = [];
  });

  function analysisOf(given: ReturnType<typeof library>, how: Perform = performHere) {
    const presets = {
      ...given,
      shown: given.entries,
      chosen: [] as readonly PresetEntry[],
      areRawsMissing: false,
      phase: 'ready' as const,
      problem: '',
      listName: 'My presets',
    };
    const space = { model: null as PriorModel | null, isLoading: false };
    const notices = {
      info: (text: string) => void said.push(text),
      failure: (error: unknown) => void failures.push(error),
    };
    const host = {
      pickToSave: async (kind: 'svg', name: string) =>
        (await window.call('library.place', { kind, name })).file,
    };
    const analysis = new PresetAnalysis(window, presets, space, notices, host as never, how);
    return { analysis, presets, space };
  }

  const written = (name: string): Buffer => readFileSync(join(user.libraryFolder, name));

  it('has the numbers that the presets have', async () => {
    const given = library(40);
    const { analysis } = analysisOf(given);
    expect(analysis.choice).toBe('library');
    analysis.use(analysis.set);
    await vi.waitFor(() => {
      expect(analysis.result?.presetCount).toBe(40);
    });
    const raws = given.entries.map(({ id }) => given.raws.get(id)!);
    expect(analysis.result!.correlations.rho).toEqual(
      spearmanOf(informativeRows(raws, INFORMATIVE_DIMENSIONS)),
    );
    expect(Array.from(analysis.valuesOf(3))).toEqual(raws.map((raw) => raw[INFORMATIVE_DIMENSIONS[3]!]));
    expect(analysis.fraction).toBeNull();
    expect(failures).toEqual([]);
  });

  it('computes a set once, and another one anew', async () => {
    const how = vi.fn<Perform>(performHere);
    const { analysis, presets } = analysisOf(library(8), how);
    analysis.use(analysis.set);
    await vi.waitFor(() => {
      expect(analysis.fraction).toBeNull();
    });
    expect(analysis.result!.presetCount).toBe(8);
    // The same settings in another order are the same set.
    presets.entries = [...presets.entries].reverse();
    analysis.use(analysis.set);
    // What is begun is begun at once.
    expect(analysis.fraction).toBeNull();
    analysis.rest();
    analysis.use(analysis.set);
    expect(analysis.fraction).toBeNull();
    expect(how).toHaveBeenCalledTimes(1);
    analysis.choose('listed');
    presets.shown = presets.entries.slice(0, 5);
    analysis.use(analysis.set);
    expect(analysis.fraction).toBe(0);
    await vi.waitFor(() => {
      expect(analysis.result!.presetCount).toBe(5);
    });
    expect(how).toHaveBeenCalledTimes(2);
  });

  it('is of those listed or of those selected, as was chosen', async () => {
    const { analysis, presets } = analysisOf(library(12));
    presets.shown = presets.entries.slice(0, 9);
    presets.chosen = presets.entries.slice(0, 4);
    analysis.choose('listed');
    // What is selected beside it makes no difference.
    expect(analysis.set).toMatchObject({ kind: 'presets', name: 'My presets', raws: { length: 9 } });
    analysis.choose('selected');
    expect(analysis.set).toMatchObject({ kind: 'presets', name: 'Selected presets', raws: { length: 4 } });
    analysis.use(analysis.set);
    await vi.waitFor(() => {
      expect(analysis.result?.presetCount).toBe(4);
    });
    presets.chosen = presets.entries.slice(0, 1);
    expect(analysis.set).toEqual({ kind: 'obstacle', text: 'Select three presets or more in the list.' });
  });

  it('gives up what nobody waits for any more', async () => {
    const signals: AbortSignal[] = [];
    const never: Perform = (_, { signal }) => {
      signals.push(signal);
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          reject(signal.reason as Error);
        });
      });
    };
    const { analysis, presets } = analysisOf(library(8), never);
    analysis.use(analysis.set);
    await vi.waitFor(() => {
      expect(signals).toHaveLength(1);
    });
    expect(analysis.fraction).toBe(0);
    presets.entries = presets.entries.slice(1);
    analysis.use(analysis.set);
    expect(signals[0]!.aborted).toBe(true);
    await vi.waitFor(() => {
      expect(signals).toHaveLength(2);
    });
    analysis.rest();
    expect(signals[1]!.aborted).toBe(true);
    expect(analysis.fraction).toBeNull();
    // It is begun again by whoever looks next.
    analysis.use(analysis.set);
    await vi.waitFor(() => {
      expect(signals).toHaveLength(3);
    });
    expect(failures).toEqual([]);
  });

  it('says what went wrong, and tries again', async () => {
    const how = vi
      .fn<Perform>(performHere)
      .mockImplementationOnce(() => Promise.resolve({ kind: 'problem', message: 'No memory' }));
    const { analysis } = analysisOf(library(4), how);
    analysis.use(analysis.set);
    await vi.waitFor(() => {
      expect(failures).toHaveLength(1);
    });
    expect(String(failures[0])).toMatch(/No memory/);
    expect(analysis.fraction).toBeNull();
    expect(analysis.hasFailed).toBe(true);
    analysis.use(analysis.set);
    expect(analysis.hasFailed).toBe(false);
    await vi.waitFor(() => {
      expect(analysis.result?.presetCount).toBe(4);
    });
    expect(failures).toHaveLength(1);
  });

  it('keeps to the components and parameters that there are', async () => {
    const { analysis, presets } = analysisOf(library(12));
    analysis.use(analysis.set);
    await vi.waitFor(() => {
      expect(analysis.result).not.toBeNull();
    });
    analysis.component = 10;
    presets.entries = presets.entries.slice(0, 4);
    analysis.use(analysis.set);
    await vi.waitFor(() => {
      expect(analysis.result!.presetCount).toBe(4);
    });
    expect(analysis.component).toBe(2);
  });

  it('keeps the pair in hand while places mean the same parameters', async () => {
    const { analysis, presets, space } = analysisOf(library(12));
    analysis.use(analysis.set);
    await vi.waitFor(() => {
      expect(analysis.result?.presetCount).toBe(12);
    });
    analysis.pair = { a: 3, b: 5 };
    presets.entries = presets.entries.slice(1);
    analysis.use(analysis.set);
    await vi.waitFor(() => {
      expect(analysis.result!.presetCount).toBe(11);
    });
    expect(analysis.pair).toEqual({ a: 3, b: 5 });
    // A prior without the first parameter: there are enough places, but they are those of others.
    space.model = trainPrior(
      presets.entries.map(({ id }) => Float64Array.from(presets.raws.get(id)!)),
      {
        dimensions: INFORMATIVE_DIMENSIONS.slice(1),
        provenance: { name: 'Mine', source: '', licence: '', date: '' },
      },
    );
    analysis.choose('prior');
    analysis.use(analysis.set);
    await vi.waitFor(() => {
      expect(analysis.result!.source).toBe('prior');
    });
    expect(analysis.pair).toBeNull();
  });

  it('writes the figure that is looked at, and everything', async () => {
    const { analysis } = analysisOf(library(24));
    analysis.use(analysis.set);
    await vi.waitFor(() => {
      expect(analysis.result).not.toBeNull();
    });
    await analysis.exportFigure('csv');
    const lines = written('My presets spearman-clustered.csv').toString().trimEnd().split('\n');
    expect(lines).toHaveLength(131);
    expect(Number(lines[1]!.split(',')[2])).toBe(analysis.result!.correlations.rho[1]);
    analysis.isClustered = false;
    await analysis.exportFigure('svg');
    expect(written('My presets spearman.svg').toString()).toMatch(/^<\?xml[^]*<svg[^]*<\/svg>\n$/);
    analysis.figure = 'components';
    analysis.component = 3;
    await analysis.exportFigure('svg');
    expect(written('My presets component-plain-4.svg').toString()).toContain('along component 4');
    await analysis.exportEverything();
    const archive = written('My presets analysis.zip');
    expect(archive.subarray(0, 4).toString('latin1')).toBe('PK\u0003\u0004');
    expect(archive.includes('report.html')).toBe(true);
    expect(said.at(-1)).toBe('Wrote “My presets analysis.zip”.');
    expect(failures).toEqual([]);
  });

  it('writes nothing of an export that is cancelled', async () => {
    const given = library(6);
    const { analysis, presets } = analysisOf(given, async (work, options) => {
      const word = await performHere(work, options);
      if (work.kind === 'report') {
        analysis.cancelExport();
        options.signal.throwIfAborted();
      }
      return word;
    });
    presets.listName = 'cancelled';
    analysis.choose('listed');
    analysis.use(analysis.set);
    await vi.waitFor(() => {
      expect(analysis.result?.name).toBe('cancelled');
    });
    await analysis.exportEverything();
    expect(existsSync(join(user.libraryFolder, 'cancelled analysis.zip'))).toBe(false);
    expect(analysis.isExporting).toBe(false);
    expect([...said, ...failures]).toEqual([]);
    // The next one is another matter.
    await analysis.exportFigure('csv');
    expect(written('cancelled spearman-clustered.csv').length).toBeGreaterThan(0);
  });
});

describe('what is analysed', () => {
  const { entries, raws } = library(3);
  const textOf = (
    given: readonly PresetEntry[],
    of = raws,
    choice: 'library' | 'listed' | 'selected' = 'library',
    state: ReadingState = 'ready',
  ): string => {
    const set = presetSet('x', given, of, state, choice);
    return 'text' in set ? set.text : set.kind;
  };

  it('is told in a sentence where there is too little', () => {
    expect(textOf([], new Map())).toMatch(/no presets here yet/);
    expect(textOf([], new Map(), 'selected')).toMatch(/no presets here yet/);
    expect(textOf([], raws, 'listed')).toMatch(/list shows no presets now/);
    expect(textOf(entries.slice(0, 1))).toMatch(/One preset alone.*add two more/);
    expect(textOf(entries.slice(0, 1), raws, 'listed')).toMatch(/One preset alone.*show more/);
    expect(textOf(entries.slice(0, 2))).toMatch(/Two presets.*add another/);
    expect(textOf(entries.slice(0, 2), raws, 'listed')).toMatch(/Two presets.*show more/);
    expect(textOf(entries.slice(0, 2), raws, 'selected')).toMatch(/Select three presets or more/);
    expect(textOf(entries)).toBe('presets');
    const same = new Map(entries.map(({ id }) => [id, raws.get(entries[0]!.id)!]));
    expect(textOf(entries, same)).toMatch(/all the same/);
    expect(priorSet(null, false)).toMatchObject({ kind: 'obstacle' });
    expect(priorSet(null, true)).toMatchObject({ kind: 'waiting' });
  });

  it('waits for all settings', () => {
    expect(textOf(entries, new Map([...raws].slice(1)))).toMatch(/Reading/);
    expect(textOf(entries, raws, 'library', 'reading')).toMatch(/Reading/);
  });

  it('does not wait for settings that could not be read', () => {
    const some = new Map([...raws].slice(1));
    expect(textOf(entries, some, 'library', 'failed')).toBe(
      'Some of the presets could not be read; try again.',
    );
    // What is missing is no part of it.
    expect(textOf(entries.slice(1), some, 'selected', 'failed')).toMatch(/Select three/);
    expect(textOf(entries, raws, 'library', 'failed')).toBe('presets');
  });

  it('says how far small sets and priors can be trusted', () => {
    const cautionFor = (count: number): string => {
      const some = library(count);
      const set = presetSet('x', some.entries, some.raws, 'ready');
      if (set.kind !== 'presets') throw new Error(set.kind);
      const word = perform(workOf(set), () => undefined);
      if (word.kind !== 'analysis') throw new Error(word.kind);
      return cautionOf(word.analysis);
    };
    expect(cautionFor(5)).toBe(
      'Only 5 presets: correlations are rough, no more than 4 components can vary, and tests of normality need 20.',
    );
    expect(cautionFor(60)).toMatch(/^Only 60 presets for 130 parameters/);
    expect(cautionFor(131)).toBe('');
  });

  it('can be a prior, without its presets', () => {
    const some = library(30);
    const model = trainPrior(
      some.entries.map(({ id }) => Float64Array.from(some.raws.get(id)!)),
      {
        dimensions: INFORMATIVE_DIMENSIONS,
        provenance: { name: 'Mine', source: '', licence: '', date: '' },
      },
    );
    const set = priorSet(model, false);
    if (set.kind !== 'prior') throw new Error(set.kind);
    // As it arrives on the other thread.
    const word = perform(structuredClone(workOf(set)), () => undefined);
    if (word.kind !== 'analysis') throw new Error(word.kind);
    expect(word.analysis).toMatchObject({
      name: 'Mine',
      source: 'prior',
      tests: null,
      correlations: { kind: 'pearson' },
    });
    expect(word.analysis.mean).toEqual(model.mean);
    expect(cautionOf(word.analysis)).toMatch(/^A prior holds statistics and no presets/);
    expect(structuredClone(word.analysis)).toEqual(word.analysis);
  });
});
