/**
 * The preset file: one setting of the whole chain as versioned JSON.
 *
 *   format, version     'voxfit-preset', 1
 *   sampleRateHz        the rate the raw values belong to (coefficients per sample): always 44,100
 *   parameters          id → physical value and unit, in chain order, for people: 7 significant digits
 *   raw                 the 151 raw values in the published order, for machines: float64, exact
 *   calibration, fit    present when a fit made it: the levels, offset and polarity of that pair; how the fit went
 *
 * The two forms of a value normally agree. Where they do not, a person has edited the physical value, and that is the one
 * that counts; every other raw value stays exact. A file without `raw` is complete too.
 */
import { z } from 'zod';
import { CHAIN_PARAMETERS, PARAMETER_COUNT } from '../chain/parameters.ts';
import { UserError } from '../errors.ts';
import { physicalToRaw, rawToPhysical, riseTimeDisplay, type ParameterDefinition } from '../parameter.ts';
import { FIT_SAMPLE_RATE_HZ } from '../units.ts';
import { didYouMean } from './closest.ts';

export const PRESET_FORMAT = 'voxfit-preset';
export const PRESET_VERSION = 1;

/** Digits that a physical value is written with, and the relative difference that two forms of a value may show. */
const PHYSICAL_DIGITS = 7;
const AGREEMENT = 10 ** (1 - PHYSICAL_DIGITS);

const finite = z.number();
const calibrationSchema = z.object({
  /** Linear gain that brings the dry to −18 LUFS. */
  inputGain: finite.positive(),
  /** Linear gain from the chain's output back to the wet's own level. */
  outputGain: finite.positive(),
  /** Samples at 44.1 kHz by which the wet lags the dry; may be fractional or negative. */
  offsetSamples: finite,
  polarity: z.union([z.literal(1), z.literal(-1)]),
  wetSampleRateHz: finite.positive(),
  wetLengthSamples: z.int().nonnegative(),
});
const fitSchema = z.object({
  loss: finite,
  initialLoss: finite,
  terms: z.object({ mss_lr: finite, mss_ms: finite, mldr_lr: finite, mldr_ms: finite }),
  steps: z.int().nonnegative(),
  evaluations: finite.nonnegative(),
  elapsedSeconds: finite.nonnegative(),
  stopped: z.string(),
  seed: z.int(),
  dry: z.string(),
  wet: z.string(),
  /** ISO 8601. */
  date: z.string(),
});
const presetSchema = z.object({
  format: z.literal(PRESET_FORMAT),
  version: z.literal(PRESET_VERSION),
  name: z.string().optional(),
  sampleRateHz: z.literal(FIT_SAMPLE_RATE_HZ),
  parameters: z.record(z.string(), z.object({ value: finite, unit: z.string().optional() })),
  raw: z.array(finite).optional(),
  calibration: calibrationSchema.optional(),
  fit: fitSchema.optional(),
});

/** The levels, offset and polarity of the pair that a preset was fitted to. */
export type PresetCalibration = z.infer<typeof calibrationSchema>;
/** How the fit that made a preset went. */
export type PresetFit = z.infer<typeof fitSchema>;

export interface Preset {
  readonly name?: string | undefined;
  /** 151 raw values, finite, in the order of CHAIN_PARAMETERS. */
  readonly raw: Float64Array;
  readonly calibration?: PresetCalibration | undefined;
  readonly fit?: PresetFit | undefined;
}

/** The file as a plain object, for embedding into other JSON. */
export type PresetDocument = z.infer<typeof presetSchema>;

/** What is written of a physical value; infinite ones (a time constant of coefficient 0) become the largest finite number. */
function writtenPhysical(parameter: ParameterDefinition, raw: number): number {
  const physical = rawToPhysical(parameter, raw);
  const bounded = Math.min(Math.max(physical, -Number.MAX_VALUE), Number.MAX_VALUE);
  const rounded = Number(bounded.toPrecision(PHYSICAL_DIGITS));
  return Number.isFinite(rounded) ? rounded : bounded;
}

