/**
 * What is heard: transport, monitor, levels and device. Plays through the audio process, or through the window's own
 * AudioWorklet where that has no sound card; both serve the same contract.
 */
import {
  CLOSED_AUDIO,
  MeterField,
  METER_FIELDS,
  type audioContract,
  type AudioState,
  type Monitor,
  type OutputDevice,
} from '#core/protocol/audio.ts';
import type { appContract, Settings } from '#core/protocol/app.ts';
import type { engineContract } from '#core/protocol/engine.ts';
import { CallError, type Input, type MethodName } from '#core/protocol/contract.ts';
import type { Port } from '#core/protocol/port.ts';
import type { EffectId } from '#core/protocol/schemas.ts';
import { dbToGain } from '#core/units.ts';
import { newJob } from './jobs.ts';
import type { Link } from './link.ts';
import type { Notices } from './notices.svelte.ts';
import type { Session } from './session.svelte.ts';
import type { Ready, Sources } from './sources.svelte.ts';

type AudioContract = typeof audioContract;

/** Level of the chain's input, and of all three monitors when they are loudness-matched. */
const MATCHED_LUFS = -18;
const MEASURE_AFTER_MS = 350;
/** So often in a row an output may answer with another rate than the one it named before. */
const MOST_RATE_CHANGES = 2;
/** A match never lifts or lowers by more than this. */
const LARGEST_MATCH_DB = 30;

export class Playback {
  state = $state.raw<AudioState>(CLOSED_AUDIO);
  monitor = $state.raw<Monitor>('processed');
  solo = $state.raw<EffectId | null>(null);
  devices = $state.raw<readonly OutputDevice[]>([]);
  /** The latest meter frame; see MeterField. */
  meters = $state.raw<Float32Array>(new Float32Array(METER_FIELDS).fill(-Infinity));
  spectrum = $state.raw<Float32Array | null>(null);
  positionSeconds = $state.raw(0);
  settings = $state.raw<Settings>({
    device: null,
    isLoudnessMatched: true,
    theme: 'system',
    backend: 'auto',
  });
  /** Integrated loudness of the chain's output with the setting that was measured last. */
  private processedLufs = $state.raw<number | null>(null);
  private usesWebAudio = false;
  /** What playback says of the position does not count until it is back where it was. */
  private isRestoring = false;
  private measureTimer: ReturnType<typeof setTimeout> | undefined;
  private measured = '';
  /** The device and the sound on their way to playback. */
  private loading: Promise<void> = Promise.resolve();
  /** The sound that playback has, by its names in the cache; empty when it has to be loaded anew. */
  private loadedSound = '';
  private loadedRateHz = 0;
  private isOpening = false;
  /** In a row. */
  private rateChanges = 0;
  private sentRaw: Float64Array | undefined;
  /** What playback was told last, by method, as JSON. */
  private told: Partial<Record<MethodName<AudioContract>, string>> = {};

  constructor(
    private readonly audio: Link<typeof audioContract>,
    private readonly engine: Link<typeof engineContract>,
    private readonly app: Link<typeof appContract>,
    private readonly session: Session,
    private readonly sources: Sources,
    private readonly notices: Notices,
    /** Playback inside the window. */
    private readonly openWebAudio: () => Promise<Port>,
  ) {
    audio.on('state', (state) => {
      this.state = state;
      // The device was opened anew for playback, and plays another rate by now.
      const isOther = state.sink !== 'none' && state.sampleRateHz !== this.rateHz;
      if (isOther && this.loadedSound !== '' && !this.isOpening) {
        this.loadedSound = '';
        this.loading = this.restore();
      }
    });
    audio.on('meters', (frame) => {
      this.meters = frame;
      if (this.rateHz && !this.isRestoring) this.positionSeconds = frame[MeterField.position]! / this.rateHz;
    });
    audio.on('spectrum', (frame) => {
      this.spectrum = frame;
    });
    audio.on('notice', ({ message }) => {
      notices.info(message);
    });
    audio.onConnect(() => {
      // The window's own playback is connected to while it is loaded.
      if (!this.usesWebAudio) this.loading = this.restore();
    });
    audio.onLoss(() => {
      this.loadedSound = '';
      this.state = { ...this.state, sink: 'none', isPlaying: false };
    });
    sources.onReady(() => {
      this.loading = this.reload();
    });
    session.onChange(() => {
      this.sendChanges();
      this.measureSoon();
    });
  }

  private get rateHz(): number | undefined {
    return this.sources.ready?.sampleRateHz;
  }

  get isPlaying(): boolean {
    return this.state.isPlaying;
  }

  async togglePlay(): Promise<void> {
    await this.run(this.isPlaying ? 'pause' : 'play');
  }

