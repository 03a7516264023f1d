/**
 * A parameter's value as an engineer reads and types it.
 *
 *   physical value --valueText--> "−3.2 dB", "2.50 kHz", "386 ms", "3.20 : 1", "1 : 2.00", "L 32", "12.5 %"
 *   typed text --parseValue--> physical value or null
 *
 * What is shown can be typed back: parseValue(valueText(v)) is v to the digits shown.
 */
import { panDisplay, type ParameterDefinition } from '../parameter.ts';
import { dbToGain } from '../units.ts';

/** What the meaning of typed text depends on besides the parameter. */
export interface ValueContext {
  /** Quarter notes a minute; without it, note values are not understood. */
  readonly tempoBpm?: number | undefined;
}

type Kind =
  | 'gain'
  | 'level'
  | 'hertz'
  | 'ms'
  | 's'
  | 'rad'
  | 'pan'
  | 'ratio'
  | 'expansion'
  | 'share'
  | 'percent'
  | 'number';

const MINUS = '−';
const SIGNIFICANT_DIGITS = 3;
const MOST_DECIMALS = 3;

function kindOf({ id, unit, min, max, display }: ParameterDefinition): Kind {
  if (display === panDisplay) return 'pan';
  switch (unit) {
    case 'dB':
      return min < 0 && max > 0 ? 'gain' : 'level';
    case 'Hz':
      return 'hertz';
    case 'ms':
    case 's':
    case 'rad':
      return unit;
    case '%':
      return 'percent';
    case '':
      if (id.endsWith('expander_ratio')) return 'expansion';
      if (id.endsWith('ratio')) return 'ratio';
      return min === 0 && max === 1 ? 'share' : 'number';
  }
}

/** Fixed decimals with a true minus and no negative zero. */
export function fixed(value: number, decimals: number): string {
  if (!Number.isFinite(value)) return value > 0 ? '∞' : `${MINUS}∞`;
  const text = Math.abs(value) >= 1e6 ? Math.abs(value).toExponential(2) : Math.abs(value).toFixed(decimals);
  return value < 0 && Number(text) !== 0 ? MINUS + text : text;
}

/** Three significant digits, at most three decimals. */
function significant(value: number): string {
  const rounded = Math.abs(Number(value.toPrecision(SIGNIFICANT_DIGITS)));
  const magnitude = rounded > 0 && Number.isFinite(rounded) ? Math.floor(Math.log10(rounded)) : 0;
  const decimals = Math.min(MOST_DECIMALS, Math.max(0, SIGNIFICANT_DIGITS - 1 - magnitude));
  const text = fixed(value, decimals);
  return Number(text) === 0 ? '0' : text;
}

/** Whether three digits of a value reach a thousand, so that 999.7 Hz reads 1.00 kHz. */
const reachesThousand = (value: number): boolean =>
  Math.abs(Number(value.toPrecision(SIGNIFICANT_DIGITS))) >= 1000;

function panText(shown: number, amount: string): string {
  if (Number(amount) === 0) return 'C';
  return `${shown < 0 ? 'L' : 'R'} ${amount}`;
}

/** A physical value with its unit, as short as an engineer needs it. */
export function valueText(parameter: ParameterDefinition, physical: number): string {
  switch (kindOf(parameter)) {
    case 'gain': {
      const text = fixed(physical, 1);
      return `${physical > 0 && Number(text) !== 0 ? '+' : ''}${text} dB`;
    }
    case 'level':
      return `${fixed(physical, 1)} dB`;
    case 'hertz':
      return reachesThousand(physical)
        ? `${significant(physical / 1000)} kHz`
        : `${significant(physical)} Hz`;
    case 'ms':
      return reachesThousand(physical) ? `${significant(physical / 1000)} s` : `${significant(physical)} ms`;
    case 's':
      return `${significant(physical)} s`;
    case 'rad':
      return `${fixed(physical, 3)} rad`;
    case 'pan':
      return panText(physical, Math.abs(physical).toFixed(0));
    case 'ratio':
      return `${significant(physical)} : 1`;
    case 'expansion':
      return `1 : ${significant(1 / physical)}`;
    case 'share':
      return `${fixed(100 * physical, 1)} %`;
    case 'percent':
      return `${fixed(physical, 0)} %`;
    case 'number':
      return parameter.scale === 'log' ? significant(physical) : fixed(physical, MOST_DECIMALS);
  }
}

/** The same value with every digit of the parameter's table and in its own unit: what a field opens with. */
export function editText(parameter: ParameterDefinition, physical: number): string {
  const plain = (value: number, digits = parameter.digits): string =>
    Number.isFinite(value) ? String(Number(value.toFixed(digits))) : fixed(value, digits);
  const kind = kindOf(parameter);
  switch (kind) {
    case 'pan':
      return panText(physical, plain(Math.abs(physical)));
    case 'ratio':
      return `${plain(physical)}:1`;
    case 'expansion':
      return `1:${plain(1 / physical)}`;
    case 'share':
      return `${plain(100 * physical, parameter.digits - 2)} %`;
    default:
      return `${plain(physical)} ${parameter.unit}`.trim();
  }
}

