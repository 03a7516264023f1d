import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { formatNpy, parseNpy } from './npy.ts';

/** A file as NumPy writes it, from its header and its data. */
function file(header: string, data: ArrayBufferView | Uint8Array, version = 1): Uint8Array {
  const body = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const prefix = version === 1 ? 10 : 12;
  const bytes = new Uint8Array(prefix + header.length + body.length);
  bytes.set([0x93, ...new TextEncoder().encode('NUMPY'), version, 0]);
  const view = new DataView(bytes.buffer);
  if (version === 1) view.setUint16(8, header.length, true);
  else view.setUint32(8, header.length, true);
  bytes.set(new TextEncoder().encode(header), prefix);
  bytes.set(body, prefix + header.length);
  return bytes;
}
const header = (descr: string, shape: string, fortran = 'False'): string =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }   \n`;

describe('.npy', () => {
  it('comes back as it was written', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 }),
        fc.boolean(),
        fc.infiniteStream(fc.double()),
        (shape, single, numbers) => {
          const count = shape.reduce((product, length) => product * length, 1);
          const values = Array.from({ length: count }, () => numbers.next().value as number);
          const data = single ? Float32Array.from(values) : Float64Array.from(values);
          const bytes = formatNpy(shape, data);
          expect(parseNpy(bytes)).toEqual({ shape, dtype: single ? 'f4' : 'f8', data });
          const within = new Uint8Array(bytes.length + 3);
          within.set(bytes, 3);
          expect(parseNpy(within.subarray(3)).data).toEqual(data);
        },
      ),
    );
  });

  it('is written as NumPy itself writes it', () => {
    // numpy.lib.format.write_array(file, numpy.array(-2.5))
    const header = "{'descr': '<f8', 'fortran_order': False, 'shape': (), }".padEnd(117) + '\n';
    const expected = [
      0x93,
      ...Buffer.from('NUMPY\u0001\0v\0'),
      ...Buffer.from(header),
      0,
      0,
      0,
      0,
      0,
      0,
      4,
      0xc0,
    ];
    expect(Array.from(formatNpy([], Float64Array.of(-2.5)))).toEqual(expected);
    expect(Buffer.from(formatNpy([3], new Float32Array(3))).toString('latin1')).toContain("'<f4'");
    expect(Buffer.from(formatNpy([3], new Float32Array(3))).toString('latin1')).toContain("'shape': (3,), }");
  });

  it.each([
    ['<i2', Int16Array.of(-3, 7), 'i2', Int16Array.of(-3, 7)],
    ['<i4', Int32Array.of(-70_000, 7), 'i4', Int32Array.of(-70_000, 7)],
    ['<i8', BigInt64Array.of(-5n, 2n ** 40n), 'i8', Float64Array.of(-5, 2 ** 40)],
    ['|u1', Uint8Array.of(255, 7), 'u1', Uint8Array.of(255, 7)],
    ['|b1', Uint8Array.of(1, 0), 'bool', Uint8Array.of(1, 0)],
    ['<f8', Float64Array.of(0.1, -Infinity), 'f8', Float64Array.of(0.1, -Infinity)],
  ])('reads %s in every format version', (descr, stored, dtype, data) => {
    for (const version of [1, 2, 3])
      expect(parseNpy(file(header(descr, '(2,)'), stored, version))).toEqual({ shape: [2], dtype, data });
  });

  it('reads a single number and column-major arrays', () => {
    expect(parseNpy(file(header('<f8', '()'), Float64Array.of(4)))).toEqual({
      shape: [],
      dtype: 'f8',
      data: Float64Array.of(4),
    });
    // numpy: np.asfortranarray(np.arange(12).reshape(2, 3, 2))
    const stored = Int16Array.of(0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11);
    const read = parseNpy(file(header('<i2', '(2, 3, 2)', 'True'), stored));
    expect(Array.from(read.data)).toEqual(Array.from({ length: 12 }, (_, i) => i));
  });

  it.each([
    ['nothing', new Uint8Array(0), 'not a NumPy'],
    ['other bytes', new Uint8Array(300), 'not a NumPy'],
    ['a later version', file(header('<f4', '(1,)'), Float32Array.of(1), 9), 'version 9'],
    ['text', file(header('<U3', '(1,)'), new Uint8Array(12)), '“<U3”'],
    ['big-endian', file(header('>f4', '(1,)'), new Uint8Array(4)), '“>f4”'],
    ['named columns', file("{'descr': [('a', '<f4')], 'shape': (1,), }", new Uint8Array(4)), 'named columns'],
    ['no shape', file("{'descr': '<f4', 'fortran_order': False}", new Uint8Array(4)), 'damaged'],
    ['too little data', file(header('<f4', '(3,)'), new Uint8Array(8)), '12 bytes, but 8'],
    ['too much data', file(header('<f4', '(1,)'), new Uint8Array(8)), '4 bytes, but 8'],
    ['an endless shape', file(header('<f4', '(99999999999, 99999999999)'), new Uint8Array(8)), 'but 8'],
    ['half a header', file(header('<f4', '(1,)'), Float32Array.of(1)).subarray(0, 40), 'cut short'],
  ])('refuses %s in one sentence', (_, bytes, message) => {
    const attempt = (): unknown => parseNpy(bytes);
    expect(attempt).toThrow(UserError);
    expect(attempt).toThrow(message);
  });

  it('never fails otherwise, whatever the bytes', () => {
    const good = formatNpy([2, 3], new Float64Array(6));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 6 }), (changes) => {
        const bytes = good.slice();
        for (const [at, value] of changes) bytes[at] = value;
        try {
          const { shape, data } = parseNpy(bytes);
          expect(shape.reduce((product, length) => product * length, 1)).toBe(data.length);
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is not written with a shape that does not fit', () => {
    expect(() => formatNpy([2, 2], new Float32Array(3))).toThrow('(2, 2)');
  });
});
