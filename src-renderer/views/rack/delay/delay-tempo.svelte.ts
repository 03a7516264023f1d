/**
 * The session's tempo as the delay uses it: typed, tapped, halved, detected; and Sync, which keeps the delay time in
 * notes when the tempo changes. Outlives the panel, so that a detection goes on behind another one.
 */
import type { engineContract } from '#core/protocol/engine.ts';
import { Gesture } from '../../../lib/components/gesture/gesture.ts';
import {
  NOTE_VALUES,
  fits,
  isExact,
  nearestNote,
  neighbourNote,
  noteMs,
  timeAtTempo,
  type NearestNote,
  type NoteValue,
  type TimeRange,
} from '../../../lib/format/note-value.ts';
import type { Application } from '../../../lib/state/application.svelte.ts';
import { newJob } from '../../../lib/state/jobs.ts';
import type { Link } from '../../../lib/state/link.ts';
import type { Notices } from '../../../lib/state/notices.svelte.ts';
import type { Rack } from '../../../lib/state/rack.svelte.ts';
import type { Session } from '../../../lib/state/session.svelte.ts';
import type { Ready } from '../../../lib/state/sources.svelte.ts';
import { TAP_PAUSE_MS, TapTempo } from '../../../lib/state/tap-tempo.ts';

export const MIN_BPM = 30;
export const MAX_BPM = 300;
const TIME = 'delay.time';

/** What of the application is needed. */
export interface DelayTempoParts {
  readonly session: Session;
  readonly rack: Rack;
  readonly sources: { readonly ready: Pick<Ready, 'dry'> | null };
  readonly engine: Pick<Link<typeof engineContract>, 'call'>;
  readonly notices: Pick<Notices, 'info' | 'failure'>;
}

/** A tempo as it is kept: within the range, to the tenth that is shown. */
const kept = (bpm: number): number => Math.round(10 * Math.min(MAX_BPM, Math.max(MIN_BPM, bpm))) / 10;

const known = new WeakMap<Application, DelayTempo>();

export class DelayTempo {
  /** Changes of the tempo keep the delay time in notes. */
  isSynced = $state(false);
  /** The job of a detection that is under way. */
  private job = $state.raw<string | null>(null);
  private readonly taps = new TapTempo();
  private tapsEnd: ReturnType<typeof setTimeout> | undefined;
  /** At the start of the gesture: the delay time follows from it, not from where the gesture has been. */
  private start: { readonly bpm: number | null; readonly timeMs: number } = { bpm: null, timeMs: 0 };

  constructor(private readonly parts: DelayTempoParts) {}

  /** The one of a window. */
  static of(application: Application): DelayTempo {
    const tempo = known.get(application) ?? new DelayTempo(application);
    known.set(application, tempo);
    return tempo;
  }

  get bpm(): number | null {
    return this.parts.session.document.tempoBpm;
  }

  get isDetecting(): boolean {
    return this.job !== null;
  }

  get range(): TimeRange {
    const { min, max } = this.parts.rack.parameter(TIME);
    return { minMs: min, maxMs: max };
  }

  private get timeMs(): number {
    return this.parts.rack.value(TIME);
  }

  /** The note value nearest to the delay time; null without a tempo. */
  get nearest(): NearestNote | null {
    return this.bpm === null ? null : nearestNote(this.timeMs, this.bpm, this.range);
  }

  /** Every note value, and whether the delay can be that long. */
  get notes(): readonly { readonly note: NoteValue; readonly ms: number; readonly fits: boolean }[] {
    const { bpm } = this;
    if (bpm === null) return [];
    return NOTE_VALUES.map((note) => ({
      note,
      ms: noteMs(note, bpm),
      fits: fits(note, bpm, this.range),
    }));
  }

  // ---- the delay time

  /** What a time becomes when it is dragged: itself, or the nearest note while synced. */
  snapped(timeMs: number): number {
    if (!this.isSynced || this.bpm === null) return timeMs;
    return noteMs(nearestNote(timeMs, this.bpm, this.range).note, this.bpm);
  }

  /** A step by the arrow keys: the next note while synced. */
  stepped(timeMs: number, by: number, stepMs: number): number {
    if (!this.isSynced || this.bpm === null) return timeMs + by * stepMs;
    return noteMs(neighbourNote(timeMs, by > 0 ? 1 : -1, this.bpm, this.range), this.bpm);
  }

  /** One undo step. */
  chooseNote(note: NoteValue): void {
    if (this.bpm !== null) this.parts.rack.set('Delay note', { [TIME]: noteMs(note, this.bpm) });
  }

  /** Switching it on puts the delay time on its nearest note. */
  sync(isOn: boolean): void {
    this.isSynced = isOn && this.bpm !== null;
    const { nearest } = this;
    if (this.isSynced && nearest && !isExact(nearest)) this.chooseNote(nearest.note);
  }

  // ---- the tempo

  /** Within a gesture of {@link begin}. */
  show(bpm: number): void {
    const { session, rack } = this.parts;
    session.show({ tempoBpm: kept(bpm) });
    if (this.keepsNotes)
      rack.change({ [TIME]: timeAtTempo(this.start.timeMs, this.start.bpm!, kept(bpm), this.range) });
  }

  begin(): void {
    const { session, rack } = this.parts;
    this.start = { bpm: this.bpm, timeMs: this.timeMs };
    if (this.keepsNotes) rack.begin('Tempo');
    else session.begin('Tempo');
  }

  commit(): void {
    this.parts.session.commit();
  }

  cancel(): void {
    this.parts.session.cancel();
  }

  /** One undo step. */
  set(bpm: number): void {
    if (kept(bpm) === this.bpm) return;
    this.begin();
    this.show(bpm);
    this.commit();
  }

  private get keepsNotes(): boolean {
    return this.isSynced && this.start.bpm !== null;
  }

  private readonly tapping = new Gesture<number>(() => ({
    onbegin: () => {
      this.begin();
    },
    onchange: (bpm) => {
      this.show(bpm);
    },
    oncommit: () => {
      this.commit();
    },
    oncancel: () => {
      this.cancel();
    },
  }));

  /** A tap at a time of the window's clock; the taps of a row are one undo step. */
  tap(timeMs: number): void {
    clearTimeout(this.tapsEnd);
    this.tapsEnd = setTimeout(() => {
      this.tapping.commit();
    }, TAP_PAUSE_MS);
    const bpm = this.taps.tap(timeMs);
    if (bpm !== null) this.tapping.change(bpm);
  }

  // ---- detection

  /** Listens to the dry vocal. What it finds is one undo step, unless another vocal has been opened meanwhile. */
  async detect(): Promise<void> {
    const { engine, notices, sources } = this.parts;
    const cache = sources.ready?.dry.cache;
    if (cache === undefined || this.job !== null) return;
    const job = newJob('tempo');
    this.job = job;
    try {
      const { bpm } = await engine.call('tempo.detect', { job, cache });
      if (this.job !== job || sources.ready?.dry.cache !== cache) return;
      if (bpm === null) notices.info('No steady tempo was found; tap it, or type it.');
      else this.set(bpm);
    } catch (error) {
      if (this.job === job) notices.failure(error);
    } finally {
      if (this.job === job) this.job = null;
    }
  }

  stopDetecting(): void {
    const { job } = this;
    if (job === null) return;
    this.job = null;
    void this.parts.engine.call('cancel', { job }).catch(() => undefined);
  }
}
