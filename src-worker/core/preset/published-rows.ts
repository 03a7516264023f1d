/**
 * The published layout of presets: a `.npy` array of float32, shape (rows, 151), one row of raw values a preset
 * (DiffVox's `raw_params.npy`). A one-dimensional array of 151 counts as one row.
 */
import { CHAIN_PARAMETERS, PARAMETER_COUNT } from '../chain/parameters.ts';
import { UserError } from '../errors.ts';
import { formatNpy, parseNpy, type NpyArray } from './npy.ts';

/** What is shown of a shape: (385, 151). */
export const shapeText = (shape: readonly number[]): string =>
  `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;

/** The array of a file's bytes; errors name the file. */
export function parseNamed(bytes: Uint8Array, source: string): NpyArray {
  try {
    return parseNpy(bytes);
  } catch (error) {
    if (error instanceof UserError) throw new UserError(error.code, `${source}: ${error.message}`);
    throw error;
  }
}

/** The numbers of all rows, one after another. Throws UserError('bad-input') for other shapes or types. */
function rowsOf(bytes: Uint8Array, source: string): { rows: number; data: NpyArray['data'] } {
  const { shape, dtype, data } = parseNamed(bytes, source);
  const isRow = shape.length === 1 && shape[0] === PARAMETER_COUNT;
  if (!isRow && !(shape.length === 2 && shape[1] === PARAMETER_COUNT))
    throw new UserError(
      'bad-input',
      `${source} has the shape ${shapeText(shape)}, but presets are rows of ${PARAMETER_COUNT} values: (rows, ${PARAMETER_COUNT}).`,
    );
  if (dtype !== 'f4' && dtype !== 'f8')
    throw new UserError(
      'bad-input',
      `${source} holds numbers of type ${dtype}, but presets are float32 or float64.`,
    );
  return { rows: isRow ? 1 : shape[0], data };
}

/** A row of {@link rowsOf}. Throws UserError('bad-input') for values that are not finite. */
function rowAt(data: NpyArray['data'], row: number, source: string): Float64Array {
  const raw = Float64Array.from(data.subarray(row * PARAMETER_COUNT, (row + 1) * PARAMETER_COUNT));
  const bad = raw.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new UserError(
      'bad-input',
      `${source} holds ${raw[bad]} in row ${row}, column ${bad} (${CHAIN_PARAMETERS[bad].id}), which is no preset value.`,
    );
  return raw;
}

/**
 * Raw vectors of all rows. `source` is what messages call the file. Throws UserError('bad-input') for other shapes or types,
 * and for values that are not finite.
 */
export function readPublishedRows(bytes: Uint8Array, source: string): Float64Array[] {
  const { rows, data } = rowsOf(bytes, source);
  return Array.from({ length: rows }, (_, row) => rowAt(data, row, source));
}

/**
 * The raw values in row `row` (counted from 0) of a `.npy` file, exactly as stored. Without `row`, the file must have one
 * row only. Throws UserError('bad-input'); ('usage') when the row is left open.
 */
export function readPublishedRow(
  bytes: Uint8Array,
  row: number | undefined,
  source = 'The array',
): Float64Array {
  const { rows, data } = rowsOf(bytes, source);
  const counted = rows === 1 ? '1 row' : `${rows} rows`;
  if (row === undefined && rows > 1)
    throw new UserError('usage', `${source} has ${counted}; say which one with --row 0 to ${rows - 1}.`);
  const chosen = row ?? 0;
  if (chosen >= rows)
    throw new UserError(
      'bad-input',
      `${source} has ${counted}, so there is no row ${chosen} (the first is row 0).`,
    );
  return rowAt(data, chosen, source);
}

/** A `.npy` file of shape (1, 151), float32: bit-exact for raw values that came from float32. */
export function writePublishedRow(raw: Float64Array): Uint8Array {
  const row = Float32Array.from(raw);
  const bad = row.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new UserError(
      'bad-input',
      `The raw value of ${CHAIN_PARAMETERS[bad].id}, ${raw[bad]}, does not fit into the float32 of a .npy row.`,
    );
  return formatNpy([1, PARAMETER_COUNT], row);
}
