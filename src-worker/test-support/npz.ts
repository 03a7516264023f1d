/** NumPy's `.npz` for tests: a zip of `.npy` files, stored or deflated. Source: APPNOTE.TXT 6.3, sections 4.3 and 4.5. */
import { readFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';
import { parseNpy, type NpyArray } from '#core/preset/npy.ts';

/** The arrays of a `.npz`, parsed when asked for (so that unsupported ones do no harm). */
export interface Npz {
  readonly names: readonly string[];
  has(name: string): boolean;
  /** Throws a RangeError for an unknown name. */
  get(name: string): NpyArray;
  /** The array's numbers as float64. */
  numbers(name: string): Float64Array;
}

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;

export function readNpy(path: string): NpyArray {
  return parseNpy(readFileSync(path));
}

export function readNpz(path: string): Npz {
  const bytes = readFileSync(path);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== END_OF_DIRECTORY) end--;
  if (end < 0) throw new RangeError(`${path} is no zip file.`);
  const members = new Map<string, () => Uint8Array>();
  let at = view.getUint32(end + 16, true);
  for (let i = view.getUint16(end + 10, true); i > 0; i--) {
    if (view.getUint32(at, true) !== DIRECTORY_ENTRY) throw new RangeError(`${path} is damaged.`);
    const method = view.getUint16(at + 10, true);
    const size = view.getUint32(at + 20, true);
    const nameLength = view.getUint16(at + 28, true);
    const local = view.getUint32(at + 42, true);
    const name = bytes.toString('utf8', at + 46, at + 46 + nameLength).replace(/\.npy$/, '');
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    members.set(name, () => {
      const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
      const packed = bytes.subarray(start, start + size);
      if (method === 0) return packed;
      if (method === 8) return inflateRawSync(packed);
      throw new RangeError(`${path}: “${name}” is packed with the unknown method ${method}.`);
    });
  }
  const get = (name: string): NpyArray => {
    const member = members.get(name);
    if (!member) throw new RangeError(`${path} has no array “${name}”.`);
    return parseNpy(member());
  };
  return {
    names: [...members.keys()],
    has: (name) => members.has(name),
    get,
    numbers: (name) => Float64Array.from(get(name).data),
  };
}
