import { describe, expect, it } from 'vitest';
import { CHAIN_PARAMETERS } from '../chain/parameters.ts';

const LONGEST = 110;

describe('help', () => {
  it.each(CHAIN_PARAMETERS.map((parameter) => [parameter.id, parameter] as const))(
    'on %s is one sentence that fits a tooltip',
    (_, { help, label }) => {
      expect(help).toMatch(/^[A-Z].*[^.]\.$/);
      expect(help.slice(0, -1), 'one sentence').not.toMatch(/[.!?] /);
      expect(help.length, help).toBeLessThanOrEqual(LONGEST);
      expect(help, 'more than the label').not.toContain(label);
    },
  );

  it('says something else about every parameter that sounds', () => {
    const heard = CHAIN_PARAMETERS.filter(({ id }) => {
      const [, row, column] = /^fdn\.mixing\.(\d)\.(\d)$/.exec(id) ?? [];
      return row === undefined || column! > row;
    });
    expect(new Set(heard.map(({ help }) => help)).size).toBe(heard.length);
  });
});
