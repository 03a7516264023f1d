import { CHAIN_PARAMETERS, PARAMETER_COUNT } from '#core/chain/parameters.ts';
import { describe, expect, it } from 'vitest';
import { RACK } from './layout.ts';

describe('the rack', () => {
  const sections = RACK.flatMap(({ sections }) => sections);
  const places = sections.flatMap(({ places }) => places);

  it('has every parameter exactly once', () => {
    expect(places.map(({ index }) => index).sort((a, b) => a - b)).toEqual(
      Array.from({ length: PARAMETER_COUNT }, (_, index) => index),
    );
    for (const { index, parameter } of places) expect(parameter).toBe(CHAIN_PARAMETERS[index]);
  });

  it('has panels in signal order, each with its own effect’s parameters', () => {
    expect(RACK.map(({ name }) => name)).toEqual(['EQ', 'Dynamics', 'Delay', 'Reverb', 'Output']);
    for (const { effect, sections } of RACK)
      for (const { parameter } of sections.flatMap(({ places }) => places))
        expect(parameter.id.split('.')[0]).toBe(effect);
  });

  it('names parameters apart within a section', () => {
    for (const section of sections.filter(({ kind }) => kind === 'knobs')) {
      const labels = section.places.map(({ label }) => label);
      expect(new Set(labels).size, section.title).toBe(labels.length);
    }
  });

  it('has matrices that are full, and marks that are on a bar', () => {
    for (const section of sections) {
      if (section.kind === 'matrix')
        expect(section.places).toHaveLength(section.rows.length * section.columns.length);
      if (section.kind === 'bars')
        for (const { bar, text } of section.marks) {
          const hz = Number(/\d+(?= Hz)/.exec(section.places[bar]!.parameter.label)![0]);
          expect(Math.abs(hz / 1000 - Number.parseFloat(text)), text).toBeLessThan(0.25);
        }
    }
  });
});
