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
function settings(count: number): Float32Array {
  const random = new Random(7);
  const neutral = neutralRaw();
  return Float32Array.from(
    { length: count * PARAMETER_COUNT },
    (_, i) => neutral[i % PARAMETER_COUNT] + random.signed(),
  );
}

const train = (job: string, raws: Float32Array, dimensions = INFORMATIVE_DIMENSIONS) =>
  client.call('prior.train', {
    ...{ job, name: 'Mine', source: 'Some presets', raws, dimensions: [...dimensions] },
  });

function same(count: number): Float32Array {
  const one = settings(1);
  return Float32Array.from({ length: count * PARAMETER_COUNT }, (_, i) => one[i % PARAMETER_COUNT]);
}

describe('learning a prior', () => {
  it('gives the file that the command line would write, and nothing else waits for it', async () => {
    const count = 60;
    const raws = settings(count);
    const fractions: (number | undefined)[] = [];
    const job = window.newJob();
    client.on('progress', (event) => {
      if (event.job === job) fractions.push(event.fraction);
    });
    let isDone = false;
    const training = train(job, raws).finally(() => (isDone = true));
    let turns = 0;
    while (!isDone) {
      await client.call('cancel', { job: 'nobody' });
      turns++;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const { text } = await training;
    const learned = parsePrior(text);
    expect(learned.provenance).toMatchObject({ name: 'Mine', source: 'Some presets' });
    const presets = Array.from({ length: count }, (_, i) =>
      Float64Array.from(raws.slice(i * PARAMETER_COUNT, (i + 1) * PARAMETER_COUNT)),
    );
    const expected = trainPrior(presets, {
      dimensions: INFORMATIVE_DIMENSIONS,
      provenance: learned.provenance,
    });
    expect(text === formatPrior(expected)).toBe(true);
    expect(fractions[0]).toBe(0);
    expect(fractions.length).toBeGreaterThan(3);
    for (const [i, fraction] of fractions.slice(1).entries()) expect(fraction).toBeGreaterThan(fractions[i]!);
    expect(turns).toBeGreaterThan(3);
  });

  it('ends when it is cancelled, at once or in the middle', async () => {
    for (const least of [0, 0.1]) {
      const job = window.newJob();
      const fractions: number[] = [];
      const isUnderWay = new Promise<void>((resolve) => {
        client.on('progress', (event) => {
          if (event.job !== job) return;
          fractions.push(event.fraction!);
          if (event.fraction! >= least) resolve();
        });
      });
      const training = train(job, settings(400));
      await isUnderWay;
      await client.call('cancel', { job });
      await expect(training).rejects.toMatchObject({ code: 'interrupted' });
      expect(Math.max(...fractions)).toBeLessThan(1);
    }
  });

  it('is of the values that count', async () => {
    const { text } = await train(window.newJob(), settings(5), [0, 14, 150]);
    expect(parsePrior(text).ids).toEqual(['eq.pk1.gain', 'comp.threshold', 'pan']);
  });

  it.each([
    ['two presets', () => settings(2), /needs 3 presets or more, but there are 2/],
    ['presets that are all the same', () => same(20), /^All presets are the same/],
    ['none', () => new Float32Array(0), /needs 3 presets or more, but there are 0/],
    ['half a preset', () => settings(4).subarray(0, 500), /151 finite numbers each/],
    ['what is no number', () => settings(4).fill(NaN, 9, 10), /151 finite numbers each/],
  ])('refuses %s in a sentence', async (_, raws, sentence) => {
    await expect(train(window.newJob(), raws())).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(sentence) as string,
    });
  });
});
