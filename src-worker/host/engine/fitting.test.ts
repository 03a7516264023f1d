import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { neutralRaw, parametersUnder } from '#core/chain/parameters.ts';
import type { Input, Payload } from '#core/protocol/contract.ts';
import type { EngineContract } from '#core/protocol/engine.ts';
import { GpuError } from '#engine/gpu/device.ts';
import { madeUpPair } from '../../test-support/made-up-pair.ts';
import { testEngine, until, type TestEngine, type TestWindow } from './test-engine.ts';

type Progress = Payload<EngineContract, 'fit.progress'>;

const PATIENCE_MS = 1500;
const engine = await testEngine();
const hasty = await testEngine({ patienceMs: PATIENCE_MS });
const pair = await madeUpPair(2);

/** A window with the pair loaded. */
async function windowWithPair(of: TestEngine = engine): Promise<{
  window: TestWindow;
  seen: Progress[];
  fit: (changes?: Partial<Input<EngineContract, 'fit.start'>>) => ReturnType<typeof start>;
}> {
  const window = of.window();
  const seen: Progress[] = [];
  window.client.on('fit.progress', (progress) => seen.push(progress));
  const { source: dry } = await window.load(of.wav('dry.wav', pair.dry.channels, 44_100), 'dry');
  const { source: target } = await window.load(of.wav('target.wav', pair.wet.channels, 44_100), 'target');
  const fit = (changes: Partial<Input<EngineContract, 'fit.start'>> = {}) =>
    start(window, { dry, target, ...changes });
  return { window, seen, fit };
}

const start = (
  window: TestWindow,
  request: Pick<Input<EngineContract, 'fit.start'>, 'dry' | 'target'> &
    Partial<Input<EngineContract, 'fit.start'>>,
) =>
  window.client.call('fit.start', {
    job: window.newJob(),
    locked: [],
    seed: 1,
    budgetSeconds: 2,
    ...request,
  });

