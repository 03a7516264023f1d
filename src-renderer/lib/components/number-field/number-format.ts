/** How a field writes, reads and steps a number. */
import type { ParameterDefinition } from '#core/parameter.ts';
import {
  editText,
  fixed,
  parseValue,
  valueHint,
  valueText,
  type ValueContext,
} from '#core/format/value-text.ts';
import { stepped } from '../knob/position.ts';

export interface NumberFormat {
  /** As it stands there. */
  text(value: number): string;
  /** As it opens for typing. */
  editText(value: number): string;
  /** A value within the range, or null for text that is none. */
  parse(text: string): number | null;
  /** What the line under the field says about such text. */
  hint: string;
  stepped(value: number, steps: number, isFine: boolean): number;
}

/** A parameter of the chain in its physical unit. */
export function parameterFormat(parameter: ParameterDefinition, context: ValueContext = {}): NumberFormat {
  return {
    text: (value) => valueText(parameter, value),
    editText: (value) => editText(parameter, value),
    parse: (text) => {
      const value = parseValue(parameter, text, context);
      return value === null ? null : Math.min(parameter.max, Math.max(parameter.min, value));
    },
    hint: valueHint(parameter, context),
    stepped: (value, steps, isFine) => stepped(parameter, value, steps, isFine),
  };
}

export interface PlainNumber {
  /** Written after the number, and understood when typed. */
  readonly unit: string;
  readonly digits: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

/** A number with a unit that is no parameter of the chain: a loudness, an offset, a length. */
export function plainFormat({ unit, digits, min, max, step }: PlainNumber): NumberFormat {
  const clamped = (value: number): number => Math.min(max, Math.max(min, value));
  const written = (number: string): string => (unit === '' ? number : `${number} ${unit}`);
  return {
    text: (value) => written(fixed(value, digits)),
    editText: (value) => written(String(Number(value.toFixed(digits)))),
    parse: (text) => {
      const plain = text.trim().toLowerCase().replaceAll('−', '-').replace(',', '.');
      const number = plain.endsWith(unit.toLowerCase()) ? plain.slice(0, plain.length - unit.length) : plain;
      return /^[-+]?(\d+\.?\d*|\.\d+)\s*$/.test(number) ? clamped(Number(number)) : null;
    },
    hint: `Type a number from ${written(fixed(min, 0))} to ${written(fixed(max, 0))}.`,
    stepped: (value, steps, isFine) => clamped(value + (steps * step) / (isFine ? 10 : 1)),
  };
}
