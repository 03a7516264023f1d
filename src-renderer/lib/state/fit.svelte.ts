/**
 * The fit of the session's pair: started, watched, heard while it runs, paused, stopped. What it finds becomes one undo
 * step at the end. It survives an engine that stops: it goes on from the checkpoint of its job.
 */
import type { Backend } from '#core/backend.ts';
import { FULL_AMOUNTS } from '#core/chain/amount.ts';
import { parametersUnder } from '#core/chain/parameters.ts';
import { CallError, type Input, type Output, type Payload } from '#core/protocol/contract.ts';
import type { engineContract } from '#core/protocol/engine.ts';
import { hasRegion, type FitRecord, type Quality, type SessionDocument } from '#core/session/document.ts';
import { newJob } from './jobs.ts';
import type { Link } from './link.ts';
import type { Notices } from './notices.svelte.ts';
import type { Session } from './session.svelte.ts';
import type { Sources } from './sources.svelte.ts';

type EngineContract = typeof engineContract;
type Progress = Payload<EngineContract, 'fit.progress'>;
type Request = Input<EngineContract, 'fit.start'>;
type Result = Output<EngineContract, 'fit.start'>;

/** Seconds that a quality gives a fit; the balanced one ends when it no longer improves. */
const BUDGET_SECONDS: Readonly<Record<Quality, number | undefined>> = {
  quick: 8,
  balanced: undefined,
  thorough: 120,
};
const CURVE_POINTS = 2000;

export type FitPhase = 'idle' | 'starting' | 'running' | 'paused' | 'stopping';

export class Fit {
  phase = $state.raw<FitPhase>('idle');
  /** What the next fit runs on. */
  backend = $state.raw<Backend>('auto');
  /** What it does before its first report, in a few words. */
  work = $state.raw<string | null>(null);
  progress = $state.raw<Progress | null>(null);
  /** The first report: where the fit began. */
  first = $state.raw<Progress | null>(null);
  /** Seconds and loss, oldest first. */
  curve = $state.raw<readonly (readonly [number, number])[]>([]);
  /** True while rack and sound follow the fit; an edit by hand ends that. */
  isFollowing = $state(true);
  /** A result that was not taken over because the user had gone on by hand. */
  offered = $state.raw<Result | null>(null);
  private job: string | undefined;
  /** Warnings of this job that the user has been told. */
  private told: string[] = [];

  constructor(
    private readonly engine: Link<EngineContract>,
    private readonly session: Session,
    private readonly sources: Sources,
    private readonly notices: Notices,
  ) {
    engine.on('fit.progress', (progress) => {
      if (progress.job === this.job) this.show(progress);
    });
    engine.on('fit.warning', ({ job, message }) => {
      if (job === this.job) this.tellOnce(message);
    });
    engine.on('progress', ({ job, text }) => {
      if (job === this.job) this.work = text;
    });
    session.onChange(() => {
      // The user has gone on by hand, or took something back.
      if (this.isRunning && this.isFollowing && this.progress && !session.preview) this.isFollowing = false;
    });
  }

  get isRunning(): boolean {
    return this.phase !== 'idle';
  }

  get canStart(): boolean {
    const { ready } = this.sources;
    return this.phase === 'idle' && ready !== null && ready.target !== null;
  }

  async start(): Promise<void> {
    const { dry, target } = this.sources.facts;
    if (!this.canStart || !dry || !target) return;
    const before = this.session.stored;
    const job = newJob('fit');
    const request = this.requestFor(job, dry.source, target.source);
    this.forget();
    this.job = job;
    this.isFollowing = true;
    this.phase = 'starting';
    try {
      const result = await this.resultOf(request);
      if (result && this.job === job) this.finish(result, before);
    } catch (error) {
      if (this.job === job) this.fail(error);
    }
  }

  /** Of a fit that may outlive its engine: the same job again goes on from its checkpoint. Undefined when it ended meanwhile. */
  private async resultOf(request: Request): Promise<Result | undefined> {
    try {
      return await this.engine.call('fit.start', request);
    } catch (error) {
      if (!(error instanceof CallError) || error.code !== 'disconnected') throw error;
    }
    const { dry, target } = await this.sources.reloaded();
    if (this.job !== request.job) return undefined;
    if (this.phase === 'stopping' || !dry || !target) {
      this.end();
      return undefined;
    }
    this.phase = 'starting';
    this.work = null;
    return this.engine.call('fit.start', {
      ...request,
      dry: dry.source,
      target: target.source,
      resume: true,
    });
  }