describe('a fit', () => {
  it('shows its start, its way and its end, and gets better', async () => {
    const { seen, fit } = await windowWithPair();
    const result = await fit({ job: 'shown', budgetSeconds: 3 });
    expect(seen[0]).toMatchObject({ job: 'shown', phase: 'start', step: 0 });
    expect(seen.at(-1)!.phase).toBe('finish');
    expect(seen.some(({ phase }) => phase === 'fit')).toBe(true);
    expect(result.loss).toBeLessThan(result.initialLoss);
    expect(result.stopped).toBe('budget');
    expect(result.correlation).toBeGreaterThan(0.5);
    expect(seen.filter(({ remainingSeconds }) => remainingSeconds !== null).length).toBeGreaterThan(0);
    for (const { remainingSeconds } of seen) expect(remainingSeconds ?? 0).toBeLessThanOrEqual(3);
    expect(existsSync(join(engine.cacheFolder, 'fit-shown.checkpoint'))).toBe(false);
  });

  it('says what it runs on, and does not go back to a GPU after an engine that stopped', async () => {
    let asked = 0;
    const withoutGpu = await testEngine({
      openGpu: () => {
        asked++;
        return Promise.reject(new GpuError('The GPU is asleep.'));
      },
    });
    const { window, seen, fit } = await windowWithPair(withoutGpu);
    const told: { readonly message: string; readonly hasBegun: boolean }[] = [];
    window.client.on('fit.warning', ({ message }) => told.push({ message, hasBegun: seen.length > 0 }));
    const { use, warnings } = await fit({ backend: 'webgpu', budgetSeconds: 0.5 });
    expect(use).toMatchObject({
      backend: 'cpu',
      sentence: expect.stringMatching(/^On the processor .*The GPU is asleep\.$/) as string,
    });
    expect(warnings).toEqual(['The GPU is asleep. The fit runs on the processor instead.']);
    expect(told).toEqual([{ message: warnings[0], hasBegun: false }]);
    for (const progress of seen) expect(progress.use).toEqual(use);
    const resumed = await fit({ backend: 'webgpu', budgetSeconds: 0.5, resume: true });
    expect(resumed.use).toMatchObject({
      backend: 'cpu',
      sentence: expect.stringMatching(
        /^On the processor .*The engine had stopped, perhaps because of the GPU/,
      ) as string,
    });
    expect(resumed.warnings).toEqual([]);
    expect(asked).toBe(1);
  });

  it('leaves what is locked at the present setting, wherever it starts', async () => {
    const { seen, fit } = await windowWithPair();
    const init = neutralRaw().map((x) => x + 0.1);
    const locked = parametersUnder('eq');
    for (const begin of ['measured', 'current'] as const) {
      seen.length = 0;
      const { raw } = await fit({ init, start: begin, locked, budgetSeconds: 1 });
      expect(locked.map((i) => raw[i])).toEqual(locked.map((i) => init[i]));
      const isAtPresent = seen[0]!.raw.every((x, i) => x === init[i]);
      expect(isAtPresent).toBe(begin === 'current');
    }
  });

  it('is the only one', async () => {
    const { window, seen, fit } = await windowWithPair();
    const first = fit({ job: 'first', budgetSeconds: 100 });
    await until(() => seen.length > 0);
    await expect(fit({ job: 'second' })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(/running already/) as unknown,
    });
    await window.client.call('cancel', { job: 'first' });
    expect((await first).stopped).toBe('interrupted');
    expect((await fit({ budgetSeconds: 0.5 })).stopped).toBe('budget');
  });

  it('keeps the best when it is ended', async () => {
    const { window, seen, fit } = await windowWithPair();
    const fitting = fit({ job: 'ended', budgetSeconds: 100 });
    await until(() => seen.length > 5);
    await window.client.call('cancel', { job: 'ended' });
    const { stopped, loss } = await fitting;
    expect(stopped).toBe('interrupted');
    expect(loss / seen.at(-1)!.loss).toBeCloseTo(1, 1);
  });

  it('stands still while it is held', async () => {
    const { window, seen, fit } = await windowWithPair();
    const fitting = fit({ job: 'held', budgetSeconds: 3 });
    await until(() => seen.length > 1);
    await window.client.call('fit.pause', { job: 'held' });
    // Longer than its budget, which does not run meanwhile; only the step that was under way can still be reported.
    const { length } = seen;
    await new Promise((resolve) => setTimeout(resolve, 4000));
    expect(seen.length).toBeLessThanOrEqual(length + 1);
    expect(seen.at(-1)!.phase).toBe('fit');
    await window.client.call('fit.continue', { job: 'held' });
    await until(() => seen.at(-1)!.phase === 'finish');
    await fitting;
  });

  it('ends while it is held', async () => {
    const { window, seen, fit } = await windowWithPair();
    const fitting = fit({ job: 'held-2', budgetSeconds: 100 });
    await until(() => seen.length > 1);
    await window.client.call('fit.pause', { job: 'held-2' });
    await window.client.call('cancel', { job: 'held-2' });
    expect((await fitting).stopped).toBe('interrupted');
  });

  it('is found again by a window that lost its connection', async () => {
    const { window, seen, fit } = await windowWithPair(hasty);
    void fit({ job: 'found', budgetSeconds: 100 }).catch(() => undefined);
    await until(() => seen.length > 2);
    const { step } = seen.at(-1)!;
    window.client.close();
    const again = await windowWithPair(hasty);
    const found = again.fit({ job: 'found', budgetSeconds: 100, resume: true });
    await until(() => again.seen.length > 0);
    expect(again.seen[0]!.step).toBeGreaterThanOrEqual(step);
    // It is not ended when the time is over that it had to be found.
    await new Promise((resolve) => setTimeout(resolve, 2 * PATIENCE_MS));
    await again.window.client.call('cancel', { job: 'found' });
    expect((await found).steps).toBeGreaterThan(step);
  });

  it('ends when no window comes back for it', async () => {
    const { window, seen, fit } = await windowWithPair(hasty);
    void fit({ job: 'lost', budgetSeconds: 1000 }).catch(() => undefined);
    await until(() => seen.length > 0);
    window.client.close();
    const next = await windowWithPair(hasty);
    let result: Awaited<ReturnType<typeof next.fit>> | undefined;
    await until(async () => {
      result = await next.fit({ budgetSeconds: 0.5 }).catch(() => undefined);
      return result !== undefined;
    });
    expect(result!.stopped).toBe('budget');
  });

  it('says in one sentence what cannot be fitted', async () => {
    const { fit } = await windowWithPair();
    await expect(fit({ fromSeconds: 1.5 })).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(/at least 1 s/) as unknown,
    });
    await expect(fit({ locked: [3] })).rejects.toMatchObject({ code: 'usage' });
    await expect(fit({ locked: [151], init: neutralRaw() })).rejects.toMatchObject({ code: 'usage' });
    await expect(fit({ job: '../../x' })).rejects.toMatchObject({ code: 'usage' });
  });
});
