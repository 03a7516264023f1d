/**
 * The fit of the process; there is one at a time, since it uses every core. It outlives its window for a while, so that a
 * window that lost its connection finds it again, and leaves checkpoints, so that it outlives its process too.
 */
import { readFile, rm } from 'node:fs/promises';
import { deserialize, serialize } from 'node:v8';
import { writeFileAtomically } from '#audio/write-file.ts';
import { PARAMETER_COUNT } from '#core/chain/parameters.ts';
import { UserError } from '#core/errors.ts';
import type { Emit, Output, ParsedInput } from '#core/protocol/contract.ts';
import type { EngineContract } from '#core/protocol/engine.ts';
import { FIT_SAMPLE_RATE_HZ } from '#core/units.ts';
import type { OpenGpu } from '#engine/backend.ts';
import { fitPair, type FitCheckpoint, type FitOptions, type FitProgress } from '#engine/fit.ts';
import { GpuError } from '#engine/gpu/device.ts';
import type { CacheFolder } from './cache-folder.ts';
import { Job } from './jobs.ts';
import { RemainingTime } from './remaining-time.ts';
import type { Source } from './sources.ts';

type Request = ParsedInput<EngineContract, 'fit.start'>;
type Result = Output<EngineContract, 'fit.start'>;

const PROGRESS_MS = 100;
const CHECKPOINT_MS = 5000;
/** A fit's name is part of a file's name. */
const JOB_NAME = /^[A-Za-z0-9-]+$/;

/** Open or closed; whoever passes waits while it is closed. */
class Gate {
  private opened: Promise<void> | undefined;
  private letThrough: (() => void) | undefined;

  close(): void {
    this.opened ??= new Promise((resolve) => (this.letThrough = resolve));
  }

  open(): void {
    this.letThrough?.();
    this.opened = undefined;
  }

  async pass(): Promise<void> {
    await this.opened;
  }
}

/** In the place of a GPU once the process has ended in the middle of a fit: what ended it may have been the GPU's driver. */
const withoutGpu: OpenGpu = () =>
  Promise.reject(
    new GpuError('The engine had stopped, perhaps because of the GPU; the fit goes on without it.'),
  );

/** A window's end of the process. */
export interface Listener {
  readonly emit: Emit<EngineContract>;
}

interface RunningFit {
  readonly job: string;
  readonly controller: AbortController;
  readonly gate: Gate;
  readonly result: Promise<Result>;
  /** Absent while the window that started it is gone. */
  listener: Listener | undefined;
  isDone: boolean;
}

export class Fitting {
  private current: RunningFit | undefined;

  /**
   * @param patienceMs how long a fit goes on without a window
   * @param openGpu absent where no GPU can be reached
   */
  constructor(
    private readonly cache: CacheFolder,
    private readonly patienceMs: number,
    private readonly openGpu?: OpenGpu,
  ) {}

  /**
   * Starts a fit, or finds the one that goes by the same name. Throws UserError('usage') while another one runs,
   * 'bad-input' for a pair that cannot be fitted.
   */
  async start(request: Request, dry: Source, target: Source, listener: Listener): Promise<Result> {
    requireWellFormed(request);
    if (this.current?.job === request.job) {
      this.current.listener = listener;
      return this.resultOf(this.current);
    }
    if (this.current && !this.current.isDone)
      throw new UserError('usage', 'A fit is running already; stop it first, or wait for it to end.');
    const fit = this.launch(request, dry, target, listener);
    this.current = fit;
    return this.resultOf(fit);
  }

  private async resultOf(fit: RunningFit): Promise<Result> {
    try {
      return await fit.result;
    } finally {
      // A result that nobody has heard waits for the window to come back.
      if (fit.listener && this.current === fit) this.current = undefined;
    }
  }

  private launch(request: Request, dry: Source, target: Source, listener: Listener): RunningFit {
    const controller = new AbortController();
    const gate = new Gate();
    controller.signal.addEventListener('abort', () => {
      gate.open();
    });
    const fit: RunningFit = {
      job: request.job,
      controller,
      gate,
      listener,
      isDone: false,
      result: Promise.resolve()
        .then(() => this.run(request, dry, target, fit))
        .finally(() => (fit.isDone = true)),
    };
    return fit;
  }

  private async run(request: Request, dry: Source, target: Source, fit: RunningFit): Promise<Result> {
    const job = new Job(request.job, fit.controller.signal, (progress) =>
      fit.listener?.emit('progress', progress),
    );
    const checkpoints = new Checkpoints(this.cache.checkpointPath(request.job), fingerprintOf(request));
    const resume = request.resume ? await checkpoints.read() : undefined;
    try {
      const [dryAudio, wetAudio] = [await dry.forFit('dry', job), await target.forFit('target', job)];
      const report = reporter(request.job, fit);
      const { raw, calibration, loss, terms, initialLoss, ...rest } = await fitPair(dryAudio, wetAudio, {
        ...optionsOf(request),
        ...(this.openGpu ? { openGpu: request.resume ? withoutGpu : this.openGpu } : {}),
        // What the fit runs on says why; who asked for the GPU needs no warning besides.
        ...(request.resume && request.backend === 'webgpu' ? { backend: 'auto' } : {}),
        ...(resume === undefined ? {} : { resume }),
        signal: fit.controller.signal,
        gate: () => fit.gate.pass(),
        onWork: (text) => fit.listener?.emit('progress', { job: request.job, text }),
        onWarning: (message) => fit.listener?.emit('fit.warning', { job: request.job, message }),
        onProgress: report,
        onCheckpoint: (checkpoint) => {
          checkpoints.offer(checkpoint);
        },
      });
      return { raw, calibration, loss, terms, initialLoss, ...rest };
    } finally {
      await checkpoints.end();
    }
  }

