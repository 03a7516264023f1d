/**
 * The little that the objective needs of WebGPU, on the standard interface alone: buffers, kernels, and recordings of
 * dispatches with one answer read back. Who has a `GPU` to give is the host's affair.
 */

import { workOf, type Work } from './work.ts';

/** Threads of a workgroup in one dimension unless a kernel says otherwise: within every adapter's limits. */
export const WORKGROUP = 256;

/** Limits that are asked for as large as the adapter has them; kernels keep within the standard's guaranteed values of all others. */
const LARGE_LIMITS = ['maxBufferSize', 'maxStorageBufferBindingSize'] as const;

/** What went wrong with a device, in one sentence for people. */
export class GpuError extends Error {
  override readonly name = 'GpuError';
}

export interface AdapterFacts {
  readonly name: string;
  readonly type: 'hardware' | 'software';
  /** All that WebGPU tells of, by its names. */
  readonly limits: Readonly<Record<string, number>>;
}

export function adapterFacts(adapter: GPUAdapter): AdapterFacts {
  const { vendor, architecture, device, description } = adapter.info;
  const name = description || [vendor, architecture, device].filter(Boolean).join(' ') || 'unnamed adapter';
  // Not every implementation marks its software adapters as fallbacks.
  const isSoftware =
    adapter.info.isFallbackAdapter ||
    /swiftshader|llvmpipe|lavapipe|basic render|warp/i.test(name + vendor + architecture);
  return { name, type: isSoftware ? 'software' : 'hardware', limits: allOf(adapter.limits) };
}

function allOf(limits: GPUSupportedLimits): Record<string, number> {
  const all: Record<string, number> = {};
  // They are getters of the prototype, which no other way of enumerating finds.
  for (const name in limits) {
    const limit = limits[name as keyof GPUSupportedLimits];
    if (typeof limit === 'number') all[name] = limit;
  }
  return all;
}

/** One dispatch, ready to be recorded. */
export interface Dispatch {
  readonly label: string;
  readonly pipeline: GPUComputePipeline;
  readonly bindings: GPUBindGroup;
  readonly work: Work;
}

export type Binding = GPUBuffer | GPUBufferBinding;

/** A compute shader whose entry point is `main` and whose bindings are those of group 0, in order. */
export class Kernel {
  constructor(
    private readonly device: GPUDevice,
    readonly label: string,
    private readonly pipeline: GPUComputePipeline,
    private readonly work: Work,
  ) {}

  /** The kernel on these buffers: binding 0, 1, … */
  on(...buffers: readonly Binding[]): Dispatch {
    return {
      label: this.label,
      pipeline: this.pipeline,
      bindings: this.device.createBindGroup({
        label: this.label,
        layout: this.pipeline.getBindGroupLayout(0),
        entries: buffers.map((buffer, binding) => ({
          binding,
          resource: 'buffer' in buffer ? buffer : { buffer },
        })),
      }),
      work: this.work,
    };
  }
}

/** Of the dispatches of one label: nanoseconds (0 without timestamps), how many there were, what they had to do (work.ts). */
export interface KernelTime {
  nanoseconds: number;
  dispatches: number;
  operations: number;
  bytes: number;
}
export type KernelTimes = Map<string, KernelTime>;

/** What one recording dispatches, with two timestamps each where the device has them. */
class Timeline {
  static readonly CAPACITY = 2048;
  private readonly dispatches: { label: string; operations: number; bytes: number }[] = [];
  private readonly stamps: {
    readonly queries: GPUQuerySet;
    readonly resolved: GPUBuffer;
    readonly answer: GPUBuffer;
  } | null;

  constructor(device: GPUDevice) {
    const size = Timeline.CAPACITY * 16;
    this.stamps = device.features.has('timestamp-query')
      ? {
          queries: device.createQuerySet({ type: 'timestamp', count: Timeline.CAPACITY * 2 }),
          resolved: device.createBuffer({
            size,
            usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
          }),
          answer: device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST }),
        }
      : null;
  }

  /** Of the pass that holds a dispatch over `rows` alone; nothing more once the timeline is full. */
  descriptor({ label, work }: Dispatch, rows: number): GPUComputePassDescriptor | undefined {
    if (this.dispatches.length === Timeline.CAPACITY) return undefined;
    const first = this.dispatches.length * 2;
    this.dispatches.push({ label, ...workOf(work, rows) });
    if (!this.stamps) return { label };
    return {
      label,
      timestampWrites: {
        querySet: this.stamps.queries,
        beginningOfPassWriteIndex: first,
        endOfPassWriteIndex: first + 1,
      },
    };
  }

  resolve(encoder: GPUCommandEncoder): void {
    if (!this.stamps || this.dispatches.length === 0) return;
    const { queries, resolved, answer } = this.stamps;
    encoder.resolveQuerySet(queries, 0, this.dispatches.length * 2, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, answer, 0, this.dispatches.length * 16);
  }

  async read(): Promise<KernelTimes> {
    const times: KernelTimes = new Map();
    const nanoseconds = await this.readStamps();
    this.dispatches.forEach(({ label, operations, bytes }, i) => {
      addTime(times, label, { nanoseconds: nanoseconds[i] ?? 0, dispatches: 1, operations, bytes });
    });
    return times;
  }

  /** Nanoseconds of every dispatch; none where the device has no timestamps. */
  private async readStamps(): Promise<number[]> {
    if (!this.stamps) return [];
    const { queries, resolved, answer } = this.stamps;
    let nanoseconds: number[] = [];
    if (this.dispatches.length > 0) {
      await answer.mapAsync(GPUMapMode.READ);
      const stamps = new BigUint64Array(answer.getMappedRange());
      nanoseconds = this.dispatches.map((_, i) => Number(stamps[2 * i + 1]! - stamps[2 * i]!));
      answer.unmap();
    }
    queries.destroy();
    resolved.destroy();
    answer.destroy();
    return nanoseconds;
  }
}

