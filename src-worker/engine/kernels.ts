/**
 * One private instance of the compiled kernels with its own memory, and the tables its transforms need.
 * Addresses are byte offsets into that memory; `allocate` never frees, so allocate once and reuse.
 */

/** What the compiled module exports; each function is documented beside its source in src-worker/kernels. */
interface KernelExports {
  forwardBatch(data: number, n: number, twiddles: number): void;
  inverseBatch(data: number, n: number, twiddles: number): void;
  forwardReal(x: number, re: number, im: number, plan: number): void;
  inverseReal(re: number, im: number, x: number, plan: number): void;
  equalizerForward(
    x: number,
    y: number,
    length: number,
    coefficients: number,
    taps: number,
    stride: number,
  ): void;
  equalizerAdjoint(
    gradY: number,
    length: number,
    coefficients: number,
    taps: number,
    stride: number,
    gradient: number,
  ): void;
  averagePower(x: number, m: number, length: number, averaging: number): void;
  averagePowerAdjoint(
    x: number,
    m: number,
    gradM: number,
    gradX: number,
    length: number,
    averaging: number,
  ): number;
  gainCurve(m: number, g: number, length: number, ct: number, cs: number, et: number, es: number): void;
  gainCurveAdjoint(
    m: number,
    g: number,
    gradG: number,
    length: number,
    ct: number,
    cs: number,
    et: number,
    es: number,
    sums: number,
  ): void;
  smoothGain(g: number, y: number, length: number, attack: number, release: number): void;
  smoothGainAdjoint(
    g: number,
    y: number,
    gradY: number,
    length: number,
    attack: number,
    release: number,
    sums: number,
  ): void;
  applyGain(x: number, gain: number, u: number, length: number, makeup: number): void;
  applyGainAdjoint(
    x: number,
    gain: number,
    gradU: number,
    gradX: number,
    gradGain: number,
    length: number,
    makeup: number,
  ): number;
  convolveStereo(
    left: number,
    right: number,
    outLeft: number,
    outRight: number,
    batches: number,
    n: number,
    from: number,
    hop: number,
    ones: number,
    twiddles: number,
    filter: number,
    scratch: number,
  ): void;
  convolveMono(
    x: number,
    y: number,
    batches: number,
    n: number,
    from: number,
    hop: number,
    ones: number,
    twiddles: number,
    filter: number,
    scratch: number,
  ): void;
  convolveMonoAdjoint(
    x: number,
    gradY: number,
    gradX: number,
    batches: number,
    n: number,
    hop: number,
    mask: number,
    ones: number,
    twiddles: number,
    filter: number,
    scratch: number,
    scratch2: number,
    gradFilter: number,
  ): void;
  accumulateInto(sum: number, x: number, length: number): void;
  stftTarget(
    left: number,
    right: number,
    n: number,
    hop: number,
    frames: number,
    window: number,
    twiddles: number,
    places: number,
    scratch: number,
    target: number,
    floor: number,
    sums: number,
  ): void;
  stftForward(
    left: number,
    right: number,
    n: number,
    hop: number,
    frames: number,
    window: number,
    twiddles: number,
    places: number,
    scratch: number,
    target: number,
    floor: number,
    sums: number,
  ): void;
  stftGradient(
    left: number,
    right: number,
    n: number,
    hop: number,
    frames: number,
    window: number,
    twiddles: number,
    places: number,
    scratch: number,
    target: number,
    floor: number,
    sums: number,
    weights: number,
    gradLeft: number,
    gradRight: number,
  ): void;
  dynamicsAverages(
    left: number,
    right: number,
    length: number,
    stride: number,
    coefficients: number,
    averages: number,
    arrayStride: number,
  ): void;
  dynamicsTarget(short: number, long: number, length: number, shift: number, ratio: number): void;
  dynamicsForward(
    short: number,
    long: number,
    length: number,
    shift: number,
    ratio: number,
    gradShort: number,
    gradLong: number,
    sums: number,
  ): void;
  dynamicsAdjoint(
    left: number,
    right: number,
    length: number,
    stride: number,
    coefficients: number,
    shiftA: number,
    shiftB: number,
    gradients: number,
    arrayStride: number,
    weights: number,
    gradLeft: number,
    gradRight: number,
  ): void;
  transferForward(
    grid: number,
    settings: number,
    leftRe: number,
    leftIm: number,
    rightRe: number,
    rightIm: number,
  ): void;
  transferAdjoint(
    grid: number,
    settings: number,
    leftRe: number,
    leftIm: number,
    rightRe: number,
    rightIm: number,
    totals: number,
    cellSums: number,
  ): void;
  applyTransfer(
    bins: number,
    inputRe: number,
    inputIm: number,
    tRe: number,
    tIm: number,
    outRe: number,
    outIm: number,
    scale: number,
  ): void;
  applyTransferAdjoint(
    bins: number,
    inputRe: number,
    inputIm: number,
    tRe: number,
    tIm: number,
    gradRe: number,
    gradIm: number,
    gradTRe: number,
    gradTIm: number,
    gradInputRe: number,
    gradInputIm: number,
    scale: number,
    first: boolean,
  ): void;
}

/** Tables of a batched transform of n points; see kernels/fft.ts. */
export interface BatchTables {
  readonly length: number;
  readonly twiddles: number;
  /** Bin held at place i after a forward transform. */
  readonly bins: Int32Array;
  /** Place that holds bin k after a forward transform. */
  readonly places: Int32Array;
}

const PAGE_BYTES = 65_536;
const MAX_PAGES = 65_536;
const ALIGNMENT = 64;

