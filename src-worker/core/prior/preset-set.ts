/**
 * Sets of presets in the published layout: a `.npy` array of (rows, 151), with optional arrays that pick rows and mask values.
 */
import { CHAIN_PARAMETERS, PARAMETER_COUNT } from '../chain/parameters.ts';
import { UserError } from '../errors.ts';
import { parseNpy, type NpyArray } from '../preset/npy.ts';

function parseNamed(bytes: Uint8Array, source: string): NpyArray {
  try {
    return parseNpy(bytes);
  } catch (error) {
    if (error instanceof UserError) throw new UserError(error.code, `${source}: ${error.message}`);
    throw error;
  }
}

const shapeText = (shape: readonly number[]): string =>
  `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;

/** Whether bytes begin like a `.npy` file of rows of 151 values. */
export function holdsPublishedRows(bytes: Uint8Array): boolean {
  try {
    const { shape } = parseNpy(bytes);
    return shape.length === 2 && shape[1] === PARAMETER_COUNT;
  } catch {
    return false;
  }
}

/**
 * Raw vectors of all rows. `source` is what messages call the file. Throws UserError('bad-input') for other shapes or types,
 * and for values that are not finite.
 */
export function readPublishedRows(bytes: Uint8Array, source: string): Float64Array[] {
  const { shape, dtype, data } = parseNamed(bytes, source);
  const single = shape.length === 1 && shape[0] === PARAMETER_COUNT;
  if (!single && !(shape.length === 2 && shape[1] === PARAMETER_COUNT))
    throw new UserError(
      'bad-input',
      `${source} has the shape ${shapeText(shape)}, but presets are rows of ${PARAMETER_COUNT} values: (rows, ${PARAMETER_COUNT}).`,
    );
  if (dtype !== 'f4' && dtype !== 'f8')
    throw new UserError(
      'bad-input',
      `${source} holds numbers of type ${dtype}, but presets are float32 or float64.`,
    );
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new UserError(
      'bad-input',
      `${source} holds ${data[bad]} in row ${Math.floor(bad / PARAMETER_COUNT)}, column ${bad % PARAMETER_COUNT} (${CHAIN_PARAMETERS[bad % PARAMETER_COUNT].id}), which is no preset value.`,
    );
  return Array.from({ length: data.length / PARAMETER_COUNT }, (_, row) =>
    Float64Array.from(data.subarray(row * PARAMETER_COUNT, (row + 1) * PARAMETER_COUNT)),
  );
}

/** Row numbers from a one-dimensional integer array, each within 0..rowCount−1. Throws UserError('bad-input'). */
export function readRowIndex(bytes: Uint8Array, rowCount: number, source: string): number[] {
  const { shape, dtype, data } = parseNamed(bytes, source);
  if (shape.length !== 1 || !['i2', 'i4', 'i8', 'u1'].includes(dtype))
    throw new UserError(
      'bad-input',
      `${source} has the shape ${shapeText(shape)} and the type ${dtype}, but row numbers are a list of integers.`,
    );
  const bad = data.find((row) => row < 0 || row >= rowCount);
  if (bad !== undefined)
    throw new UserError(
      'bad-input',
      `${source} names row ${bad}, but there are ${rowCount} rows (the first is row 0).`,
    );
  if (new Set<number>(data).size !== data.length)
    throw new UserError('bad-input', `${source} names a row more than once.`);
  return Array.from(data);
}

/** Entries of a one-dimensional mask of booleans (or 0 and 1). Throws UserError('bad-input'). */
export function readMask(bytes: Uint8Array, source: string): ArrayLike<number> {
  const { shape, dtype, data } = parseNamed(bytes, source);
  if (shape.length !== 1 || (dtype !== 'bool' && dtype !== 'u1'))
    throw new UserError(
      'bad-input',
      `${source} has the shape ${shapeText(shape)} and the type ${dtype}, but a mask is a list of booleans.`,
    );
  return data;
}