/** Dispatches in order; each sees what those before it have written. */
export class Recording {
  private readonly encoder: GPUCommandEncoder;
  private pass: GPUComputePassEncoder | null = null;

  constructor(
    device: GPUDevice,
    private readonly timeline: Timeline | null,
  ) {
    this.encoder = device.createCommandEncoder();
  }

  /** Counts of workgroups; `rows`: for how many segments or rows the kernel's work is done, where that is not z. */
  dispatch(dispatch: Dispatch, x: number, y = 1, z = 1, rows = z): void {
    if (x * y * z === 0) return;
    if (this.timeline) this.endPass();
    this.pass ??= this.encoder.beginComputePass(this.timeline?.descriptor(dispatch, rows));
    this.pass.setPipeline(dispatch.pipeline);
    this.pass.setBindGroup(0, dispatch.bindings);
    this.pass.dispatchWorkgroups(x, y, z);
  }

  /** Zeroes a buffer, or `bytes` of it from `offset` on. */
  clear(buffer: GPUBuffer, offset = 0, bytes?: number): void {
    this.endPass();
    this.encoder.clearBuffer(buffer, offset, bytes);
  }

  copy(from: GPUBuffer, fromOffset: number, to: GPUBuffer, toOffset: number, bytes: number): void {
    this.endPass();
    this.encoder.copyBufferToBuffer(from, fromOffset, to, toOffset, bytes);
  }

  finish(): GPUCommandBuffer {
    this.endPass();
    this.timeline?.resolve(this.encoder);
    return this.encoder.finish();
  }

  private endPass(): void {
    this.pass?.end();
    this.pass = null;
  }
}

/** A device with everything made on it. */
export class GpuContext {
  private readonly buffers = new Set<GPUBuffer>();
  /** Why the device can no longer be used; null while it can. */
  private problem: string | null = null;
  private isEnded = false;
  /** Of what listens to the device. */
  private readonly scope = new AbortController();
  /** Where a benchmark collects the times of kernels; null at all other times. */
  times: KernelTimes | null = null;

  private constructor(
    readonly device: GPUDevice,
    readonly adapter: AdapterFacts,
    private readonly isFork = false,
  ) {
    void device.lost.then(({ reason, message }) => {
      const details = [reason === 'unknown' ? '' : reason, message && oneLine(message).replace(/\.$/, '')];
      const known = details.filter(Boolean).join(': ');
      if (!this.isEnded) this.problem = `The GPU was lost${known && ` (${known})`}.`;
    });
    device.addEventListener(
      'uncapturederror',
      (event) => {
        this.problem ??= `The GPU reported: ${oneLine(event.error.message)}`;
      },
      { signal: this.scope.signal },
    );
  }

