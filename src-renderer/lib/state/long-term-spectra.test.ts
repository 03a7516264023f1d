import { beforeAll, describe, expect, it, vi } from 'vitest';
import { CallError } from '#core/protocol/contract.ts';
import type { LongTermSpectra as Spectra } from './long-term-spectra.svelte.ts';

let LongTermSpectra: typeof Spectra;

beforeAll(async () => {
  // Without Svelte's compiler a rune is a plain value.
  vi.stubGlobal('$state', { raw: (value: unknown) => value });
  ({ LongTermSpectra } = await import('./long-term-spectra.svelte.ts'));
});

type Surroundings = Parameters<typeof Spectra.of>[0];
interface Pending {
  readonly cache: string;
  answer(levelsDb: Float32Array): void;
  fail(error: unknown): void;
}

/** An application whose engine answers when it is told to. */
function application(dry: string | null, target: string | null) {
  const pending: Pending[] = [];
  const failures: unknown[] = [];
  const readyOf = (dryCache: string, targetCache: string | null) =>
    ({
      dry: { cache: dryCache },
      target: targetCache === null ? null : { cache: targetCache },
    }) as NonNullable<Surroundings['sources']['ready']>;
  const sources = { ready: dry === null ? null : readyOf(dry, target) };
  const surroundings = {
    engine: {
      call: (_method: string, { cache }: { cache: string }) =>
        new Promise((resolve, reject) => {
          pending.push({ cache, answer: (levelsDb) => resolve({ levelsDb }), fail: reject });
        }),
    },
    sources,
    notices: { failure: (error: unknown) => failures.push(error) },
  } as unknown as Surroundings;
  return {
    spectra: LongTermSpectra.of(surroundings),
    surroundings,
    pending,
    failures,
    choose: (dryCache: string, targetCache: string | null) => {
      sources.ready = readyOf(dryCache, targetCache);
    },
  };
}

const level = (db: number): Float32Array => new Float32Array(240).fill(db);

describe('long-term spectra', () => {
  it('are measured once per recording, and known to every panel', async () => {
    const { spectra, surroundings, pending } = application('d1', 't1');
    const first = spectra.measure();
    const second = spectra.measure();
    expect(pending.map(({ cache }) => cache)).toEqual(['d1', 't1']);
    expect(spectra.isMeasuring).toBe(true);
    expect(spectra.dryDb).toBeNull();
    pending[0]!.answer(level(-30));
    pending[1]!.answer(level(-40));
    await Promise.all([first, second]);
    expect(spectra.isMeasuring).toBe(false);
    expect(spectra.dryDb).toEqual(level(-30));
    expect(spectra.targetDb).toEqual(level(-40));
    await LongTermSpectra.of(surroundings).measure();
    expect(pending).toHaveLength(2);
  });

  it('follow the sources: only what is new is measured, and late answers do no harm', async () => {
    const { spectra, pending, choose } = application('d1', 't1');
    const first = spectra.measure();
    choose('d1', 't2');
    const second = spectra.measure();
    expect(pending.map(({ cache }) => cache)).toEqual(['d1', 't1', 't2']);
    pending[2]!.answer(level(-22));
    pending[0]!.answer(level(-30));
    pending[1]!.answer(level(-40));
    await Promise.all([first, second]);
    expect(spectra.dryDb).toEqual(level(-30));
    expect(spectra.targetDb).toEqual(level(-22));
    choose('d1', null);
    expect(spectra.targetDb).toBeNull();
  });

  it('say what failed, and try again when asked again', async () => {
    const { spectra, pending, failures } = application('d1', null);
    const first = spectra.measure();
    const lost = new CallError('disconnected', 'The engine is not there.');
    pending[0]!.fail(lost);
    await first;
    expect(failures).toEqual([lost]);
    expect(spectra.isMeasuring).toBe(false);
    const second = spectra.measure();
    expect(pending).toHaveLength(2);
    pending[1]!.answer(level(-30));
    await second;
    expect(spectra.dryDb).toEqual(level(-30));
  });

  it('want nothing without sources', async () => {
    const { spectra, pending } = application(null, null);
    await spectra.measure();
    expect(pending).toHaveLength(0);
    expect(spectra.dryDb).toBeNull();
  });
});
