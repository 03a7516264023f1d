/** Which prior is shown when several are asked for, and what becomes of a gesture that is under way. */
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { neutralRaw } from '#core/chain/parameters.ts';
import { INFORMATIVE_DIMENSIONS } from '#core/prior/dimensions.ts';
import { trainPrior } from '#core/prior/model.ts';
import { formatPrior } from '#core/prior/prior-file.ts';
import { Random } from '#core/optimise/random.ts';
import type { Notices } from './notices.svelte.ts';
import type { Presets } from './presets.svelte.ts';
import type { PriorSpace as PriorSpaceClass } from './prior-space.svelte.ts';
import type { Session } from './session.svelte.ts';

let PriorSpace: typeof PriorSpaceClass;
beforeAll(async () => {
  // Without Svelte's compiler a rune is a plain value; nothing that is derived counts here.
  vi.stubGlobal(
    '$state',
    Object.assign((value: unknown) => value, { raw: (value: unknown) => value }),
  );
  vi.stubGlobal(
    '$derived',
    Object.assign(() => null, { by: () => new Float64Array(0) }),
  );
  ({ PriorSpace } = await import('./prior-space.svelte.ts'));
});

function priorText(name: string, seed: number): string {
  const random = new Random(seed);
  const raws = Array.from({ length: 12 }, () =>
    Float64Array.from(neutralRaw(), (value) => value + random.signed() + random.signed()),
  );
  const provenance = { name, source: '', licence: '', date: '' };
  return formatPrior(trainPrior(raws, { dimensions: INFORMATIVE_DIMENSIONS, provenance }));
}

/** Priors that are read when the test says so. */
function spaceWith(texts: Readonly<Record<string, string>>) {
  const reading = new Map<string, { answer: (text: string) => void; fail: (error: Error) => void }>();
  const app = {
    call: (method: string, { id }: { id: string }) => {
      if (method !== 'priors.read') throw new RangeError(method);
      return new Promise<{ text: string }>((resolve, reject) => {
        reading.set(id, {
          answer: (text) => {
            resolve({ text });
          },
          fail: reject,
        });
      });
    },
  };
  const done: string[] = [];
  const session = {
    raw: neutralRaw(),
    onChange: () => undefined,
    beginSetting: (label: string) => void done.push(`begin ${label}`),
    showSetting: () => void done.push('show'),
    commit: () => void done.push('commit'),
  };
  const failures: unknown[] = [];
  const space = new PriorSpace(
    app as never,
    session as unknown as Session,
    { onRename: () => undefined } as unknown as Presets,
    { failure: (error: unknown) => void failures.push(error) } as unknown as Notices,
  );
  space.priors = Object.keys(texts).map((id) => ({ id, name: id, presetCount: 12, isShipped: false }));
  const answer = (id: string): void => {
    reading.get(id)!.answer(texts[id]!);
  };
  const fail = (id: string, error: Error): void => {
    reading.get(id)!.fail(error);
  };
  return { space, done, failures, answer, fail };
}

describe('of two priors that are asked for', () => {
  const texts = { one: priorText('One', 1), two: priorText('Two', 2) };

  it('the last one is shown, whichever comes first', async () => {
    const { space, answer } = spaceWith(texts);
    const uses = [space.use('one'), space.use('two')];
    answer('two');
    await uses[1];
    expect(space.isLoading).toBe(false);
    answer('one');
    await uses[0];
    expect(space.chosen).toBe('two');
    expect(space.model!.provenance.name).toBe('Two');
  });

  it('the first one neither ends the wait for the other one nor tells of its failure', async () => {
    const { space, answer, fail, failures } = spaceWith(texts);
    const uses = [space.use('one'), space.use('two')];
    fail('one', new Error('gone'));
    await uses[0];
    expect(space.isLoading).toBe(true);
    expect(failures).toEqual([]);
    answer('two');
    await uses[1];
    expect(space.isLoading).toBe(false);
    expect(space.chosen).toBe('two');
  });
});

it('a gesture ends where it is when another prior comes', async () => {
  const { space, done, answer } = spaceWith({ one: priorText('One', 1) });
  const use = space.use('one');
  space.begin('Component 1');
  answer('one');
  await use;
  expect(done).toEqual(['begin Component 1', 'commit']);
  // The hand still moves.
  space.move([[0, 2]]);
  expect(done).toEqual(['begin Component 1', 'commit']);
});