/** The file of a preset as a plain object. Throws a RangeError unless `raw` holds 151 finite values. */
export function presetDocument(preset: Preset): PresetDocument {
  if (preset.raw.length !== PARAMETER_COUNT)
    throw new RangeError(`A preset has ${PARAMETER_COUNT} raw values, not ${preset.raw.length}.`);
  const bad = preset.raw.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new RangeError(`The raw value of ${CHAIN_PARAMETERS[bad].id} is ${preset.raw[bad]}, not finite.`);
  return {
    format: PRESET_FORMAT,
    version: PRESET_VERSION,
    ...(preset.name === undefined ? {} : { name: preset.name }),
    sampleRateHz: FIT_SAMPLE_RATE_HZ,
    parameters: Object.fromEntries(
      CHAIN_PARAMETERS.map((parameter, index) => [
        parameter.id,
        { value: writtenPhysical(parameter, preset.raw[index]), unit: parameter.unit },
      ]),
    ),
    raw: Array.from(preset.raw),
    ...(preset.calibration ? { calibration: preset.calibration } : {}),
    ...(preset.fit ? { fit: preset.fit } : {}),
  };
}

/** JSON of a number that reads back as the same float64; JSON.stringify would lose the sign of −0. */
const exactNumber = (value: number): string => (Object.is(value, -0) ? '-0' : JSON.stringify(value));

const RAW_VALUES_PER_LINE = 5;

/** The text of a preset file: one parameter a line, raw values exact. Errors: see {@link presetDocument}. */
export function formatPreset(preset: Preset): string {
  const { parameters, raw, ...rest } = presetDocument(preset);
  const parameterLines = Object.entries(parameters).map(
    ([id, { value, unit }]) =>
      `    ${JSON.stringify(id)}: { "value": ${JSON.stringify(value)}, "unit": ${JSON.stringify(unit)} }`,
  );
  const rawNumbers = raw!.map(exactNumber);
  const rawLines: string[] = [];
  for (let start = 0; start < rawNumbers.length; start += RAW_VALUES_PER_LINE)
    rawLines.push(`    ${rawNumbers.slice(start, start + RAW_VALUES_PER_LINE).join(', ')}`);
  const indented = (value: unknown): string => JSON.stringify(value, null, 2).replaceAll('\n', '\n  ');
  const { calibration, fit, ...head } = rest;
  return `{\n${[
    ...Object.entries(head).map(([key, value]) => `  ${JSON.stringify(key)}: ${indented(value)}`),
    `  "parameters": {\n${parameterLines.join(',\n')}\n  }`,
    `  "raw": [\n${rawLines.join(',\n')}\n  ]`,
    ...(calibration ? [`  "calibration": ${indented(calibration)}`] : []),
    ...(fit ? [`  "fit": ${indented(fit)}`] : []),
  ].join(',\n')}\n}\n`;
}

function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const reason = /[[:,]\s*-?(?:NaN|Infinity)\b/.test(text)
      ? 'it contains NaN or Infinity, which no preset value may be'
      : 'it is empty or damaged, or not a preset at all';
    throw new UserError('bad-input', `${source} is not valid JSON: ${reason}.`);
  }
}

/** One clause for the first thing that is wrong with a document. */
function describeIssue(error: z.ZodError, document: unknown): string {
  const { path, message } = error.issues[0];
  let found: unknown = document;
  for (const key of path) found = (found as Record<PropertyKey, unknown> | undefined)?.[key];
  if (path[0] === 'raw' && typeof path[1] === 'number') {
    const id = CHAIN_PARAMETERS[path[1]]?.id;
    return `raw value ${path[1]}${id ? ` (${id})` : ''} is ${String(found)}, not a finite number`;
  }
  const where = path.map(String).join('.');
  if (path[0] === 'parameters' && path.length === 3 && path[2] === 'value')
    return `the value of ${String(path[1])} is ${String(found)}, not a finite number`;
  if (found === undefined) return `“${where}” is missing`;
  return `“${where}” is not what it should be (${message})`;
}