  pause(job: string): void {
    if (this.current?.job === job && !this.current.controller.signal.aborted) this.current.gate.close();
  }

  continue(job: string): void {
    if (this.current?.job === job) this.current.gate.open();
  }

  /** The fit keeps its best; unknown jobs are no error. */
  cancel(job: string): void {
    if (this.current?.job === job) this.current.controller.abort();
  }

  /** A window is gone. Its fit goes on for a while, and ends unless a window asks for it by its name. */
  release(listener: Listener): void {
    const { current } = this;
    if (current?.listener !== listener) return;
    current.listener = undefined;
    setTimeout(() => {
      if (current.listener) return;
      current.controller.abort();
      if (this.current === current) this.current = undefined;
    }, this.patienceMs).unref();
  }

  /** Stops the fit; resolves when it has ended. */
  async end(): Promise<void> {
    this.current?.controller.abort();
    await this.current?.result.catch(() => undefined);
  }
}

/** Throws UserError('usage') for what the schemas cannot tell. */
function requireWellFormed({ job, locked, init, start }: Request): void {
  if (!JOB_NAME.test(job)) throw new UserError('usage', 'The name of a fit has letters, digits and hyphens.');
  if (locked.some((index) => index >= PARAMETER_COUNT))
    throw new UserError('usage', `Locked parameters are numbered from 0 to ${PARAMETER_COUNT - 1}.`);
  if (!init && (locked.length > 0 || start === 'current'))
    throw new UserError('usage', 'A fit from the present setting, or with locks, needs that setting.');
}

function optionsOf(request: Request): FitOptions {
  const { budgetSeconds, fromSeconds, toSeconds, init, start, locked, alignment, seed, backend } = request;
  return {
    seed,
    locked,
    ...(backend === undefined ? {} : { backend }),
    ...(budgetSeconds === undefined ? {} : { budgetSeconds }),
    ...(fromSeconds === undefined ? {} : { fromSeconds }),
    ...(toSeconds === undefined ? {} : { toSeconds }),
    ...(init && start === 'current' ? { init } : {}),
    ...(init ? { lockedAt: init } : {}),
    ...(alignment
      ? {
          alignment: {
            offsetSamples: alignment.offsetSeconds * FIT_SAMPLE_RATE_HZ,
            polarity: alignment.polarity,
          },
        }
      : {}),
  };
}

/** What a checkpoint's fit must have in common with one that goes on from it. */
function fingerprintOf({ dry, target, ...request }: Request): string {
  return JSON.stringify([dry, target, optionsOf({ dry, target, ...request })]);
}

/** Passes progress on, ten times a second and at both ends. */
function reporter(job: string, fit: RunningFit): (progress: FitProgress) => void {
  const remaining = new RemainingTime();
  let lastMs = -Infinity;
  return ({ step, elapsed, loss, terms, raw, phase, fraction, use }) => {
    const remainingSeconds = remaining.update(elapsed, fraction);
    const now = performance.now();
    if (phase === 'fit' && now - lastMs < PROGRESS_MS) return;
    lastMs = now;
    const progress = { job, step, elapsed, loss, terms, raw, phase, fraction, remainingSeconds, use };
    fit.listener?.emit('fit.progress', progress);
  };
}

/** The checkpoint of one fit on the disk. */
class Checkpoints {
  private lastMs = -Infinity;
  private writing: Promise<void> | undefined;

  constructor(
    private readonly path: string,
    private readonly fingerprint: string,
  ) {}

  /** Undefined where there is none of the same fit. */
  async read(): Promise<FitCheckpoint | undefined> {
    try {
      const stored = deserialize(await readFile(this.path)) as [string, FitCheckpoint];
      return stored[0] === this.fingerprint ? stored[1] : undefined;
    } catch {
      return undefined;
    }
  }

  /** Writes it if it is time for that. A disk that is full costs the checkpoint, not the fit. */
  offer(checkpoint: FitCheckpoint): void {
    const now = performance.now();
    if (this.writing || now - this.lastMs < CHECKPOINT_MS) return;
    this.lastMs = now;
    this.writing = writeFileAtomically(this.path, serialize([this.fingerprint, checkpoint]))
      .catch(() => undefined)
      .finally(() => (this.writing = undefined));
  }

  /** The fit has ended. */
  async end(): Promise<void> {
    await this.writing;
    await rm(this.path, { force: true }).catch(() => undefined);
  }
}
