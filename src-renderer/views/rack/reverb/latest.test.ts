import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Latest } from './latest.ts';

const WORK_MS = 30;

describe('the latest of what is asked for', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const setUp = (work?: (input: number) => Promise<string>) => {
    let running = 0;
    let most = 0;
    const started: number[] = [];
    const results: string[] = [];
    const errors: unknown[] = [];
    const latest = new Latest<number, string>(
      work ??
        (async (input) => {
          started.push(input);
          most = Math.max(most, ++running);
          await new Promise((resolve) => setTimeout(resolve, WORK_MS));
          running--;
          return `picture ${input}`;
        }),
      (result) => results.push(result),
      (error) => errors.push(error),
    );
    return { latest, started, results, errors, most: () => most };
  };

  it('does the first at once and the last after it, never two at a time', async () => {
    const { latest, started, results, most } = setUp();
    for (let i = 1; i <= 9; i++) latest.ask(i);
    await vi.advanceTimersByTimeAsync(10 * WORK_MS);
    expect(started).toEqual([1, 9]);
    expect(results).toEqual(['picture 1', 'picture 9']);
    expect(most()).toBe(1);
  });

  it('rests between two as long as one takes', async () => {
    const { latest, started } = setUp();
    latest.ask(1);
    latest.ask(2);
    await vi.advanceTimersByTimeAsync(2 * WORK_MS - 1);
    expect(started).toEqual([1]);
    await vi.advanceTimersByTimeAsync(1);
    expect(started).toEqual([1, 2]);
  });

  it('tells nothing of what was forgotten, and goes on afterwards', async () => {
    const { latest, results } = setUp();
    latest.ask(1);
    latest.forget();
    await vi.advanceTimersByTimeAsync(5 * WORK_MS);
    expect(results).toEqual([]);
    latest.ask(2);
    await vi.advanceTimersByTimeAsync(5 * WORK_MS);
    expect(results).toEqual(['picture 2']);
  });

  it('goes on after a failure', async () => {
    const { latest, results, errors } = setUp((input) =>
      input === 1 ? Promise.reject(new Error('no')) : Promise.resolve('yes'),
    );
    latest.ask(1);
    await vi.advanceTimersByTimeAsync(1);
    latest.ask(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(errors).toHaveLength(1);
    expect(results).toEqual(['yes']);
  });
});
