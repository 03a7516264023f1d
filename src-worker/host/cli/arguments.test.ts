import { describe, expect, it } from 'vitest';
import type { UserError } from '#core/errors.ts';
import { asksForHelp, parseArguments, parseChoice, parseNumber, parseRegion } from './arguments.ts';

const table = {
  command: 'fit',
  positionals: ['dry', 'wet'],
  options: { out: 'value', seed: 'value', lock: 'list', json: 'flag' },
  inList: (word: string) => ['eq', 'comp'].includes(word),
} as const;
const parse = (...argv: string[]): ReturnType<typeof parseArguments<typeof table.options>> =>
  parseArguments(argv, table);
const failure = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    expect((error as UserError).code).toBe('usage');
    return (error as UserError).message;
  }
  throw new Error('It was accepted.');
};

describe('arguments', () => {
  it('come in any order, with values after a space or an equals sign', () => {
    const { positionals, options } = parse('--json', 'a.wav', '--out=p.json', 'b.wav', '--seed', '-3');
    expect(positionals).toEqual(['a.wav', 'b.wav']);
    expect(options).toEqual({ out: 'p.json', seed: '-3', lock: [], json: true });
  });

  it('let a list take several words, commas and repetitions, but not the files', () => {
    expect(parse('--lock', 'eq', 'comp', 'a', 'b').options.lock).toEqual(['eq', 'comp']);
    expect(parse('--lock', 'eq', 'a', 'b').positionals).toEqual(['a', 'b']);
    expect(parse('a', 'b', '--lock', 'eq,comp', 'new', '--lock', 'x').options.lock).toEqual([
      'eq',
      'comp',
      'new',
      'x',
    ]);
  });

  it('take everything after -- as files', () => {
    expect(parse('--json', '--', '--out', '-').positionals).toEqual(['--out', '-']);
  });

  it.each([
    [['a', 'b', '--outt', 'p'], '--outt is not an option of “voxfit fit”. Did you mean --out?'],
    [['a', 'b', '-o', 'p'], '-o is not an option of “voxfit fit”.'],
    [['a', 'b', '--no-json'], '--no-json is not an option'],
    [['a', 'b', '--out'], '--out needs a value.'],
    [['a', 'b', '--out', '--json'], '--out needs a value.'],
    [['a', 'b', '--out='], '--out needs a value.'],
    [['a', 'b', '--out', 'p', '--out', 'q'], '--out is given twice.'],
    [['a', 'b', '--json=yes'], '--json takes no value.'],
    [['a'], '<wet> is missing.'],
    [[], '<dry> and <wet> are missing.'],
    [['a', 'b', 'c'], '“c” is one argument too many: expected <dry> <wet>.'],
  ])('%j is refused', (argv, sentence) => {
    const message = failure(() => parse(...argv));
    expect(message).toContain(sentence);
    expect(message).toMatch(/See “voxfit fit --help”\.$/);
  });

  it('notice a call for help anywhere before --', () => {
    expect(asksForHelp(['a', '--help'])).toBe(true);
    expect(asksForHelp(['-h'])).toBe(true);
    expect(asksForHelp(['--', '--help'])).toBe(false);
  });
});

describe('values', () => {
  const rule = { command: 'fit', option: '--steps', what: 'a whole number', accepts: Number.isInteger };
  it('are numbers only if they look like numbers', () => {
    expect(parseNumber('12', rule)).toBe(12);
    expect(parseNumber('-4', rule)).toBe(-4);
    expect(parseNumber('1e3', rule)).toBe(1000);
    for (const text of ['', ' ', 'abc', '0x10', 'Infinity', 'NaN', '1e999', '1.5', '3s'])
      expect(failure(() => parseNumber(text, rule))).toContain(
        `--steps needs a whole number, not “${text}”.`,
      );
  });

  it('are one of the choices', () => {
    expect(parseChoice('24', 'render', '--depth', ['16', '24'])).toBe('24');
    expect(failure(() => parseChoice('8', 'render', '--depth', ['16', '24']))).toContain(
      '--depth must be one of 16, 24, not “8”.',
    );
  });

  it('make a region that is not empty', () => {
    expect(parseRegion(undefined, undefined, 'fit')).toEqual({ fromSeconds: 0 });
    expect(parseRegion('5', '7.5', 'fit')).toEqual({ fromSeconds: 5, toSeconds: 7.5 });
    expect(failure(() => parseRegion('5', '5', 'fit'))).toContain('--to must lie after --from');
    expect(failure(() => parseRegion('-1', undefined, 'fit'))).toContain('--from needs a time');
  });
});
