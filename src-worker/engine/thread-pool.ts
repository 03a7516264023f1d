/** The objective spread over worker threads, each with its own instance of the kernels. */
import { Worker } from 'node:worker_threads';
import type { EvaluatorOptions } from './cpu/evaluator.ts';
import type { EvaluationReply, EvaluationRequest, SharedSegment } from './evaluation-protocol.ts';
import type { Evaluation, GradientMode, Objective, Segment } from './objective.ts';

function shared(samples: Float32Array): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(samples.length * 4);
  new Float32Array(buffer).set(samples);
  return buffer;
}

function threadUrl(): URL {
  const inSources = import.meta.url.includes('/src-worker/');
  return new URL(inSources ? '../../dist/evaluation-thread.js' : './evaluation-thread.js', import.meta.url);
}

class EvaluationThread {
  private readonly worker: Worker;
  private readonly waiting = new Map<
    number,
    { resolve: (e: Evaluation) => void; reject: (e: Error) => void }
  >();
  private lastId = 0;

  constructor(start: EvaluationRequest) {
    this.worker = new Worker(threadUrl());
    this.worker.on('message', (reply: EvaluationReply) => {
      const call = this.waiting.get(reply.id);
      this.waiting.delete(reply.id);
      if ('evaluation' in reply) call?.resolve(reply.evaluation);
      else call?.reject(new Error(reply.error));
    });
    const fail = (error: Error) => {
      for (const { reject } of this.waiting.values()) reject(error);
      this.waiting.clear();
    };
    this.worker.on('error', fail);
    this.worker.on('exit', (code) => {
      fail(new Error(`An evaluation thread ended with code ${code}.`));
    });
    this.worker.postMessage(start);
  }

  evaluate(
    raw: Float64Array,
    segments: readonly number[],
    mode: GradientMode,
    withGradient: boolean,
  ): Promise<Evaluation> {
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({
        kind: 'evaluate',
        id,
        raw,
        segments,
        mode,
        withGradient,
      } satisfies EvaluationRequest);
    });
  }

  async end(): Promise<void> {
    await this.worker.terminate();
  }
}

/** Mean of evaluations of disjoint sets of segments, weighted by their sizes, in the order given. */
function meanOf(parts: readonly Evaluation[], sizes: readonly number[]): Evaluation {
  if (parts.length === 1) return parts[0]!;
  const count = sizes.reduce((a, b) => a + b, 0);
  const terms = { mss_lr: 0, mss_ms: 0, mldr_lr: 0, mldr_ms: 0 };
  let total = 0;
  const gradient = parts[0]!.gradient && new Float64Array(parts[0]!.gradient.length);
  parts.forEach((part, p) => {
    const share = sizes[p]! / count;
    total += share * part.total;
    for (const key of Object.keys(terms) as (keyof typeof terms)[]) terms[key] += share * part.terms[key];
    part.gradient?.forEach((g, i) => (gradient![i]! += share * g));
  });
  return { total, terms, delayRegulariser: parts[0]!.delayRegulariser, ...(gradient ? { gradient } : {}) };
}

/** Threads that share one set of segments; any group of them can evaluate any of the segments. */
export class ThreadPool {
  private readonly threads: readonly EvaluationThread[];

  constructor(
    module: WebAssembly.Module,
    segments: readonly Segment[],
    options: EvaluatorOptions,
    threads: number,
    /** Prepared segments that each thread keeps, some 30 MB each. */
    slots: number,
  ) {
    const copies: SharedSegment[] = segments.map(({ dry, wet: [left, right], warmupSamples }) => ({
      dry: shared(dry),
      left: shared(left),
      right: shared(right),
      warmupSamples,
    }));
    const start: EvaluationRequest = {
      kind: 'start',
      module,
      maxLength: Math.max(...segments.map(({ dry }) => dry.length)),
      maxRegion: Math.max(...segments.map(({ dry, warmupSamples }) => dry.length - warmupSamples)),
      slots,
      segments: copies,
      options,
    };
    this.threads = Array.from({ length: threads }, () => new EvaluationThread(start));
  }

  /** The objective on `count` threads from number `first` on; segment i always goes to the same of them. */
  objective(first: number, count: number): Objective {
    const group = this.threads.slice(first, first + count);
    return {
      evaluate: async (raw, segments, mode, withGradient) => {
        const shares = group.map((_, t) => segments.filter((index) => index % group.length === t));
        const busy = group.flatMap((thread, t) =>
          shares[t]!.length > 0 ? [{ thread, share: shares[t]! }] : [],
        );
        const parts = await Promise.all(
          busy.map(({ thread, share }) => thread.evaluate(raw, share, mode, withGradient)),
        );
        return meanOf(
          parts,
          busy.map(({ share }) => share.length),
        );
      },
    };
  }

  async end(): Promise<void> {
    await Promise.all(this.threads.map((thread) => thread.end()));
  }
}
