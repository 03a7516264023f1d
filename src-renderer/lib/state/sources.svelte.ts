/**
 * The dry and the target of the session: read by the engine, aligned, brought to the session's rate, and handed to
 * playback. Follows the document: every change of a source or of the alignment leads to exactly the work that it needs.
 */
import type { Alignment, engineContract, Peaks, Prepared, SourceFacts } from '#core/protocol/engine.ts';
import type { SourceRole } from '#core/protocol/schemas.ts';
import type { FileRef, SessionDocument } from '#core/session/document.ts';
import { newJob } from './jobs.ts';
import type { Link } from './link.ts';
import type { Notices } from './notices.svelte.ts';
import type { Session } from './session.svelte.ts';

/** The rate at which a session with a source of this rate is played. */
export function sessionRateHz(sourceRateHz: number): number {
  const common = [44_100, 48_000, 88_200, 96_000];
  if (common.includes(sourceRateHz)) return sourceRateHz;
  const isFamilyOf44100 = sourceRateHz % 11_025 === 0;
  const isHigh = sourceRateHz > 96_000;
  if (isFamilyOf44100) return isHigh ? 88_200 : 44_100;
  return isHigh ? 96_000 : 48_000;
}

/** Progress of reading and preparing, for people. */
export interface Work {
  readonly text: string;
  readonly fraction: number | undefined;
}

/** Both sources, ready to be played. */
export interface Ready {
  /** The session's own rate, or that of an output that plays no other. */
  readonly sampleRateHz: number;
  readonly dry: Prepared;
  readonly target: Prepared | null;
  readonly alignment: Alignment;
}

type Facts = Record<SourceRole, SourceFacts | null>;

export class Sources {
  facts = $state.raw<Facts>({ dry: null, target: null });
  /** What was measured, before the user's own offset and polarity. */
  measured = $state.raw<Alignment | null>(null);
  ready = $state.raw<Ready | null>(null);
  /** The processed lane; belongs to the latest setting that was measured. */
  processedPeaks = $state.raw<Peaks | null>(null);
  work = $state.raw<Work | null>(null);

  private readonly loaded: Record<SourceRole, { fileId: string; facts: SourceFacts } | null> = {
    dry: null,
    target: null,
  };
  /** The rate that the output plays in place of the session's own. */
  private outputRate: { readonly ownHz: number; readonly hz: number } | null = null;
  private generation = 0;
  private wanted = '';
  private readonly readyListeners: (() => void)[] = [];
  private reloadListeners: ((facts: Facts) => void)[] = [];

  constructor(
    private readonly engine: Link<typeof engineContract>,
    private readonly session: Session,
    private readonly notices: Notices,
  ) {
    engine.on('progress', ({ job, fraction, text }) => {
      if (job.endsWith(`.${this.generation}`)) this.work = { text, fraction };
    });
    session.onChange(() => {
      this.follow();
    });
    // The engine that came back knows nothing.
    engine.onConnect(() => {
      this.loaded.dry = this.loaded.target = null;
      this.wanted = '';
      this.follow();
    });
  }

  /** The session's length on the dry's time, in seconds. */
  readonly seconds = $derived(this.ready ? this.ready.dry.lengthSamples / this.ready.sampleRateHz : 0);

  /** The rate that the session is played at wherever the output lets it; null before the sources are read. */
  readonly ownRateHz = $derived.by(() => {
    const { dry, target } = this.facts;
    return dry ? sessionRateHz((target ?? dry).sampleRateHz) : null;
  });

  /**
   * Makes {@link ready} for an output that plays this rate and no other, or for the session's own rate again. Resolves when
   * that is over, whether it went well or not.
   */
  async playAt(sampleRateHz: number): Promise<void> {
    const { measured, facts, ready } = this;
    const { dry, target } = facts;
    if (!dry || !measured || !ready || ready.sampleRateHz === sampleRateHz) return;
    this.outputRate = { ownHz: sessionRateHz((target ?? dry).sampleRateHz), hz: sampleRateHz };
    // What is under way asks for the rate when it gets there.
    if (!this.work) await this.finishWith(++this.generation, measured);
  }

  /** Both sources in an engine that came back, once they are loaded again. */
  reloaded(): Promise<Facts> {
    return new Promise((resolve) => {
      this.reloadListeners.push(resolve);
    });
  }

  /** Called when {@link ready} has changed. */
  onReady(listener: () => void): void {
    this.readyListeners.push(listener);
  }

