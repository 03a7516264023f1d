/**
 * The prior's file: versioned JSON of statistics.
 *
 *   format, version   'voxfit-prior', 1
 *   provenance        name, source, licence, date
 *   presets           how many it was made from; dimensions: ids of the informative parameters
 *   mean, covariance, marginals, correlation, distances   base64 of little-endian numbers: float64, the correlation float32;
 *                     of symmetric matrices the lower triangle row by row, without the diagonal for the correlation
 *   shrinkage, fill, heldOut                   see model.ts
 *
 * What is in it cannot give a preset back: moments, the correlations of scores, and for each parameter 17 smoothed quantiles
 * (marginal.ts) that do not say which values belong together.
 */
import { z } from 'zod';
import { CHAIN_PARAMETERS } from '../chain/parameters.ts';
import { UserError } from '../errors.ts';
import { Marginal, MARGINAL_Z } from './marginal.ts';
import { DISTANCE_LEVELS, LEAST_PRESETS, PriorModel } from './model.ts';
import { ShapedDensity } from './shaped.ts';

export const PRIOR_FORMAT = 'voxfit-prior';
export const PRIOR_VERSION = 1;

const finite = z.number();
const priorSchema = z.object({
  format: z.literal(PRIOR_FORMAT),
  version: z.literal(PRIOR_VERSION),
  provenance: z.object({ name: z.string(), source: z.string(), licence: z.string(), date: z.string() }),
  presets: z.int().min(LEAST_PRESETS),
  dimensions: z.array(z.string()).min(1),
  mean: z.string(),
  covariance: z.string(),
  shrinkage: finite.min(0).max(1),
  fill: z.record(z.string(), finite),
  marginals: z.string(),
  correlation: z.string(),
  heldOut: z
    .object({
      likelihood: z.object({
        gaussian: finite.nullable(),
        shrunkGaussian: finite,
        copula: finite,
        mixture: finite,
      }),
      distances: z.string(),
    })
    .nullable(),
});

type NumberType = 'f4' | 'f8';
const BYTES = { f4: 4, f8: 8 } as const satisfies Record<NumberType, number>;
const CHUNK = 8192;

function toBase64(numbers: ArrayLike<number>, type: NumberType): string {
  const view = new DataView(new ArrayBuffer(numbers.length * BYTES[type]));
  for (let i = 0; i < numbers.length; i++) {
    if (type === 'f4') view.setFloat32(4 * i, numbers[i], true);
    else view.setFloat64(8 * i, numbers[i], true);
  }
  const bytes = new Uint8Array(view.buffer);
  let text = '';
  for (let start = 0; start < bytes.length; start += CHUNK)
    text += String.fromCharCode(...bytes.subarray(start, start + CHUNK));
  return btoa(text);
}

/** null unless the text holds exactly `count` finite numbers. */
function fromBase64(text: string, type: NumberType, count: number): Float64Array | null {
  let decoded: string;
  try {
    decoded = atob(text);
  } catch {
    return null;
  }
  if (decoded.length !== count * BYTES[type]) return null;
  const view = new DataView(new ArrayBuffer(decoded.length));
  for (let i = 0; i < decoded.length; i++) view.setUint8(i, decoded.charCodeAt(i));
  const numbers = Float64Array.from({ length: count }, (_, i) =>
    type === 'f4' ? view.getFloat32(4 * i, true) : view.getFloat64(8 * i, true),
  );
  return numbers.every(Number.isFinite) ? numbers : null;
}

/** Places of the lower triangle of an n×n matrix, row by row. */
function lowerTriangle(n: number, withDiagonal: boolean): { i: number; j: number }[] {
  const places: { i: number; j: number }[] = [];
  for (let i = 0; i < n; i++) for (let j = 0; j < (withDiagonal ? i + 1 : i); j++) places.push({ i, j });
  return places;
}

