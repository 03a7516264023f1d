import { deepStrictEqual } from 'node:assert';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage, WireError } from './wire.ts';

const arrays = fc.oneof(
  fc.uint8Array(),
  fc.int16Array(),
  fc.int32Array(),
  fc.uint32Array(),
  fc.float32Array(),
  fc.float64Array(),
);
const numbers = fc.oneof(fc.double(), fc.constantFrom(NaN, Infinity, -Infinity, -0));
const keys = fc.oneof(
  fc.string(),
  fc.constantFrom('$', '$$', '__proto__', 'constructor', 'toString', '0', '17', '', '$NaN'),
);
const { message: messages } = fc.letrec<{ message: unknown }>((tie) => ({
  message: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constantFrom(null, undefined, true, false),
    numbers,
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\ud800', 'NaN', '$', '\0'),
    arrays,
    fc.array(tie('message'), { maxLength: 4 }),
    fc
      .array(fc.tuple(keys, tie('message')), { maxLength: 4 })
      .map((entries): unknown => Object.fromEntries(entries)),
  ),
}));

/** A frame with any head and body. */
function frame(head: string | Uint8Array, body: Uint8Array = new Uint8Array()): Uint8Array {
  const bytes = typeof head === 'string' ? new TextEncoder().encode(head) : head;
  const made = new Uint8Array(8 + bytes.length + body.length);
  made.set(encodeMessage(null).subarray(0, 4));
  new DataView(made.buffer).setUint32(4, bytes.length, true);
  made.set(bytes, 8);
  made.set(body, 8 + bytes.length);
  return made;
}

describe('a message', () => {
  it('comes out as it went in', () => {
    fc.assert(
      fc.property(messages, (message) => {
        deepStrictEqual(decodeMessage(encodeMessage(message)), message);
      }),
      { numRuns: 1000 },
    );
  });

  it('keeps every bit of numbers in arrays', () => {
    const bits = new BigUint64Array([0x7ff8000000000001n, 0x8000000000000000n, 0xfff0000000000000n, 1n]);
    const raw = new Float64Array(bits.buffer);
    const back = decodeMessage(encodeMessage({ raw })) as { raw: Float64Array };
    expect(new BigUint64Array(back.raw.buffer)).toEqual(bits);
  });

  it('carries only the part of a buffer that an array shows, and gives every array its own memory', () => {
    const large = new Float32Array(1 << 16).fill(0.5);
    const sent = encodeMessage([large.subarray(3, 5), large.subarray(7, 8)]);
    expect(sent.byteLength).toBeLessThan(120);
    const [first, second] = decodeMessage(sent) as Float32Array[];
    expect([first!.buffer.byteLength, second!.buffer.byteLength]).toEqual([8, 4]);
  });

  it('may begin anywhere in a larger buffer, as frames from sockets do', () => {
    const bytes = encodeMessage({ raw: new Float64Array([1, -2]), name: 'é' });
    for (let offset = 0; offset < 9; offset++) {
      const pool = new Uint8Array(bytes.length + 20);
      pool.set(bytes, offset);
      expect(decodeMessage(pool.subarray(offset, offset + bytes.length))).toEqual({
        raw: new Float64Array([1, -2]),
        name: 'é',
      });
    }
  });

  it('takes a buffer of Node as the bytes it is', () => {
    expect(decodeMessage(encodeMessage(Buffer.from([1, 2])))).toEqual(new Uint8Array([1, 2]));
  });

  it.each([
    ['a function', () => 1],
    ['a date', { at: new Date() }],
    ['a map', [new Map()]],
    ['a bigint', 1n],
    ['big integers', new BigInt64Array(1)],
    ['a symbol', Symbol('x')],
  ])('cannot hold %s', (_, value) => {
    expect(() => encodeMessage(value)).toThrow(WireError);
  });

  it('cannot hold itself', () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    expect(() => encodeMessage(cycle)).toThrow(WireError);
  });
});

describe('a frame', () => {
  it('of any bytes is a message or a WireError', () => {
    const readable = (bytes: Uint8Array): void => {
      try {
        decodeMessage(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), readable));
    fc.assert(
      fc.property(fc.json(), fc.uint8Array(), (head, body) => {
        readable(frame(head, body));
      }),
    );
    fc.assert(
      fc.property(messages, fc.nat(), fc.integer({ min: 1, max: 255 }), (message, place, change) => {
        const bytes = encodeMessage(message);
        const at = place % bytes.length;
        bytes[at] = bytes[at]! ^ change;
        readable(bytes);
      }),
      { numRuns: 1000 },
    );
  });

  it('cut off anywhere is refused, and so is one with more behind it', () => {
    fc.assert(
      fc.property(messages, fc.nat(), (message, place) => {
        const bytes = encodeMessage(message);
        expect(() => decodeMessage(bytes.subarray(0, place % bytes.length))).toThrow(WireError);
        const longer = new Uint8Array(bytes.length + 1 + (place % 9));
        longer.set(bytes);
        expect(() => decodeMessage(longer)).toThrow(WireError);
      }),
    );
  });

  it.each([
    ['an unknown tag', frame('{"$":"Inf"}')],
    ['a tag among other keys', frame('{"$":"NaN","a":1}')],
    ['an unknown array', frame('{"$":["Array",1]}', new Uint8Array(8))],
    ['an inherited name for an array', frame('{"$":["constructor",1]}', new Uint8Array(8))],
    ['a negative length', frame('{"$":["Uint8Array",-1]}')],
    ['a broken length', frame('{"$":["Uint8Array",0.5]}')],
    ['a huge length', frame('{"$":["Float64Array",1e300]}', new Uint8Array(8))],
    ['the same bytes twice', frame('[{"$":["Uint8Array",8]},{"$":["Uint8Array",8]}]', new Uint8Array(8))],
    ['bytes that are not UTF-8', frame(new Uint8Array([0x22, 0xff, 0x22]))],
    ['another magic', new Uint8Array(8)],
    ['deep nesting', frame('['.repeat(100_000) + ']'.repeat(100_000))],
  ])('with %s is refused', (_, bytes) => {
    expect(() => decodeMessage(bytes)).toThrow(WireError);
  });

  it('cannot reach a prototype', () => {
    const made = decodeMessage(frame('{"__proto__":{"isAdmin":true},"a":1}')) as Record<string, unknown>;
    expect(made['isAdmin']).toBeUndefined();
    expect(Object.getPrototypeOf(made)).toBe(Object.prototype);
  });
});
