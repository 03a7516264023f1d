/**
 * Messages as bytes, for carriers without structured clone (WebSockets): one binary frame is
 *
 *     magic "VXF1" · length of the head, uint32 · head, JSON in UTF-8 · bytes of the typed arrays, one after another
 *
 * with little-endian numbers. What JSON cannot say is a tagged object in the head: `{"$": ["Float32Array", 240]}` takes
 * the next 960 bytes after the head, `{"$": "NaN"}` (also Infinity, -Infinity, -0, undefined) is a value by itself. A key
 * that begins with `$` in a message gets another `$` in front, so that nothing a message holds is taken for a tag.
 *
 * A message is null, booleans, numbers, strings, undefined, typed arrays, arrays and plain objects of these, nested at
 * most {@link DEEPEST} deep; it comes out as it went in, typed arrays with memory of their own.
 */

const MAGIC = 0x31465856;
const PREFIX_BYTES = 8;
/** No message of ours comes near; it keeps a hostile one from exhausting the stack. */
const DEEPEST = 64;

const ARRAY_TYPES = {
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
} as const;
type ArrayTypeName = keyof typeof ARRAY_TYPES;
type WireArray = InstanceType<(typeof ARRAY_TYPES)[ArrayTypeName]>;

const VALUES = new Map<string, unknown>([
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['-0', -0],
  ['undefined', undefined],
]);

/** A frame that is none of ours, or a value that no frame can hold; a defect or an attack, nothing for users. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

/** Throws a {@link WireError} for what a message cannot hold: functions, dates, maps, cycles. */
export function encodeMessage(message: unknown): Uint8Array<ArrayBuffer> {
  const arrays: WireArray[] = [];
  const head = new TextEncoder().encode(JSON.stringify(tagged(message, arrays, 0)));
  const start = PREFIX_BYTES + head.length;
  const frame = new Uint8Array(arrays.reduce((sum, { byteLength }) => sum + byteLength, start));
  const view = new DataView(frame.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, head.length, true);
  frame.set(head, PREFIX_BYTES);
  let at = start;
  for (const array of arrays) {
    frame.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
    at += array.byteLength;
  }
  return frame;
}

/** Throws a {@link WireError} for every frame that {@link encodeMessage} cannot have made. */
export function decodeMessage(frame: Uint8Array): unknown {
  if (frame.byteLength < PREFIX_BYTES) throw new WireError('The frame is too short.');
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (view.getUint32(0, true) !== MAGIC) throw new WireError('The frame is none of Voxfit.');
  const start = PREFIX_BYTES + view.getUint32(4, true);
  if (start > frame.byteLength) throw new WireError('The frame’s head is cut off.');
  let head: unknown;
  try {
    head = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(frame.subarray(PREFIX_BYTES, start)));
  } catch {
    throw new WireError('The frame’s head is not JSON.');
  }
  const body = new Body(frame, start);
  const message = untagged(head, body, 0);
  if (!body.isUsedUp) throw new WireError('The frame is longer than its arrays.');
  return message;
}

function tagged(value: unknown, arrays: WireArray[], depth: number): unknown {
  if (depth > DEEPEST) throw new WireError('The message is nested too deeply.');
  switch (typeof value) {
    case 'undefined':
      return { $: 'undefined' };
    case 'number':
      if (Object.is(value, -0)) return { $: '-0' };
      return Number.isFinite(value) ? value : { $: String(value) };
    case 'boolean':
    case 'string':
      return value;
    case 'object':
      break;
    default:
      throw new WireError(`A message cannot hold a ${typeof value}.`);
  }
  if (value === null) return null;
  if (Array.isArray(value)) return Array.from(value, (item) => tagged(item, arrays, depth + 1));
  if (ArrayBuffer.isView(value)) {
    // By the tag and not the constructor: Node's Buffer is a Uint8Array, and other realms have their own.
    const type = (value as { [Symbol.toStringTag]?: string })[Symbol.toStringTag] ?? '';
    if (!Object.hasOwn(ARRAY_TYPES, type)) throw new WireError(`A message cannot hold a ${type}.`);
    arrays.push(value as WireArray);
    return { $: [type, (value as WireArray).length] };
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
    throw new WireError(`A message cannot hold a ${value.constructor.name}.`);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key.startsWith('$') ? `$${key}` : key,
      tagged(item, arrays, depth + 1),
    ]),
  );
}

function untagged(value: unknown, body: Body, depth: number): unknown {
  if (depth > DEEPEST) throw new WireError('The message is nested too deeply.');
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => untagged(item, body, depth + 1));
  const entries = Object.entries(value);
  if (entries.length === 1 && entries[0]![0] === '$') return valueOf(entries[0]![1], body);
  return Object.fromEntries(
    entries.map(([key, item]) => {
      if (key.startsWith('$') && !key.startsWith('$$')) throw new WireError('The frame has a misplaced tag.');
      return [key.startsWith('$') ? key.slice(1) : key, untagged(item, body, depth + 1)];
    }),
  );
}

function valueOf(tag: unknown, body: Body): unknown {
  if (typeof tag === 'string' && VALUES.has(tag)) return VALUES.get(tag);
  if (Array.isArray(tag) && tag.length === 2) return body.take(tag[0], tag[1]);
  throw new WireError('The frame has an unknown tag.');
}

/** The bytes of a frame's arrays, handed out in order. */
class Body {
  constructor(
    private readonly frame: Uint8Array,
    private at: number,
  ) {}

  get isUsedUp(): boolean {
    return this.at === this.frame.byteLength;
  }

  take(type: unknown, length: unknown): WireArray {
    if (typeof type !== 'string' || !Object.hasOwn(ARRAY_TYPES, type))
      throw new WireError('The frame has an unknown kind of array.');
    const ArrayType = ARRAY_TYPES[type as ArrayTypeName];
    if (typeof length !== 'number' || !Number.isSafeInteger(length) || length < 0)
      throw new WireError('The frame has an array without a length.');
    const end = this.at + length * ArrayType.BYTES_PER_ELEMENT;
    if (end > this.frame.byteLength) throw new WireError('The frame is shorter than its arrays.');
    const array = new ArrayType(new Uint8Array(this.frame.subarray(this.at, end)).buffer);
    this.at = end;
    return array;
  }
}