/** The text of a prior's file, ending in a newline. */
export function formatPrior(model: PriorModel): string {
  const d = model.dimensions.length;
  const triangle = (matrix: Float64Array, withDiagonal: boolean): number[] =>
    lowerTriangle(d, withDiagonal).map(({ i, j }) => matrix[i * d + j]);
  const document: z.infer<typeof priorSchema> = {
    format: PRIOR_FORMAT,
    version: PRIOR_VERSION,
    provenance: { ...model.provenance },
    presets: model.presetCount,
    dimensions: [...model.ids],
    mean: toBase64(model.mean, 'f8'),
    covariance: toBase64(triangle(model.covariance, true), 'f8'),
    shrinkage: model.shrinkage,
    fill: Object.fromEntries(
      Array.from(model.fill, ([index, value]) => [CHAIN_PARAMETERS[index].id, Number(value.toPrecision(6))]),
    ),
    marginals: toBase64(
      model.shaped.marginals.flatMap(({ table }) => Array.from(table)),
      'f8',
    ),
    correlation: toBase64(triangle(model.shaped.correlation, false), 'f4'),
    heldOut: model.heldOut && {
      likelihood: model.heldOut.likelihood,
      distances: toBase64(model.heldOut.distances, 'f8'),
    },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/**
 * The prior of a file's text. `source` is what messages call the file. Throws UserError('bad-input') for anything that is not
 * a whole prior of a version this code knows.
 */
export function parsePrior(text: string, source = 'The prior'): PriorModel {
  const fail = (clause: string): never => {
    throw new UserError('bad-input', `${source} ${clause}.`);
  };
  let document: unknown;
  try {
    document = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return fail('is not valid JSON: it is empty or damaged, or not a prior at all');
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    return fail('is JSON, but not a Voxfit prior');
  const { format, version } = document as Record<string, unknown>;
  if (format !== PRIOR_FORMAT)
    return fail(`is JSON, but not a Voxfit prior (its “format” is not “${PRIOR_FORMAT}”)`);
  if (typeof version === 'number' && version > PRIOR_VERSION)
    return fail(
      `was made by a newer Voxfit (prior version ${version}; this one reads up to ${PRIOR_VERSION})`,
    );
  if (version !== PRIOR_VERSION) return fail('is a Voxfit prior without a version this Voxfit knows');
  const parsed = priorSchema.safeParse(document);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0];
    return fail(`is a broken prior: “${path.map(String).join('.')}” is not what it should be (${message})`);
  }
  return modelOf(parsed.data, fail);
}

function modelOf(
  { provenance, presets, dimensions: ids, shrinkage, fill, heldOut, ...numbers }: z.infer<typeof priorSchema>,
  fail: (clause: string) => never,
): PriorModel {
  const indexOf = (id: string): number => {
    const index = CHAIN_PARAMETERS.findIndex((parameter) => parameter.id === id);
    return index >= 0 ? index : fail(`names a parameter that does not exist, “${id}”`);
  };
  const dimensions = ids.map(indexOf);
  if (dimensions.some((index, i) => i > 0 && index <= dimensions[i - 1]))
    return fail('is a broken prior: “dimensions” are not in the order of the chain');
  const d = dimensions.length;
  const read = (name: keyof typeof numbers, type: NumberType, count: number): Float64Array => {
    const text = numbers[name];
    const found = typeof text === 'string' ? fromBase64(text, type, count) : null;
    return found ?? fail(`is a broken prior: “${name}” does not hold ${count} finite numbers`);
  };
  const square = (name: 'covariance' | 'correlation', type: NumberType): Float64Array => {
    const withDiagonal = name === 'covariance';
    const places = lowerTriangle(d, withDiagonal);
    const entries = read(name, type, places.length);
    const matrix = new Float64Array(d * d);
    for (let i = 0; i < d; i++) matrix[i * d + i] = 1;
    places.forEach(({ i, j }, at) => {
      matrix[i * d + j] = matrix[j * d + i] = entries[at];
    });
    return matrix;
  };
  const covariance = square('covariance', 'f8');
  if (dimensions.some((_, i) => covariance[i * d + i] < 0))
    return fail('is a broken prior: a variance is negative');
  const tables = read('marginals', 'f8', d * MARGINAL_Z.length);
  const mean = read('mean', 'f8', d);
  const correlation = square('correlation', 'f4');
  const fillByIndex = new Map(Object.entries(fill).map(([id, value]) => [indexOf(id), value]));
  try {
    return new PriorModel({
      provenance,
      presetCount: presets,
      dimensions,
      mean,
      covariance,
      shrinkage,
      fill: fillByIndex,
      shaped: new ShapedDensity(
        dimensions.map(
          (_, i) => new Marginal(tables.slice(i * MARGINAL_Z.length, (i + 1) * MARGINAL_Z.length)),
        ),
        correlation,
      ),
      heldOut: heldOut && {
        ...heldOut,
        distances:
          fromBase64(heldOut.distances, 'f8', DISTANCE_LEVELS.length) ??
          fail(
            `is a broken prior: “heldOut.distances” does not hold ${DISTANCE_LEVELS.length} finite numbers`,
          ),
      },
    });
  } catch (error) {
    if (error instanceof RangeError) return fail(`is a broken prior: ${error.message.replace(/\.$/, '')}`);
    throw error;
  }
}