/** An example of what may be typed, for the line under a field that did not understand. */
export function valueHint(parameter: ParameterDefinition, context: ValueContext = {}): string {
  switch (kindOf(parameter)) {
    case 'gain':
    case 'level':
      return 'Type a level such as −3 dB.';
    case 'hertz':
      return 'Type a frequency such as 250 or 2.5k.';
    case 'ms':
      return context.tempoBpm === undefined
        ? 'Type a time such as 400 ms or 0.4 s.'
        : 'Type a time such as 400 ms, or a note such as 1/8.';
    case 's':
      return 'Type a time such as 0.8 s.';
    case 'rad':
      return 'Type an angle such as 0.5 or 30°.';
    case 'pan':
      return 'Type L 30, C or R 30.';
    case 'ratio':
      return 'Type a ratio such as 4:1.';
    case 'expansion':
      return 'Type a ratio such as 1:2.';
    case 'share':
      return 'Type a share such as 25 %, or −12 dB.';
    case 'percent':
      return 'Type a percentage such as 50 %.';
    case 'number':
      return 'Type a number.';
  }
}

const NUMBER = String.raw`[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?`;
const NUMBER_AND_UNIT = new RegExp(`^(${NUMBER})\\s*([a-zµ%°]*)$`);
const RATIO = new RegExp(`^(${NUMBER}|∞|inf)\\s*:\\s*(${NUMBER}|∞|inf)$`);
const PAN = new RegExp(`^(?:(l|r|left|right)\\s*(${NUMBER})?|(${NUMBER})\\s*%?\\s*(l|r|left|right)?)$`);
const NOTE = /^(\d+)\s*\/\s*(\d+)\s*(d|\.|dotted|t|triplet)?$/;
const QUARTERS_PER_WHOLE = 4;

/** What each unit that may be typed is worth in the parameter's own. */
const UNITS: Readonly<Record<Exclude<Kind, 'pan' | 'share'>, Readonly<Record<string, number>>>> = {
  gain: { '': 1, db: 1 },
  level: { '': 1, db: 1, dbfs: 1 },
  hertz: { '': 1, hz: 1, k: 1000, khz: 1000 },
  ms: { '': 1, ms: 1, s: 1000, sec: 1000, µs: 0.001, us: 0.001 },
  s: { '': 1, s: 1, sec: 1, ms: 0.001 },
  rad: { '': 1, rad: 1, '°': Math.PI / 180, deg: Math.PI / 180 },
  ratio: { '': 1 },
  expansion: { '': 1 },
  percent: { '': 1, '%': 1 },
  number: { '': 1 },
};

/** Lower case, plain minus, and a decimal comma read as a point; a comma before three digits separates thousands. */
function normalised(text: string): string {
  const plain = text
    .trim()
    .toLowerCase()
    .replaceAll(MINUS, '-')
    .replaceAll('\u00a0', ' ')
    .replaceAll('μ', 'µ');
  return /^[-+]?[1-9]\d{0,2}(,\d{3})+(?!\d)/.test(plain)
    ? plain.replaceAll(',', '')
    : plain.replace(',', '.');
}

function parseNote(text: string, tempoBpm: number | undefined): number | null {
  const [, count, of, dots] = NOTE.exec(text) ?? [];
  if (count === undefined || tempoBpm === undefined || Number(of) === 0 || Number(count) === 0) return null;
  const stretch = dots === undefined ? 1 : dots.startsWith('t') ? 2 / 3 : 1.5;
  return (Number(count) / Number(of)) * QUARTERS_PER_WHOLE * stretch * (60_000 / tempoBpm);
}

function parsePan(text: string): number | null {
  if (/^(c|center|centre|middle)$/.test(text)) return 0;
  const [, before, amountAfter, amount, after] = PAN.exec(text) ?? [];
  const side = before ?? after;
  const number = amountAfter ?? amount;
  if (side === undefined) return number === undefined ? null : Number(number);
  // A side alone is all the way.
  const distance = Math.abs(number === undefined ? 100 : Number(number));
  return side.startsWith('l') ? -distance : distance;
}

/** The larger side of a:b over the smaller. */
function parseRatio(text: string): number | null {
  const sides = RATIO.exec(text)?.slice(1, 3);
  if (!sides) return null;
  const [a, b] = sides.map((side) => (/^(∞|inf)$/.test(side) ? Infinity : Number(side))) as [number, number];
  if (!(Math.min(a, b) > 0) || (a === Infinity && b === Infinity)) return null;
  return Math.max(a, b) / Math.min(a, b);
}

/**
 * The physical value that typed text stands for, not limited to the parameter's range; null for text that is none. A
 * number without a unit is in the unit that {@link editText} shows.
 */
export function parseValue(
  parameter: ParameterDefinition,
  typed: string,
  context: ValueContext = {},
): number | null {
  const kind = kindOf(parameter);
  const text = normalised(typed);
  if (kind === 'pan') return parsePan(text);
  if (text === '∞' && kind !== 'share') return Infinity;
  if (kind === 'ratio' || kind === 'expansion') {
    const ratio = parseRatio(text);
    if (ratio !== null) return kind === 'ratio' ? ratio : 1 / ratio;
  }
  if (kind === 'ms' || kind === 's') {
    const ms = parseNote(text, context.tempoBpm);
    if (ms !== null) return kind === 'ms' ? ms : ms / 1000;
  }
  const [, digits, unit] = NUMBER_AND_UNIT.exec(/^∞/.test(text) ? text.replace('∞', '1e999') : text) ?? [];
  if (digits === undefined || unit === undefined) return null;
  const number = Number(digits);
  if (kind === 'share') {
    if (unit === '' || unit === '%') return number / 100;
    return unit === 'db' ? dbToGain(number) : null;
  }
  const factor = UNITS[kind][unit];
  if (factor === undefined) return null;
  // 1:4 may be typed as 4 or as 0.25.
  if (kind === 'expansion' && number > 1) return 1 / number;
  return number * factor;
}
