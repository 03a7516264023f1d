import { describe, expect, it } from 'vitest';
import { PARAMETER_COUNT, neutralRaw } from '#core/chain/parameters.ts';
import { INFORMATIVE_DIMENSIONS } from '#core/prior/dimensions.ts';
import { trainPrior } from '#core/prior/model.ts';
import { formatPrior, parsePrior } from '#core/prior/prior-file.ts';
import { Random } from '#core/optimise/random.ts';
import { testEngine } from './test-engine.ts';

const engine = await testEngine();
const window = engine.window();
const { client } = window;

/** Settings around the neutral one, one after another. */
function settings(count: number): Float64Array {
  const random = new Random(7);
  const neutral = neutralRaw();
  return Float64Array.from(
    { length: count * PARAMETER_COUNT },
    (_, i) => neutral[i % PARAMETER_COUNT] + random.signed(),
  );
}

const train = (job: string, raws: Float64Array, name = 'Mine') =>
  client.call('prior.train', { job, name, raws });

describe('learning a prior', () => {
  it('gives the file that the command line would write, and nothing else waits for it', async () => {
    const count = 60;
    const raws = settings(count);
    const progress: string[] = [];
    const job = window.newJob();
    client.on('progress', (event) => {
      if (event.job === job) progress.push(event.text);
    });
    let isDone = false;
    const training = train(job, raws).finally(() => (isDone = true));
    let longestMs = 0;
    let turns = 0;
    while (!isDone) {
      const start = performance.now();
      await client.call('cancel', { job: 'nobody' });
      longestMs = Math.max(longestMs, performance.now() - start);
      turns++;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const { text } = await training;
    const learned = parsePrior(text);
    expect(learned.provenance).toMatchObject({ name: 'Mine', source: `${count} presets of the library` });
    const presets = Array.from({ length: count }, (_, i) =>
      raws.slice(i * PARAMETER_COUNT, (i + 1) * PARAMETER_COUNT),
    );
    const expected = trainPrior(presets, {
      dimensions: INFORMATIVE_DIMENSIONS,
      provenance: learned.provenance,
    });
    expect(text === formatPrior(expected)).toBe(true);
    expect(progress).toEqual(['Learning from the presets']);
    expect(turns).toBeGreaterThan(3);
    expect(longestMs).toBeLessThan(500);
  });

  it('ends when it is cancelled', async () => {
    const job = window.newJob();
    const training = train(job, settings(400));
    const start = performance.now();
    await client.call('cancel', { job });
    await expect(training).rejects.toMatchObject({ code: 'interrupted' });
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it.each([
    ['two presets', () => settings(2), /needs 3 presets or more, but there are 2/],
    ['none', () => new Float64Array(0), /needs 3 presets or more, but there are 0/],
    ['half a preset', () => settings(4).subarray(0, 500), /151 finite numbers each/],
    ['what is no number', () => settings(4).fill(NaN, 9, 10), /151 finite numbers each/],
  ])('refuses %s in a sentence', async (_, raws, sentence) => {
    await expect(train(window.newJob(), raws())).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(sentence) as string,
    });
  });
});