/** Bytes an i32 array of the digit-reversed bins would hold: radix 4, with one last radix-2 stage for odd powers. */
function digitReversal(n: number): Int32Array {
  let bins = Int32Array.of(0);
  const grow = (radix: number) => {
    // A block of `length` points splits into `radix` blocks; block r holds bins ≡ r (mod radix).
    const next = new Int32Array(bins.length * radix);
    for (let r = 0; r < radix; r++)
      for (let i = 0; i < bins.length; i++) next[r * bins.length + i] = bins[i]! * radix + r;
    bins = next;
  };
  const stages: number[] = [];
  let length = n;
  for (; length >= 4; length /= 4) stages.push(4);
  if (length === 2) stages.push(2);
  for (const radix of stages.reverse()) grow(radix);
  return bins;
}

export class Kernels {
  readonly call: KernelExports;
  readonly memory: WebAssembly.Memory;
  private top: number;
  private readonly batchTables = new Map<number, BatchTables>();
  private readonly realPlans = new Map<number, number>();

  constructor(module: WebAssembly.Module) {
    this.memory = new WebAssembly.Memory({ initial: 16, maximum: MAX_PAGES });
    const abort = () => {
      throw new Error('A kernel aborted.');
    };
    const instance = new WebAssembly.Instance(module, { env: { memory: this.memory, abort } });
    this.call = instance.exports as unknown as KernelExports;
    const heapBase = (instance.exports['__heap_base'] as WebAssembly.Global | undefined)?.value as
      number | undefined;
    this.top = heapBase ?? PAGE_BYTES;
  }

  /** Reserves zeroed bytes aligned for vectors. Views made before may be detached: make views after allocating. */
  allocate(bytes: number): number {
    const address = Math.ceil(this.top / ALIGNMENT) * ALIGNMENT;
    this.top = address + bytes;
    const missing = this.top - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE_BYTES));
    return address;
  }

  allocateFloats(count: number): number {
    return this.allocate(count * 4);
  }

  f32(address: number, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, address, length);
  }

  f64(address: number, length: number): Float64Array {
    return new Float64Array(this.memory.buffer, address, length);
  }

  i32(address: number, length: number): Int32Array {
    return new Int32Array(this.memory.buffer, address, length);
  }

  /** Tables for batched transforms of n points, n a power of two ≥ 4; made once per n. */
  batch(n: number): BatchTables {
    let tables = this.batchTables.get(n);
    if (!tables) {
      const values: number[] = [];
      for (let length = n; length >= 4; length /= 4)
        for (let j = 1; j < length / 4; j++)
          for (let power = 1; power <= 3; power++) {
            const angle = (-2 * Math.PI * j * power) / length;
            values.push(Math.cos(angle), Math.sin(angle));
          }
      const twiddles = this.allocateFloats(values.length + 1);
      this.f32(twiddles, values.length).set(values);
      const bins = digitReversal(n);
      const places = new Int32Array(n);
      bins.forEach((bin, place) => (places[bin] = place));
      tables = { length: n, twiddles, bins, places };
      this.batchTables.set(n, tables);
    }
    return tables;
  }

  /** Address of the plan of a real transform of P points, P a power of two ≥ 512; made once per P. */
  realPlan(points: number): number {
    let plan = this.realPlans.get(points);
    if (plan === undefined) {
      plan = this.makeRealPlan(points);
      this.realPlans.set(points, plan);
    }
    return plan;
  }

  private makeRealPlan(points: number): number {
    const half = points / 2;
    const log2 = Math.log2(half);
    if (!Number.isInteger(log2) || log2 < 8)
      throw new RangeError(`No plan for a real transform of ${points} points.`);
    const rows = 2 ** Math.floor(log2 / 2);
    const columns = half / rows;
    const rowTables = this.batch(rows);
    const columnTables = this.batch(columns);
    const addressOfOffsets = (bins: Int32Array, factor: number): number => {
      const address = this.allocate(bins.length * 4);
      this.i32(address, bins.length).set(bins.map((bin) => bin * factor));
      return address;
    };
    const columnReversal = addressOfOffsets(rowTables.bins, columns);
    const rowReversal = addressOfOffsets(columnTables.bins, rows);
    const scratchBatch = this.allocate(columns * 32);
    const stepTwiddles = this.allocateFloats(half * 2);
    const splitTwiddles = this.allocateFloats(half);
    const scratchRe = this.allocateFloats(half + 4);
    const scratchIm = this.allocateFloats(half + 4);
    const step = this.f32(stepTwiddles, half * 2);
    const cosines = new Float64Array(half);
    const sines = new Float64Array(half);
    for (let i = 0; i < half; i++) {
      cosines[i] = Math.cos((2 * Math.PI * i) / half);
      sines[i] = -Math.sin((2 * Math.PI * i) / half);
    }
    let at = 0;
    for (let column = 0; column < columns; column += 4)
      for (const bin of rowTables.bins) {
        for (let lane = 0; lane < 4; lane++) {
          const angle = ((column + lane) * bin) % half;
          step[at + lane] = cosines[angle]!;
          step[at + 4 + lane] = sines[angle]!;
        }
        at += 8;
      }
    const split = this.f32(splitTwiddles, half);
    for (let k = 0; k < half / 2; k++) {
      const place = (k >> 2) * 8 + (k & 3);
      split[place] = Math.cos((2 * Math.PI * k) / points);
      split[place + 4] = -Math.sin((2 * Math.PI * k) / points);
    }
    const plan = this.allocate(11 * 4);
    this.i32(plan, 11).set([
      rows,
      columns,
      scratchBatch,
      rowTables.twiddles,
      columnTables.twiddles,
      columnReversal,
      rowReversal,
      stepTwiddles,
      splitTwiddles,
      scratchRe,
      scratchIm,
    ]);
    return plan;
  }
}
