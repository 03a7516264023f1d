import { CHAIN_PARAMETERS, parametersUnder } from '#core/chain/parameters.ts';
import { describe, expect, it } from 'vitest';
import { DECAY_MARKS, DECAY_POINTS, MATRICES } from './coefficients.ts';
import { TONE_BANDS } from './tone.ts';

describe('the reverb’s panel', () => {
  it('has every parameter of the reverb exactly once', () => {
    const ids = [
      ...DECAY_POINTS.map(({ id }) => id),
      ...MATRICES.flatMap(({ parameters }) => parameters.map(({ id }) => id)),
      ...TONE_BANDS.flatMap(({ controls }) => controls.map(({ id }) => id)),
    ];
    const all = parametersUnder('fdn').map((index) => CHAIN_PARAMETERS[index]!.id);
    expect([...ids].sort()).toEqual([...all].sort());
  });

  it('has matrices that are full', () => {
    for (const { title, rows, columns, parameters } of MATRICES)
      expect(parameters, title).toHaveLength(rows.length * columns.length);
  });

  it('marks the bar whose frequency is the nearest', () => {
    for (const { bar, text } of DECAY_MARKS) {
      const hz = Number(/\d+(?= Hz)/.exec(DECAY_POINTS[bar]!.label)![0]);
      expect(Math.abs(hz / 1000 - Number.parseFloat(text)), text).toBeLessThan(0.25);
    }
  });
});
