/**
 * Sets of presets in the published layout: a `.npy` array of (rows, 151), with optional arrays that pick rows and mask values.
 */
import { PARAMETER_COUNT } from '../chain/parameters.ts';
import { UserError } from '../errors.ts';
import { parseNpy } from '../preset/npy.ts';
import { parseNamed, shapeText } from '../preset/published-rows.ts';

/** Whether bytes begin like a `.npy` file of rows of 151 values. */
export function holdsPublishedRows(bytes: Uint8Array): boolean {
  try {
    const { shape } = parseNpy(bytes);
    return shape.length === 2 && shape[1] === PARAMETER_COUNT;
  } catch {
    return false;
  }
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
