/** Default fits of a made-up voice through a made-up chain: 12 s, and a song of four minutes. */
import { fitPair } from '#engine/fit.ts';
import { madeUpPair } from '../src-worker/test-support/made-up-pair.ts';
import { heading, row } from './timing.ts';

async function benchFit(name: string, seconds: number): Promise<void> {
  const { dry, wet } = await madeUpPair(seconds);
  const result = await fitPair(dry, wet, {});
  row(
    name,
    `${result.elapsed.toFixed(1)} s`,
    `loss ${result.initialLoss.toFixed(3)} → ${result.loss.toFixed(3)}, ${result.steps} steps, ${result.evaluations} evaluations, peak memory ${(process.resourceUsage().maxRSS / 2 ** 20).toFixed(2)} GB`,
  );
}

export async function benchExcerpt(): Promise<void> {
  heading('Default fit, all cores');
  await benchFit('12 s', 12);
}

export async function benchSong(): Promise<void> {
  heading('Default fit of a song, all cores');
  await benchFit('4 minutes', 240);
}