  /** Throws GpuError where there is no adapter or it gives no device. */
  static async open(gpu: GPU): Promise<GpuContext> {
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter) throw new GpuError('No GPU that WebGPU can use was found.');
    return GpuContext.openAdapter(adapter);
  }

  static async openAdapter(adapter: GPUAdapter): Promise<GpuContext> {
    try {
      const device = await adapter.requestDevice({
        requiredLimits: Object.fromEntries(LARGE_LIMITS.map((limit) => [limit, adapter.limits[limit]])),
        requiredFeatures: adapter.features.has('timestamp-query') ? ['timestamp-query'] : [],
      });
      return new GpuContext(device, adapterFacts(adapter));
    } catch (error) {
      throw new GpuError(`The GPU gave no device: ${oneLine(String(error))}`);
    }
  }

  get limits(): GPUSupportedLimits {
    return this.device.limits;
  }

  /** A zeroed buffer of `count` numbers of four bytes, readable and writable by kernels. */
  numbers(label: string, count: number): GPUBuffer {
    this.check();
    const size = Math.max(16, count * 4);
    if (size > Math.min(this.limits.maxBufferSize, this.limits.maxStorageBufferBindingSize))
      throw new GpuError(`The GPU has no buffers of ${Math.ceil(size / 2 ** 20)} MB (${label}).`);
    const buffer = this.device.createBuffer({
      label,
      size,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC,
    });
    this.buffers.add(buffer);
    return buffer;
  }

  /** A buffer with these numbers in it. */
  filled(label: string, data: Float32Array | Uint32Array): GPUBuffer {
    const buffer = this.numbers(label, data.length);
    this.write(buffer, data);
    return buffer;
  }

  /** `offset` in numbers. Takes effect before whatever is submitted next. */
  write(buffer: GPUBuffer, data: Float32Array | Uint32Array, offset = 0): void {
    this.device.queue.writeBuffer(buffer, offset * 4, data as GPUAllowSharedBufferSource);
  }

  /** Throws a plain Error, a defect, if the code does not compile. */
  async kernel(label: string, code: string, work: Work): Promise<Kernel> {
    this.check();
    const module = this.device.createShaderModule({ label, code });
    const pipeline = await this.device.createComputePipelineAsync({
      label,
      layout: 'auto',
      compute: { module, entryPoint: 'main' },
    });
    return new Kernel(this.device, label, pipeline, work);
  }

  /** Runs what `record` records; reads nothing back. */
  run(record: (recording: Recording) => void): void {
    const timeline = this.timeline();
    const recording = new Recording(this.device, timeline);
    record(recording);
    this.device.queue.submit([recording.finish()]);
    // What was lost with the device is told by whoever reads next.
    if (timeline) this.collect(timeline).catch(() => undefined);
  }

  /**
   * Runs what `record` records and resolves with `count` numbers of a buffer from `offset` on.
   * Throws GpuError if the device was lost or reported an error.
   */
  async read(
    buffer: GPUBuffer,
    count: number,
    offset = 0,
    record?: (recording: Recording) => void,
  ): Promise<Float32Array> {
    this.check();
    const answer = this.device.createBuffer({
      label: 'answer',
      size: count * 4,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    const timeline = this.timeline();
    try {
      const recording = new Recording(this.device, timeline);
      record?.(recording);
      recording.copy(buffer, offset * 4, answer, 0, count * 4);
      this.device.queue.submit([recording.finish()]);
      await answer.mapAsync(GPUMapMode.READ);
      this.check();
      const numbers = new Float32Array(answer.getMappedRange()).slice();
      answer.unmap();
      return numbers;
    } catch (error) {
      this.check();
      throw new GpuError(gpuProblem(error));
    } finally {
      answer.destroy();
      if (timeline) await this.collect(timeline);
    }
  }

  /** A context on the same device, whose end gives back only what was made through it. */
  fork(): GpuContext {
    return new GpuContext(this.device, this.adapter, true);
  }

  /** Runs `make`, which allocates. Throws GpuError if the GPU's memory does not suffice. */
  async allocating<T>(make: () => Promise<T>): Promise<T> {
    this.device.pushErrorScope('out-of-memory');
    try {
      return await make();
    } finally {
      const error = await this.device.popErrorScope();
      if (error) throw new GpuError('The GPU has too little memory.');
    }
  }

  /** Bytes in buffers that were made through this context. */
  get bytes(): number {
    return [...this.buffers].reduce((sum, { size }) => sum + size, 0);
  }

  /** Gives back everything made through this context, and the device unless it is a fork's. */
  end(): void {
    this.isEnded = true;
    this.scope.abort();
    for (const buffer of this.buffers) buffer.destroy();
    this.buffers.clear();
    if (!this.isFork) this.device.destroy();
  }

  /** Throws GpuError if the device is of no use any more. */
  check(): void {
    if (this.isEnded) throw new GpuError('The GPU was given back.');
    if (this.problem !== null) throw new GpuError(this.problem);
  }

  private timeline(): Timeline | null {
    return this.times ? new Timeline(this.device) : null;
  }

  private async collect(timeline: Timeline): Promise<void> {
    const { times } = this;
    const found = await timeline.read();
    if (times) for (const [label, time] of found) addTime(times, label, time);
  }
}

function addTime(times: KernelTimes, label: string, time: KernelTime): void {
  const sum = times.get(label) ?? { nanoseconds: 0, dispatches: 0, operations: 0, bytes: 0 };
  times.set(label, {
    nanoseconds: sum.nanoseconds + time.nanoseconds,
    dispatches: sum.dispatches + time.dispatches,
    operations: sum.operations + time.operations,
    bytes: sum.bytes + time.bytes,
  });
}

/** The first line, with a full stop. */
export function oneLine(message: string): string {
  const line = message.split('\n')[0]!.trim();
  return /[.!?]$/.test(line) ? line : `${line}.`;
}

/** What went wrong on a GPU, in one sentence. */
export function gpuProblem(error: unknown): string {
  if (error instanceof GpuError) return oneLine(error.message);
  return `The GPU failed: ${oneLine(error instanceof Error ? error.message : String(error))}`;
}

/** Rejects with GpuError unless the work is done in time; drivers can hang without a word. */
export async function answeredWithin<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new GpuError(`The GPU has not answered for ${milliseconds / 1000} seconds.`));
    }, milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