  async stop(): Promise<void> {
    await this.run('stop');
  }

  private async run(action: 'play' | 'pause' | 'stop'): Promise<void> {
    if (!this.sources.ready) {
      this.notices.info('There is nothing to play yet; drop a dry vocal on the window.');
      return;
    }
    try {
      // Loading ends playback, so it has to be over.
      for (let loading; loading !== this.loading;) {
        loading = this.loading;
        await loading;
      }
      if (this.state.sink === 'none') await this.reload();
      await this.audio.call(action, {});
    } catch (error) {
      this.notices.failure(error);
    }
  }

  seek(seconds: number): void {
    void this.moveTo(seconds);
  }

  /** Resolves once playback is there, or has said why not. */
  private async moveTo(seconds: number): Promise<void> {
    if (!this.rateHz) return;
    const bounded = Math.min(Math.max(seconds, 0), this.sources.seconds);
    this.positionSeconds = bounded;
    await this.send('seek', { position: Math.round(bounded * this.rateHz) });
  }

  /** At the start, with fresh meters, for another session. */
  reset(): void {
    this.solo = null;
    this.positionSeconds = 0;
    void this.send('seek', { position: 0 });
    this.resetMeters();
  }

  choose(monitor: Monitor): void {
    this.monitor = monitor;
    this.sendChanges();
  }

  toggleSolo(effect: EffectId): void {
    this.solo = this.solo === effect ? null : effect;
    this.sendChanges();
  }

  resetMeters(): void {
    void this.send('meters.reset', {});
  }

  /** Takes over the user's settings at the start. */
  use(settings: Settings): void {
    this.settings = settings;
    this.sendChanges();
  }

  async change(settings: Partial<Settings>): Promise<void> {
    this.settings = { ...this.settings, ...settings };
    this.sendChanges();
    try {
      this.settings = await this.app.call('settings.change', settings);
      if (settings.device !== undefined) {
        this.rateChanges = 0;
        const changing = this.changeDevice();
        this.loading = changing.catch(() => undefined);
        await changing;
      }
      this.sendChanges();
    } catch (error) {
      this.notices.failure(error);
    }
  }

  async listDevices(): Promise<void> {
    try {
      this.devices = (await this.audio.call('devices', {})).devices;
    } catch (error) {
      this.notices.failure(error);
    }
  }

  /** Linear gains of the three monitors, and into the chain. */
  readonly gains = $derived.by(() => {
    const { ready } = this.sources;
    if (!ready) return { input: 1, dry: 1, target: 1, processed: 1 };
    const { inputGain, outputGain } = ready.alignment;
    if (!this.settings.isLoudnessMatched)
      return { input: inputGain, dry: 1, target: 1, processed: outputGain };
    const matching = (lufs: number | null | undefined): number =>
      lufs === null || lufs === undefined
        ? 1
        : dbToGain(Math.min(Math.max(MATCHED_LUFS - lufs, -LARGEST_MATCH_DB), LARGEST_MATCH_DB));
    return {
      input: inputGain,
      dry: matching(ready.dry.lufs),
      target: matching(ready.target?.lufs),
      processed: matching(this.processedLufs),
    };
  });

  /** Opens the device, first through the audio process, then in the window; the state says at which rate it is. */
  private async open(sampleRateHz: number): Promise<void> {
    this.isOpening = true;
    try {
      await this.openAt(sampleRateHz);
    } finally {
      this.isOpening = false;
    }
  }

  private async openAt(sampleRateHz: number): Promise<void> {
    const request = { device: this.settings.device, sampleRateHz };
    try {
      this.state = await this.audio.call('open', request);
    } catch (error) {
      if (this.usesWebAudio || !(error instanceof CallError) || error.code !== 'output') throw error;
      this.usesWebAudio = true;
      this.audio.open = this.openWebAudio;
      await this.audio.connect();
      this.state = await this.audio.call('open', { ...request, device: null });
    }
  }

  /** The device that the user has chosen since; it is asked for the session's own rate, whatever the one before played. */
  private async changeDevice(): Promise<void> {
    const { ownRateHz, ready } = this.sources;
    if (!ownRateHz || !ready) return;
    // Playback may forget its sound while it tries another rate.
    if (ready.sampleRateHz !== ownRateHz) this.loadedSound = '';
    await this.open(ownRateHz);
    if ((await this.hasRateOf(ready)) && this.loadedSound === '') await this.reload();
  }

  /** Whether the device plays the rate of what is ready. If not, that is made anew for it, and loaded when it is there. */
  private async hasRateOf({ sampleRateHz }: Ready): Promise<boolean> {
    const { state } = this;
    if (state.sampleRateHz === null || state.sampleRateHz === sampleRateHz) {
      this.rateChanges = 0;
      return true;
    }
    this.loadedSound = '';
    if (this.rateChanges === MOST_RATE_CHANGES) {
      this.rateChanges = 0;
      this.notices.add('error', 'This output plays at another rate every time it is opened; choose another.');
      return false;
    }
    this.rateChanges += 1;
    await this.sources.playAt(state.sampleRateHz);
    return false;
  }