  async pause(): Promise<void> {
    if (!this.job || this.phase !== 'running') return;
    this.phase = 'paused';
    await this.tell('fit.pause');
  }

  async continue(): Promise<void> {
    if (!this.job || this.phase !== 'paused') return;
    this.phase = 'running';
    await this.tell('fit.continue');
  }

  /** Ends the fit; its best so far is kept. */
  async stop(): Promise<void> {
    if (!this.job || !this.isRunning) return;
    this.phase = 'stopping';
    await this.tell('cancel');
  }

  /** Back to the setting before the last fit. */
  revert(): void {
    const { lastFit } = this.session.document;
    if (lastFit) this.session.setSetting('Revert fit', lastFit.before);
  }

  /** For another session: a running fit ends, and what it found goes nowhere. */
  abandon(): void {
    if (this.isRunning) {
      void this.tell('cancel');
      this.end();
    }
    this.forget();
  }

  private forget(): void {
    this.told = [];
    this.progress = this.first = this.offered = this.work = null;
    this.curve = [];
  }

  /** Takes over a result that waits. */
  takeOffered(): void {
    if (!this.offered) return;
    this.session.setSetting('Fit', this.offered.raw, { amounts: FULL_AMOUNTS });
    this.offered = null;
  }

  /** Rack and sound follow the running fit again. */
  follow(): void {
    this.isFollowing = true;
    if (this.progress) this.session.showPreview(this.progress.raw);
  }

  private requestFor(job: string, dry: string, target: string): Request {
    const { document, stored } = this.session;
    const budgetSeconds = BUDGET_SECONDS[document.fit.quality];
    const { loop, alignment } = document;
    const inForce = this.sources.ready?.alignment;
    const isOverridden = alignment.offsetSeconds !== null || alignment.polarity !== null;
    return {
      job,
      dry,
      target,
      ...(budgetSeconds === undefined ? {} : { budgetSeconds }),
      ...(document.fit.region === 'loop' && hasRegion(loop)
        ? { fromSeconds: loop.startSeconds, toSeconds: loop.endSeconds }
        : {}),
      init: stored,
      start: document.fit.start,
      locked: document.locked.flatMap(parametersUnder),
      ...(isOverridden && inForce
        ? { alignment: { offsetSeconds: inForce.offsetSeconds, polarity: inForce.polarity } }
        : {}),
      seed: 0,
      backend: this.backend,
    };
  }

  private show(progress: Progress): void {
    if (this.phase === 'starting') this.phase = 'running';
    this.first ??= progress;
    this.progress = progress;
    const last = this.curve.at(-1);
    if (!last || progress.elapsed > last[0])
      this.curve = [...this.curve, [progress.elapsed, progress.loss] as const].slice(-CURVE_POINTS);
    if (this.isFollowing) this.session.showPreview(progress.raw);
  }

  private finish(result: Result, before: Float64Array): void {
    // Stopped before its first step: there is nothing to hear.
    if (result.stopped === 'interrupted' && result.steps === 0) {
      this.end();
      return;
    }
    const lastFit = this.recordOf(result, before);
    // Those that came while the connection was lost.
    for (const warning of result.warnings) this.tellOnce(warning);
    // A fit is made to be heard as it is.
    if (this.isFollowing) this.session.setSetting('Fit', result.raw, { lastFit, amounts: FULL_AMOUNTS });
    else {
      this.session.note({ lastFit });
      this.offered = result;
    }
    this.end();
  }

  private tellOnce(warning: string): void {
    if (this.told.includes(warning)) return;
    this.told.push(warning);
    this.notices.info(warning);
  }

  private recordOf(result: Result, before: Float64Array): SessionDocument['lastFit'] {
    const { loss, initialLoss, terms, elapsed, stopped } = result;
    return {
      initialLoss,
      loss,
      initialTerms: this.first?.terms ?? terms,
      terms,
      seconds: elapsed,
      stopped,
      curve: this.curve.map(([seconds, value]): FitRecord['curve'][number] => [seconds, value]),
      before: Array.from(before),
    };
  }

  private fail(error: unknown): void {
    this.session.showPreview(null);
    this.end();
    this.notices.failure(error);
  }

  private end(): void {
    this.phase = 'idle';
    this.job = undefined;
    this.session.showPreview(null);
  }

  private async tell(method: 'fit.pause' | 'fit.continue' | 'cancel'): Promise<void> {
    if (!this.job) return;
    try {
      await this.engine.call(method, { job: this.job });
    } catch (error) {
      this.notices.failure(error);
    }
  }
}