const shown = (value: number): string => String(Number(value.toPrecision(6)));

/** The raw value of a physical value that a person wrote. */
function rawOfEdited(parameter: ParameterDefinition, physical: number, source: string): number {
  const value = parameter.display.toValue(physical);
  const raw = physicalToRaw(parameter, physical);
  const reached = parameter.map.toValue(raw);
  if (Number.isFinite(raw) && Math.abs(reached - value) <= AGREEMENT * (1 + Math.abs(value))) return raw;
  const { id, min, max } = parameter;
  const unit = parameter.unit ? ` ${parameter.unit}` : '';
  const allowed =
    parameter.display === riseTimeDisplay
      ? 'not be negative'
      : `lie between ${shown(min)} and ${shown(max)}${unit}`;
  throw new UserError('bad-input', `${source}: ${id} is ${shown(physical)}${unit}, but must ${allowed}.`);
}

/**
 * The preset of a file's text. `source` is what messages call the file.
 * Throws UserError('bad-input') for anything that is not a whole preset of a version this code knows.
 */
export function parsePreset(text: string, source = 'The preset'): Preset {
  const fail = (clause: string): never => {
    throw new UserError('bad-input', `${source} ${clause}.`);
  };
  const document = parseJson(text.replace(/^\uFEFF/, ''), source);
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    return fail('is JSON, but not a Voxfit preset');
  const { format, version, sampleRateHz } = document as Record<string, unknown>;
  if (format !== PRESET_FORMAT)
    return fail(`is JSON, but not a Voxfit preset (its “format” is not “${PRESET_FORMAT}”)`);
  if (typeof version === 'number' && version > PRESET_VERSION)
    return fail(
      `was made by a newer Voxfit (preset version ${version}; this one reads up to ${PRESET_VERSION})`,
    );
  if (version !== PRESET_VERSION) return fail('is a Voxfit preset without a version this Voxfit knows');
  if (typeof sampleRateHz === 'number' && sampleRateHz !== FIT_SAMPLE_RATE_HZ)
    return fail(`holds values for ${sampleRateHz} Hz, but presets belong to ${FIT_SAMPLE_RATE_HZ} Hz`);

  const parsed = presetSchema.safeParse(document);
  if (!parsed.success) return fail(`is a broken preset: ${describeIssue(parsed.error, document)}`);
  const { name, parameters, raw, calibration, fit } = parsed.data;
  if (raw && raw.length !== PARAMETER_COUNT)
    return fail(`is a broken preset: “raw” must hold ${PARAMETER_COUNT} numbers, but holds ${raw.length}`);
  const ids = CHAIN_PARAMETERS.map(({ id }) => id);
  const unknown = Object.keys(parameters).find((id) => !ids.includes(id));
  if (unknown !== undefined)
    throw new UserError(
      'bad-input',
      `${source} names a parameter that does not exist, “${unknown}”.${didYouMean(unknown, ids)}`,
    );

  const values = CHAIN_PARAMETERS.map((parameter, index) => {
    const entry = Object.hasOwn(parameters, parameter.id) ? parameters[parameter.id] : undefined;
    if (!entry) return fail(`is a broken preset: the parameter ${parameter.id} is missing`);
    if (entry.unit !== undefined && entry.unit !== parameter.unit)
      return fail(
        `gives ${parameter.id} in “${entry.unit}”, but its unit is ${parameter.unit ? `“${parameter.unit}”` : 'none'}`,
      );
    if (raw) {
      const expected = rawToPhysical(parameter, raw[index]);
      const agree =
        entry.value === writtenPhysical(parameter, raw[index]) ||
        Math.abs(entry.value - expected) <= AGREEMENT * Math.abs(expected);
      if (agree) return raw[index];
    }
    return rawOfEdited(parameter, entry.value, source);
  });
  return {
    raw: Float64Array.from(values),
    ...(name === undefined ? {} : { name }),
    ...(calibration ? { calibration } : {}),
    ...(fit ? { fit } : {}),
  };
}