  /** Device and sound for the sources that are ready. */
  private async reload(): Promise<void> {
    const { ready } = this.sources;
    if (!ready) {
      void this.send('load', { dry: null, target: null });
      this.loadedSound = '';
      this.processedLufs = null;
      return;
    }
    // An engine that came back prepares the same sound again; what plays goes on.
    const sound = JSON.stringify([ready.sampleRateHz, ready.dry.cache, ready.target?.cache]);
    if (sound === this.loadedSound) {
      this.sendChanges();
      return;
    }
    try {
      await this.open(ready.sampleRateHz);
      if (!(await this.hasRateOf(ready))) return;
      const { positionSeconds } = this;
      const place = ({ cache, lengthSamples }: { cache: string; lengthSamples: number }) => ({
        cache,
        lengthSamples,
      });
      await this.audio.call('load', {
        dry: place(ready.dry),
        target: ready.target ? place(ready.target) : null,
      });
      this.loadedSound = sound;
      // At another rate the same place is another sample.
      if (this.loadedRateHz !== ready.sampleRateHz) this.seek(positionSeconds);
      this.loadedRateHz = ready.sampleRateHz;
      this.forgetSent();
      this.sendChanges(true);
      this.measureSoon();
      void this.listDevices();
    } catch (error) {
      this.notices.failure(error);
    }
  }

  /** After the audio process has come back: everything it must know, at the same place. */
  private async restore(): Promise<void> {
    if (!this.sources.ready) return;
    const { positionSeconds } = this;
    this.isRestoring = true;
    try {
      await this.reload();
      await this.moveTo(positionSeconds);
    } finally {
      this.isRestoring = false;
    }
  }

  private forgetSent(): void {
    this.sentRaw = undefined;
    this.told = {};
  }

  /** Tells playback what has changed since it was told last. */
  private sendChanges(isImmediate = false): void {
    if (!this.audio.isConnected || this.state.sink === 'none') return;
    const { heard: raw, silenced, document } = this.session;
    if (raw !== this.sentRaw) {
      this.sentRaw = raw;
      void this.send('settings', isImmediate ? { raw, isImmediate } : { raw });
    }
    const rate = this.rateHz ?? 1;
    this.tell('effects', { bypassed: [...silenced], solo: this.solo });
    this.tell('loop', {
      isOn: document.loop.isOn,
      start: Math.round(document.loop.startSeconds * rate),
      end: Math.round(document.loop.endSeconds * rate),
    });
    this.tell('gains', this.gains);
    this.tell('monitor', { monitor: this.monitor });
  }

  /** Says it unless it was the last thing said of this. */
  private tell<M extends MethodName<AudioContract>>(method: M, input: Input<AudioContract, M>): void {
    const text = JSON.stringify(input);
    if (this.told[method] === text) return;
    this.told[method] = text;
    void this.send(method, input);
  }

  private measureSoon(): void {
    if (!this.sources.ready) return;
    clearTimeout(this.measureTimer);
    this.measureTimer = setTimeout(() => void this.measure(), MEASURE_AFTER_MS);
  }

  /** Loudness and peaks of the processed sound, once the setting rests. */
  private async measure(): Promise<void> {
    const { ready } = this.sources;
    if (!ready || this.session.preview) return;
    const { heard: raw, silenced } = this.session;
    const key = `${ready.dry.cache} ${ready.alignment.inputGain} ${silenced.join()} ${raw.join()}`;
    if (key === this.measured) return;
    this.measured = key;
    try {
      const { peaks, lufs } = await this.engine.call('processed.measure', {
        job: newJob('measure'),
        dry: ready.dry.cache,
        sampleRateHz: ready.sampleRateHz,
        raw,
        inputGain: ready.alignment.inputGain,
        bypassed: [...silenced],
      });
      if (this.measured !== key) return;
      this.sources.processedPeaks = peaks;
      this.processedLufs = lufs;
      this.sendChanges();
    } catch (error) {
      if (this.measured === key) this.measured = '';
      this.notices.failure(error);
    }
  }

  /** Says something that has no answer to wait for; a connection that comes back is told everything anyway. */
  private async send<M extends MethodName<AudioContract>>(
    method: M,
    input: Input<AudioContract, M>,
  ): Promise<void> {
    if (!this.audio.isConnected) return;
    try {
      await this.audio.call(method, input);
    } catch (error) {
      this.notices.failure(error);
    }
  }
}
