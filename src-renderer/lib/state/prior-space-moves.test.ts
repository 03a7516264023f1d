import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CHAIN_PARAMETERS, parametersUnder } from '#core/chain/parameters.ts';
import { rawToPhysical } from '#core/parameter.ts';
import { weightsOf } from '#core/prior/components.ts';
import { Gaussian } from '#core/prior/gaussian.ts';
import { parsePrior } from '#core/prior/prior-file.ts';
import { samplePrior } from '#core/prior/sampling.ts';
import {
  between,
  isSame,
  movedTo,
  nearest,
  partOfWay,
  settled,
  typicalityText,
  weightsAlong,
} from './prior-space-moves.ts';

const model = parsePrior(
  readFileSync(new URL('../../../resources/prior/voxfit-prior.json', import.meta.url), 'utf8'),
);
const components = model.componentsIn('standardised');
const [from, to, ...others] = samplePrior(model, 6, {
  seed: 3,
  temperature: 0.8,
  sampler: 'gaussian',
}) as [Float64Array, Float64Array, ...Float64Array[]];
const weightsOfRaw = (raw: ArrayLike<number>): Float64Array => weightsOf(components, model.informative(raw));

describe('a move along components', () => {
  it('sets the weights it is given and leaves the others', () => {
    const before = weightsOfRaw(from);
    const after = weightsOfRaw(movedTo(model, components, from, [[2, 1.5]], 1));
    after.forEach((weight, k) => {
      expect(weight).toBeCloseTo(k === 2 ? 1.5 : before[k]!, 6);
    });
  });

  it('multiplies the rest, and gives all of it back', () => {
    const before = weightsOfRaw(from);
    const kept = [0, 1].map((k) => [k, before[k]!] as const);
    const half = weightsOfRaw(movedTo(model, components, from, kept, 0.5));
    half.forEach((weight, k) => {
      expect(weight).toBeCloseTo(k < 2 ? before[k]! : before[k]! / 2, 6);
    });
    movedTo(model, components, from, kept, 1).forEach((value, index) => {
      expect(value).toBeCloseTo(from[index]!, 9);
    });
  });

  it('leaves what the prior says nothing about', () => {
    const silent = CHAIN_PARAMETERS.map((_, index) => index).filter(
      (index) => !model.dimensions.includes(index),
    );
    expect(silent.length).toBeGreaterThan(0);
    const moved = movedTo(model, components, from, [[0, 3]], 0);
    for (const index of silent) expect(moved[index]).toBe(from[index]);
  });
});

describe('a settled setting', () => {
  it('keeps locked parameters exactly, and every other within its control', () => {
    const locked = parametersUnder('eq');
    const moved = movedTo(model, components, from, [[0, 40]], 1);
    const raw = settled(moved, from, locked);
    for (const index of locked) expect(raw[index]).toBe(from[index]);
    let changed = 0;
    CHAIN_PARAMETERS.forEach((parameter, index) => {
      if (locked.includes(index)) return;
      const physical = rawToPhysical(parameter, raw[index]!);
      const slack = 1e-6 * (parameter.max - parameter.min);
      expect(physical, parameter.id).toBeGreaterThanOrEqual(parameter.min - slack);
      expect(physical, parameter.id).toBeLessThanOrEqual(parameter.max + slack);
      if (raw[index] !== from[index]) changed++;
    });
    expect(changed).toBeGreaterThan(20);
  });
});

describe('a morph', () => {
  it('goes straight through all weights, from one end to the other', () => {
    expect(isSame(between(from, to, 0), from)).toBe(true);
    const [a, b] = [weightsOfRaw(from), weightsOfRaw(to)];
    weightsOfRaw(between(from, to, 0.3)).forEach((weight, k) => {
      expect(weight).toBeCloseTo(a[k]! + 0.3 * (b[k]! - a[k]!), 6);
    });
  });

  it('is found again on its way, and nowhere beyond it', () => {
    expect(partOfWay(from, to, between(from, to, 0.7))).toBeCloseTo(0.7, 12);
    expect(partOfWay(from, to, between(from, to, 1.5))).toBe(1);
    expect(partOfWay(from, from, to)).toBe(0);
  });
});

describe('other settings', () => {
  it('have on the map the weights that they have', () => {
    const all = weightsOfRaw(to);
    const [x, y] = weightsAlong(model, components, to, [5, 1]);
    expect(x).toBeCloseTo(all[5]!, 9);
    expect(y).toBeCloseTo(all[1]!, 9);
  });

  it('are near by the Mahalanobis distance, the nearest first', () => {
    const weights = weightsOfRaw(from);
    const named = [to, ...others].map((raw, i) => [String(i), weightsOfRaw(raw)] as const);
    const found = nearest(weights, named, 3);
    // The same by the covariance itself, about `from` as the mean.
    const about = new Gaussian(model.informative(from), model.covariance);
    const expected = [to, ...others]
      .map((raw, i) => ({
        id: String(i),
        distance: Math.sqrt(about.squaredDistance(model.informative(raw))),
      }))
      .sort((a, b) => a.distance - b.distance)
      .slice(0, 3);
    expect(found.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
    found.forEach(({ distance }, i) => {
      expect(distance).toBeCloseTo(expected[i]!.distance, 4);
    });
    expect(nearest(weights, [], 3)).toEqual([]);
  });
});

it('calls the farthest settings very unusual, and the middle usual', () => {
  expect(typicalityText(100)).toBe('Very unusual');
  expect(typicalityText(model.score(model.raw(model.mean)).heldOutPercentile!)).toBe('Usual');
});
