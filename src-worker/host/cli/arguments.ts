/** Command-line arguments: options in any order, checked against a table, with one sentence for whatever is wrong. */
import { parseArgs } from 'node:util';
import { didYouMean } from '#core/preset/closest.ts';
import { UserError } from '#core/errors.ts';

/**
 * flag: present or not · value: takes one value, given once · list: takes one or more values, may be repeated, and commas
 * separate too.
 */
export type OptionKind = 'flag' | 'value' | 'list';

export interface ArgumentTable<Options extends Record<string, OptionKind>> {
  /** As the user types it after `voxfit`: `fit`, `preset import`. */
  readonly command: string;
  /** What the positional arguments are, all required, in order. */
  readonly positionals: readonly string[];
  /** What may come after them. */
  readonly optionalPositionals?: readonly string[];
  readonly options: Options;
  /** Whether a bare word after a list option belongs to the list although positional arguments are still missing. */
  readonly inList?: (word: string) => boolean;
}

export interface Arguments<Options extends Record<string, OptionKind>> {
  readonly positionals: readonly string[];
  readonly options: {
    readonly [Name in keyof Options]: Options[Name] extends 'flag'
      ? boolean
      : Options[Name] extends 'list'
        ? readonly string[]
        : string | undefined;
  };
}

/** A mistake in how a command was called: one sentence, and which help to read. */
export function usageError(command: string, sentence: string): UserError {
  return new UserError('usage', `${sentence} See “voxfit ${command}${command ? ' ' : ''}--help”.`);
}

/** Whether help is asked for, whatever else is wrong with the arguments. */
export function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end < 0 ? argv : argv.slice(0, end)).some((word) => word === '--help' || word === '-h');
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Reads `argv` by the table. Throws UserError('usage') for unknown, repeated, valueless, missing or extra arguments. */
export function parseArguments<const Options extends Record<string, OptionKind>>(
  argv: readonly string[],
  table: ArgumentTable<Options>,
): Arguments<Options> {
  const fail = (sentence: string): never => {
    throw usageError(table.command, sentence);
  };
  const names = Object.keys(table.options);
  const { tokens } = parseArgs({
    args: [...argv],
    strict: false,
    tokens: true,
    allowPositionals: true,
    options: Object.fromEntries(
      names.map((name) => [
        name,
        { type: table.options[name] === 'flag' ? ('boolean' as const) : ('string' as const) },
      ]),
    ),
  });

  const allowed = [...table.positionals, ...(table.optionalPositionals ?? [])];
  const positionals: string[] = [];
  const values = new Map<string, string[]>();
  let openList: string[] | undefined;
  for (const token of tokens) {
    if (token.kind === 'positional') {
      const surplus = positionals.length >= allowed.length;
      if (openList && (surplus || table.inList?.(token.value))) openList.push(token.value);
      else if (surplus)
        fail(
          `“${token.value}” is one argument too many: ${allowed.length === 0 ? 'none is expected' : `expected ${allowed.map((name) => `<${name}>`).join(' ')}`}.`,
        );
      else positionals.push(token.value);
      continue;
    }
    openList = undefined;
    if (token.kind === 'option-terminator') continue;
    const { name, rawName, value } = token;
    const kind = Object.hasOwn(table.options, name) ? table.options[name] : undefined;
    if (kind === undefined || rawName !== `--${name}`) {
      const word = kind === undefined ? rawName : `--${name}`;
      return fail(
        `${rawName} is not an option of “voxfit ${table.command}”.${didYouMean(
          word,
          names.map((known) => `--${known}`),
        )}`,
      );
    }
    if (kind === 'flag') {
      if (value !== undefined) fail(`${rawName} takes no value.`);
      values.set(name, []);
      continue;
    }
    const isNextOption = !token.inlineValue && value?.startsWith('-') && !NUMBER.test(value);
    if (value === undefined || value === '' || isNextOption) return fail(`${rawName} needs a value.`);
    const known = values.get(name);
    if (known && kind === 'value') fail(`${rawName} is given twice.`);
    const list = known ?? [];
    list.push(value);
    values.set(name, list);
    if (kind === 'list') openList = list;
  }
  if (positionals.length < table.positionals.length)
    fail(
      `${table.positionals
        .slice(positionals.length)
        .map((name) => `<${name}>`)
        .join(' and ')} ${table.positionals.length - positionals.length > 1 ? 'are' : 'is'} missing.`,
    );
  const read = (name: string): boolean | string | undefined | string[] => {
    const found = values.get(name);
    if (table.options[name] === 'flag') return found !== undefined;
    if (table.options[name] === 'value') return found?.[0];
    return (found ?? []).flatMap((text) => text.split(',').filter((word) => word !== ''));
  };
  return {
    positionals,
    options: Object.fromEntries(names.map((name) => [name, read(name)])) as Arguments<Options>['options'],
  };
}

export interface NumberRule {
  readonly command: string;
  /** With its dashes. */
  readonly option: string;
  /** Completes “--option needs …”. */
  readonly what: string;
  readonly accepts: (value: number) => boolean;
}

/** The number that an option holds. Throws UserError('usage') for anything else than a number within the rule. */
export function parseNumber(text: string, { command, option, what, accepts }: NumberRule): number {
  const value = NUMBER.test(text) ? Number(text) : NaN;
  if (!Number.isFinite(value) || !accepts(value))
    throw usageError(command, `${option} needs ${what}, not “${text}”.`);
  return value;
}

/** One of a few words. Throws UserError('usage') for any other. */
export function parseChoice<const Choice extends string>(
  text: string,
  command: string,
  option: string,
  choices: readonly Choice[],
): Choice {
  const found = choices.find((choice) => choice === text);
  if (found === undefined)
    throw usageError(command, `${option} must be one of ${choices.join(', ')}, not “${text}”.`);
  return found;
}

export interface Region {
  readonly fromSeconds: number;
  /** Absent: to the end. */
  readonly toSeconds?: number;
}

/** The region of `--from S --to S`. Throws UserError('usage') for an empty one. */
export function parseRegion(from: string | undefined, to: string | undefined, command: string): Region {
  const seconds = (text: string, option: string): number =>
    parseNumber(text, {
      command,
      option,
      what: 'a time in seconds from the start',
      accepts: (value) => value >= 0,
    });
  const fromSeconds = from === undefined ? 0 : seconds(from, '--from');
  if (to === undefined) return { fromSeconds };
  const toSeconds = seconds(to, '--to');
  if (toSeconds <= fromSeconds) throw usageError(command, `--to must lie after --from.`);
  return { fromSeconds, toSeconds };
}
