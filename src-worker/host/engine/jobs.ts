/** Long calls: each has an id that its caller chose, tells how far it is, lets other work have its turn, and can be ended. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { UserError } from '#core/errors.ts';

/** Other calls, pings and cancels wait no longer than about this for a job that breathes. */
const TURN_MS = 20;
const PROGRESS_MS = 100;

export interface Progress {
  readonly job: string;
  readonly fraction?: number;
  readonly text: string;
}

/** Long work that lets other work have its turn. */
export class Turns {
  private last = performance.now();

  /** Waits for the others when it is time for that. */
  async breathe(): Promise<void> {
    if (performance.now() - this.last < TURN_MS) return;
    await nextTurn();
    this.last = performance.now();
  }

  /** Work that yields more often than it has to, to its end. */
  async through<T>(work: Generator<undefined, T>): Promise<T> {
    for (;;) {
      const step = work.next();
      if (step.done) return step.value;
      await this.breathe();
    }
  }
}

export class Job {
  private readonly turns = new Turns();
  private lastProgress = -Infinity;
  private lastText = '';

  constructor(
    readonly id: string,
    readonly signal: AbortSignal,
    private readonly emit: (progress: Progress) => void,
  ) {}

  /** Tells the caller; at most ten times a second unless the text is new. Throws as {@link requireGoing} does. */
  progress(text: string, fraction?: number): void {
    this.requireGoing();
    const now = performance.now();
    if (text === this.lastText && now - this.lastProgress < PROGRESS_MS) return;
    this.lastText = text;
    this.lastProgress = now;
    this.emit({
      job: this.id,
      text,
      ...(fraction === undefined ? {} : { fraction: Math.max(0, Math.min(1, fraction)) }),
    });
  }

  /** Throws UserError('interrupted') once the job has been ended. */
  requireGoing(): void {
    if (this.signal.aborted) throw new UserError('interrupted', 'Stopped before it was finished.');
  }

  /** Lets other work have its turn when it is time for that. Throws as {@link requireGoing} does. */
  async breathe(): Promise<void> {
    await this.turns.breathe();
    this.requireGoing();
  }
}

/** The jobs of one connection. */
export class Jobs {
  private readonly running = new Map<
    AbortController,
    { readonly id: string; readonly end: Promise<unknown> }
  >();

  constructor(private readonly emit: (progress: Progress) => void) {}

  /** Runs `work`, which ends early by what its job throws when it is cancelled. */
  run<T>(id: string, work: (job: Job) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    const end = work(new Job(id, controller.signal, this.emit)).finally(() =>
      this.running.delete(controller),
    );
    this.running.set(controller, { id, end });
    return end;
  }

  /** Ends a job; unknown ones are no error. */
  cancel(id: string): void {
    for (const [controller, job] of this.running) if (job.id === id) controller.abort();
  }

  cancelAll(): void {
    for (const controller of this.running.keys()) controller.abort();
  }

  /** Resolves when none is left of those that run now. */
  async ended(): Promise<void> {
    await Promise.allSettled(Array.from(this.running.values(), ({ end }) => end));
  }
}
