/**
 * NumPy's `.npy` format, versions 1 to 3: arrays of plain numbers, little-endian.
 * Source: numpy.lib.format, NEP 1. Structured types, text, complex numbers, half floats and big-endian data are refused.
 */
import { UserError } from '../errors.ts';

export type NpyType = 'f4' | 'f8' | 'i2' | 'i4' | 'i8' | 'u1' | 'bool';

export type NpyData = Float32Array | Float64Array | Int16Array | Int32Array | Uint8Array;

export interface NpyArray {
  /** Length of each dimension; empty for a single number. */
  readonly shape: readonly number[];
  readonly dtype: NpyType;
  /**
   * The numbers in row-major order, whatever the order in the file. 64-bit integers come as float64, true as 1.
   */
  readonly data: NpyData;
}

const MAGIC = '\u0093NUMPY';

const BYTES_PER_ITEM = { f4: 4, f8: 8, i2: 2, i4: 4, i8: 8, u1: 1, bool: 1 } as const satisfies Record<
  NpyType,
  number
>;

const bad = (message: string): UserError => new UserError('bad-input', message);

function parseType(descr: string): NpyType {
  const known = /^[<|=]?(f4|f8|i2|i4|i8|u1|b1)$/.exec(descr)?.[1];
  if (known === undefined) throw bad(`The .npy array has the unsupported type “${descr.slice(0, 40)}”.`);
  return known === 'b1' ? 'bool' : (known as NpyType);
}

function readItems(view: DataView, dtype: NpyType, count: number): NpyData {
  const fill = <T extends NpyData>(items: T, at: (offset: number) => number): T => {
    const step = BYTES_PER_ITEM[dtype];
    for (let i = 0; i < count; i++) items[i] = at(i * step);
    return items;
  };
  switch (dtype) {
    case 'f4':
      return fill(new Float32Array(count), (offset) => view.getFloat32(offset, true));
    case 'f8':
      return fill(new Float64Array(count), (offset) => view.getFloat64(offset, true));
    case 'i2':
      return fill(new Int16Array(count), (offset) => view.getInt16(offset, true));
    case 'i4':
      return fill(new Int32Array(count), (offset) => view.getInt32(offset, true));
    case 'i8':
      return fill(new Float64Array(count), (offset) => Number(view.getBigInt64(offset, true)));
    case 'u1':
    case 'bool':
      return fill(new Uint8Array(count), (offset) => view.getUint8(offset));
    default:
      throw new RangeError(`No array type is called “${String(dtype satisfies never)}”.`);
  }
}

/** Column-major to row-major. */
function toRowMajor(data: NpyData, shape: readonly number[]): NpyData {
  const sorted = data.slice();
  const index = new Array<number>(shape.length).fill(0);
  for (let source = 0; source < data.length; source++) {
    let target = 0;
    for (let axis = 0; axis < shape.length; axis++) target = target * shape[axis]! + index[axis]!;
    sorted[target] = data[source]!;
    // The first axis runs fastest.
    for (let axis = 0; axis < shape.length; axis++) {
      index[axis]!++;
      if (index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
  }
  return sorted;
}

/** Reads a `.npy` file. Throws UserError('bad-input') for anything else, or for one cut short. */
export function parseNpy(bytes: Uint8Array): NpyArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = (start: number, end: number): string =>
    Array.from(bytes.subarray(start, end), (byte) => String.fromCharCode(byte)).join('');
  if (bytes.length < 10 || text(0, 6) !== MAGIC) throw bad('This is not a NumPy .npy array.');
  const version = bytes[6]!;
  if (version < 1 || version > 3) throw bad(`The .npy array has the unknown format version ${version}.`);
  const headerStart = version === 1 ? 10 : 12;
  if (bytes.length < headerStart) throw bad('The .npy array is cut short.');
  const dataStart = headerStart + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (dataStart > bytes.length) throw bad('The .npy array is cut short.');
  const header = text(headerStart, dataStart);

  const descr = /'descr'\s*:\s*'([^']*)'/.exec(header)?.[1];
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(header)?.[1];
  const dimensions = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(header)?.[1];
  if (descr === undefined) {
    if (/'descr'\s*:\s*\[/.test(header))
      throw bad('The .npy array has named columns, which is not supported.');
    throw bad('The header of the .npy array is damaged.');
  }
  if (order === undefined || dimensions === undefined) throw bad('The header of the .npy array is damaged.');
  const dtype = parseType(descr);
  const shape = (dimensions.match(/\d+/g) ?? []).map(Number);
  const count = shape.reduce((product, length) => product * length, 1);
  const present = bytes.length - dataStart;
  if (present !== count * BYTES_PER_ITEM[dtype])
    throw bad(
      `The .npy array should hold ${count} numbers in ${count * BYTES_PER_ITEM[dtype]} bytes, but ${present} bytes are there.`,
    );
  const items = readItems(new DataView(bytes.buffer, bytes.byteOffset + dataStart, present), dtype, count);
  return { shape, dtype, data: order === 'True' && shape.length > 1 ? toRowMajor(items, shape) : items };
}

/** Bytes of a `.npy` file, version 1.0, row-major. Throws a RangeError if shape and data disagree. */
export function formatNpy(shape: readonly number[], data: Float32Array | Float64Array): Uint8Array {
  const count = shape.reduce((product, length) => product * length, 1);
  if (count !== data.length)
    throw new RangeError(`A shape of (${shape.join(', ')}) does not hold ${data.length} numbers.`);
  const single = data instanceof Float32Array;
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const dictionary = `{'descr': '${single ? '<f4' : '<f8'}', 'fortran_order': False, 'shape': ${tuple}, }`;
  // Data begin at a multiple of 64 bytes, and the header ends with a line feed.
  const dataStart = Math.ceil((10 + dictionary.length + 1) / 64) * 64;
  const header = `${dictionary.padEnd(dataStart - 11)}\n`;
  const bytes = new Uint8Array(dataStart + data.byteLength);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < MAGIC.length; i++) bytes[i] = MAGIC.charCodeAt(i);
  bytes[6] = 1;
  view.setUint16(8, header.length, true);
  for (let i = 0; i < header.length; i++) bytes[10 + i] = header.charCodeAt(i);
  for (let i = 0; i < count; i++) {
    if (single) view.setFloat32(dataStart + 4 * i, data[i]!, true);
    else view.setFloat64(dataStart + 8 * i, data[i]!, true);
  }
  return bytes;
}
