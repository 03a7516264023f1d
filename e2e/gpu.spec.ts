/** What fits run on: the choice in the window, and the page that lends its GPU to the engine under Electron. */
import type { Page } from '@playwright/test';
import { PORT_CHANNEL } from '#core/protocol/bridge.ts';
import { Random } from '#core/optimise/random.ts';
import { EXACT, Evaluator } from '#engine/cpu/evaluator.ts';
import { loadKernelModule } from '#engine/kernel-module.ts';
import { Kernels } from '#engine/kernels.ts';
import { cutSegments } from '#engine/segments.ts';
import { openStart, withDamping } from '#engine/start.ts';
import { madeUpPair } from '../src-worker/test-support/made-up-pair.ts';
import { expect, openWindow, test, untilPlayable } from './support/fixtures.ts';
import { startVoxfit } from './support/voxfit.ts';

const choice = (page: Page, name: string) =>
  page.getByTestId('fit-backend').getByRole('radio', { name, exact: true });

test('what fits run on is chosen, kept, and said', async ({ page, folders, card }) => {
  // No driver, no GPU.
  const env = { ...card.env, VK_ICD_FILENAMES: '/nowhere/driver.json' };
  const voxfit = await startVoxfit(folders, { env });
  try {
    await openWindow(page, voxfit.url);
    await untilPlayable(page);
    await expect(choice(page, 'Auto')).toBeChecked();
    await choice(page, 'GPU').check({ force: true });
    await page.getByTestId('fit-start').click();
    await expect(page.getByText('The fit runs on the processor instead.')).toBeVisible();
    await expect(page.getByTestId('fit-use')).toHaveText(/^On the processor \(\d+ threads?\)\. No GPU /);
    await expect(choice(page, 'CPU')).toBeDisabled();
    await page.getByTestId('fit-stop').click();
    await expect(page.getByTestId('fit-done')).toBeVisible({ timeout: 60_000 });
  } finally {
    await voxfit.stop();
  }
  const again = await startVoxfit(folders, { env });
  try {
    await openWindow(page, again.url);
    await expect(choice(page, 'GPU')).toBeChecked();
  } finally {
    await again.stop();
  }
});

test('the page that lends its GPU computes what the processor computes', async ({ page, voxfit }) => {
  test.setTimeout(600_000);
  const { dry, wet } = await madeUpPair(1.2);
  const [segment] = cutSegments(dry.channels[0]!, [wet.channels[0]!, wet.channels[1]!]);
  const raw = withDamping(openStart(new Random(1)));
  const evaluator = new Evaluator(new Kernels(await loadKernelModule()), segment!.dry.length, EXACT);
  evaluator.setSegment(0, segment!);
  const expected = evaluator.evaluate(raw, [0], 'eval', false);

  await page.goto(voxfit.url);
  await page.goto(new URL('/gpu/index.html', voxfit.url).href);
  const answers = await page.evaluate(
    async ({ channel, signals: [dry, left, right], warmupSamples, raw }) => {
      const { port1, port2 } = new MessageChannel();
      const waiting: ((answer: unknown) => void)[] = [];
      port1.onmessage = ({ data }) => waiting.shift()!(data);
      const call = (method: string, input: unknown): Promise<unknown> =>
        new Promise((resolve) => {
          waiting.push(resolve);
          port1.postMessage({ t: 'call', id: 1, method, input });
        });
      // As the preload script of Electron's window does it.
      window.postMessage({ [channel]: 0 }, location.origin, [port2]);
      const samples = (signal: number[]) => Float32Array.from(signal);
      return [
        await call('open', {}),
        await call('segment.add', {
          dry: samples(dry!),
          left: samples(left!),
          right: samples(right!),
          warmupSamples,
        }),
        await call('prepare', {}),
        await call('evaluate', {
          raw: Float64Array.from(raw),
          segments: [0],
          mode: 'eval',
          withGradient: false,
        }),
        await call('evaluate', {
          raw: new Float64Array(3),
          segments: [0],
          mode: 'eval',
          withGradient: false,
        }),
      ];
    },
    {
      channel: PORT_CHANNEL,
      signals: [segment!.dry, ...segment!.wet].map((signal) => Array.from(signal)),
      warmupSamples: segment!.warmupSamples,
      raw: Array.from(raw),
    },
  );
  expect(answers[0]).toMatchObject({ t: 'done', output: { type: 'software' } });
  const { output } = answers[3] as { output: typeof expected };
  expect(Math.abs(output.total / expected.total - 1)).toBeLessThan(1e-4);
  for (const term of ['mss_lr', 'mss_ms', 'mldr_lr', 'mldr_ms'] as const)
    expect(Math.abs(output.terms[term] / expected.terms[term] - 1), term).toBeLessThan(1e-3);
  expect(answers[4]).toMatchObject({ t: 'failed', code: 'bad-message' });
});