  /** A file for a role, as one undo step. The target alone waits for a dry. */
  choose(role: SourceRole, file: FileRef | null): void {
    const { document } = this.session;
    this.session.missing = this.session.missing.filter((entry) => entry.role !== role);
    this.session.edit(file ? `Choose ${role}` : `Remove ${role}`, {
      sources: { ...document.sources, [role]: file },
      alignment: { offsetSeconds: null, polarity: null },
      ...(role === 'dry' ? { loop: { ...document.loop, isOn: false } } : {}),
    });
  }

  /** The offset and polarity in force. */
  static inForce(measured: Alignment, { alignment }: SessionDocument): Alignment {
    return {
      ...measured,
      offsetSeconds: alignment.offsetSeconds ?? measured.offsetSeconds,
      polarity: alignment.polarity ?? measured.polarity,
    };
  }

  private follow(): void {
    const { sources, alignment } = this.session.document;
    const wanted = JSON.stringify([sources.dry?.id, sources.target?.id, alignment]);
    if (wanted === this.wanted || !this.engine.isConnected) return;
    this.wanted = wanted;
    void this.prepare(++this.generation);
  }

  private async prepare(generation: number): Promise<void> {
    const job = `${newJob('sources')}.${generation}`;
    const isCurrent = (): boolean => generation === this.generation;
    try {
      for (const role of ['dry', 'target'] as const) {
        await this.load(role, job);
        if (!isCurrent()) return;
      }
      this.facts = { dry: this.loaded.dry?.facts ?? null, target: this.loaded.target?.facts ?? null };
      const { dry, target } = this.facts;
      if (!dry) {
        this.finish(null, null);
        return;
      }
      this.work = { text: 'Aligning', fraction: undefined };
      const measured = await this.engine.call('pair.align', {
        job,
        dry: dry.source,
        target: target?.source ?? null,
      });
      if (!isCurrent()) return;
      await this.finishWith(generation, measured);
    } catch (error) {
      this.fail(generation, error);
    }
  }

  /** Prepares playback of the sources that are loaded, at the rate that the output wants. */
  private async finishWith(generation: number, measured: Alignment): Promise<void> {
    const { dry, target } = this.facts;
    if (!dry) return;
    try {
      const alignment = Sources.inForce(measured, this.session.document);
      const ownHz = sessionRateHz((target ?? dry).sampleRateHz);
      const { outputRate } = this;
      const sampleRateHz = outputRate?.ownHz === ownHz ? outputRate.hz : ownHz;
      this.work = { text: 'Preparing playback', fraction: undefined };
      const prepared = await this.engine.call('playback.prepare', {
        job: `${newJob('sources')}.${generation}`,
        dry: dry.source,
        target: target?.source ?? null,
        sampleRateHz,
        offsetSeconds: alignment.offsetSeconds,
        polarity: alignment.polarity,
      });
      if (generation !== this.generation) return;
      if (target && !measured.isRelated && this.measured !== measured)
        this.notices.info(
          'The target does not seem to be made from this dry vocal; check that both are the same take.',
        );
      this.finish({ sampleRateHz, alignment, ...prepared }, measured);
    } catch (error) {
      this.fail(generation, error);
    }
  }

  /** What is wrong with a file is said; the session stays as it is. */
  private fail(generation: number, error: unknown): void {
    if (generation !== this.generation) return;
    this.facts = { dry: this.loaded.dry?.facts ?? null, target: this.loaded.target?.facts ?? null };
    this.finish(null, null);
    this.notices.failure(error);
  }

  private async load(role: SourceRole, job: string): Promise<void> {
    const file = this.session.document.sources[role];
    const loaded = this.loaded[role];
    if (loaded?.fileId === file?.id) return;
    if (loaded)
      void this.engine.call('source.forget', { source: loaded.facts.source }).catch(() => undefined);
    this.loaded[role] = null;
    if (!file) return;
    this.work = { text: `Reading ${file.name}`, fraction: undefined };
    const facts = await this.engine.call('source.load', { job, file: file.id, role });
    this.loaded[role] = { fileId: file.id, facts };
    for (const warning of facts.warnings) this.notices.info(warning);
  }

  private finish(ready: Ready | null, measured: Alignment | null): void {
    this.work = null;
    this.measured = measured;
    if (ready?.dry.cache !== this.ready?.dry.cache) this.processedPeaks = null;
    this.ready = ready;
    this.readyListeners.forEach((listener) => {
      listener();
    });
    const waiting = this.reloadListeners;
    this.reloadListeners = [];
    waiting.forEach((resolve) => {
      resolve(this.facts);
    });
  }
}
