/**
 * Serves the audio contract: a {@link StreamEngine} whose sound a {@link Sink} pulls. All connections share the one engine;
 * whoever calls last is followed, and all get the events.
 *
 * The device is open only from `play` until a while after playback has ended: an idle app then costs nothing, and devices
 * that came meanwhile are found.
 */
import { isEqBand } from '#core/effects/eq/bands.ts';
import { UserError } from '#core/errors.ts';
import { METER_FIELDS, SPECTRUM_BANDS, SPECTRUM_TRACES } from '#core/protocol/audio-frames.ts';
import { CLOSED_AUDIO, audioContract, type AudioState, type Monitor } from '#core/protocol/audio.ts';
import { serve, type Emit, type EventName, type Handlers, type Payload } from '#core/protocol/contract.ts';
import type { Port } from '#core/protocol/port.ts';
import type { Bypassable, EffectId } from '#core/protocol/schemas.ts';
import { StreamEngine, type StreamGains } from '#engine/stream/stream-engine.ts';
import type { Sink, SinkStream } from '../sinks/sink.ts';
import { readPreparedSound, type PreparedSound } from './prepared-sound.ts';

type Contract = typeof audioContract;

const FRAMES_PER_SECOND = 60;
/** From a pause to the frame that shows it: the sound fades first. */
const SETTLING_SECONDS = 0.02;
/** How long silence is played after playback, so that going on is immediate. */
const IDLE_SECONDS = 5;

interface Loaded {
  readonly sound: PreparedSound;
  readonly channels: readonly Float32Array[];
}

export interface AudioServiceOptions {
  readonly sink: Sink;
  /** The compiled kernels. */
  readonly kernels: WebAssembly.Module;
  /** Folder of prepared sound. */
  readonly cacheFolder: string;
  /** The device has gone for good and the user has been told. What the sink left behind is best ended with the process. */
  readonly onLost: () => void;
  /** Sees what was thrown that is no UserError. */
  readonly onDefect: (error: unknown) => void;
}

export class AudioService {
  private readonly emits = new Set<Emit<Contract>>();
  private engine: StreamEngine | undefined;
  private stream: SinkStream | undefined;
  /** What the last `open` asked for; undefined before. */
  private wantedDevice: string | null | undefined;
  /** Tells the stream that is heard from those that are being closed. */
  private streamNumber = 0;
  /** Opening and closing, one after the other. */
  private turn: Promise<unknown> = Promise.resolve();
  private loads = 0;
  private dry: Loaded | null = null;
  private target: Loaded | null = null;

  // What the engine has been told, for one at another rate.
  private settings: Float64Array | undefined;
  private gains: StreamGains | undefined;
  private effects: { bypassed: readonly Bypassable[]; solo: EffectId | null } | undefined;
  private monitor: Monitor = 'processed';

  /** Settings that the next pull has the engine design: of many at once, only the last. */
  private newSettings: { readonly raw: Float64Array; readonly isImmediate: boolean } | undefined;
  /** Of the latest design. */
  private bypassedBands = '';

  private state: AudioState = CLOSED_AUDIO;
  private samplesToMeters = 0;
  /** A frame is to come, be it the one after playback. */
  private areMetersDue = false;
  private idleSamples = 0;
  private readonly spectrum = new Float32Array(SPECTRUM_TRACES * SPECTRUM_BANDS);

  constructor(private readonly options: AudioServiceOptions) {}

  /** Serves one more window. */
  connect(port: Port): void {
    const emit = serve(audioContract, port, () => this.handlers(), this.options.onDefect);
    this.emits.add(emit);
    port.onClose(() => {
      this.emits.delete(emit);
      // Nobody could stop it.
      if (this.emits.size === 0) this.pause();
    });
  }

  /** Falls silent and lets the device go. */
  close(): Promise<void> {
    this.pause();
    return this.inTurn(() => this.closeStream());
  }

  private handlers(): Handlers<Contract> {
    return {
      devices: () => ({ devices: [...this.options.sink.devices()] }),
      open: async ({ device, sampleRateHz }) => {
        await this.inTurn(() => this.open(device, sampleRateHz));
        return this.state;
      },
      load: async ({ dry, target }) => {
        await this.load(dry, target);
        return {};
      },
      play: async () => {
        await this.play();
        return {};
      },
      pause: () => {
        this.pause();
        return {};
      },
      stop: () => {
        this.engine?.stop();
        this.moved();
        return {};
      },
      seek: ({ position }) => {
        this.engine?.seek(position);
        this.moved();
        return {};
      },
      loop: ({ isOn, start, end }) => {
        this.engine?.setLoop(isOn, start, end);
        this.moved();
        return {};
      },
      monitor: ({ monitor }) => {
        this.monitor = monitor;
        this.engine?.setMonitor(monitor);
        return {};
      },
      gains: (gains) => {
        this.gains = gains;
        this.engine?.setGains(gains);
        return {};
      },
      settings: ({ raw, isImmediate = false }) => {
        this.settings = raw;
        this.designSoon(isImmediate);
        return {};
      },
      effects: ({ bypassed, solo }) => {
        this.effects = { bypassed, solo };
        this.engine?.setEffects(bypassed, solo);
        const bands = bypassed.filter(isEqBand).sort().join();
        // Bands are flat in the design.
        if (bands !== this.bypassedBands) this.designSoon();
        this.bypassedBands = bands;
        return {};
      },
      'meters.reset': () => {
        this.engine?.resetMeters();
        return {};
      },
      state: () => this.state,
    };
  }

  private designSoon(isImmediate = false): void {
    if (!this.settings) return;
    this.newSettings = {
      raw: this.settings,
      isImmediate: isImmediate || (this.newSettings?.isImmediate ?? false),
    };
  }

  // ---------------------------------------------------------------- device

  /** Opens what is asked for; what plays goes on there. */
  private async open(device: string | null, sampleRateHz: number): Promise<void> {
    const { sink } = this.options;
    const isSame = this.wantedDevice === device && this.state.sampleRateHz === sampleRateHz;
    if (this.stream && isSame) return;
    const old = this.stream;
    // A device that came after the old stream was opened is found only once that is closed.
    if (old && device !== null && !sink.devices().some(({ id }) => id === device)) await this.closeStream();
    let stream: SinkStream;
    try {
      stream = this.openStream(device, sampleRateHz);
    } catch (error) {
      if (!this.stream) {
        this.change({ sink: 'none', device: null, latencySeconds: null });
        throw error;
      }
      // Perhaps the old stream was in the way: some devices can be opened only once.
      await this.closeStream();
      stream = this.openStream(device, sampleRateHz);
    }
    this.wantedDevice = device;
    if (this.stream) void this.stream.close();
    this.stream = stream;
    this.useRate(stream.sampleRateHz);
    this.change({
      sink: 'portaudio',
      device: stream.device.id,
      sampleRateHz: stream.sampleRateHz,
      latencySeconds: stream.latencySeconds,
    });
    if (device !== null && stream.device.id !== device)
      this.emit('notice', {
        message: `The output “${device}” is not there; playing through “${stream.device.name}”.`,
      });
  }

  /** From here on the new stream alone pulls the engine's sound; the old one, if there is one, gets silence. */
  private openStream(device: string | null, sampleRateHz: number): SinkStream {
    const number = this.streamNumber + 1;
    const stream = this.options.sink.open(
      device,
      sampleRateHz,
      (left, right, length) => {
        if (this.streamNumber === number && this.stream) this.pull(left, right, length);
        else {
          left.fill(0, 0, length);
          right.fill(0, 0, length);
        }
      },
      {
        onUnderrun: () => {
          // A gap while there is nothing to hear is none.
          if (this.streamNumber === number && this.state.isPlaying)
            this.change({ underruns: this.state.underruns + 1 });
        },
        onLost: () => {
          if (this.streamNumber === number) this.lost();
        },
      },
    );
    this.streamNumber = number;
    this.idleSamples = 0;
    return stream;
  }

  private async closeStream(): Promise<void> {
    const { stream } = this;
    this.stream = undefined;
    await stream?.close();
  }

  private lost(): void {
    this.emit('notice', {
      message: `The output “${this.stream?.device.name ?? ''}” does not play any more; starting sound anew.`,
    });
    this.options.onLost();
  }

  private inTurn<T>(work: () => T | Promise<T>): Promise<T> {
    const result = this.turn.then(work);
    this.turn = result.catch(() => undefined);
    return result;
  }

  /** An engine for a rate; at another rate than before there is nothing to play until it is loaded. */
  private useRate(sampleRateHz: number): void {
    if (this.engine && this.state.sampleRateHz === sampleRateHz) return;
    const engine = new StreamEngine(this.options.kernels, sampleRateHz);
    this.engine = engine;
    this.dry = this.target = null;
    this.loads++;
    this.change({ isPlaying: false });
    this.designSoon(true);
    if (this.gains) engine.setGains(this.gains);
    if (this.effects) engine.setEffects(this.effects.bypassed, this.effects.solo);
    engine.setMonitor(this.monitor);
  }

  // ---------------------------------------------------------------- playback

  private async load(dry: PreparedSound | null, target: PreparedSound | null): Promise<void> {
    const { engine, options } = this;
    if (!engine) throw new UserError('usage', 'Open a sound output before loading sound.');
    const load = ++this.loads;
    this.pause();
    const read = async (
      sound: PreparedSound | null,
      channels: number,
      before: Loaded | null,
    ): Promise<Loaded | null> => {
      if (!sound) return null;
      if (before?.sound.cache === sound.cache && before.sound.lengthSamples === sound.lengthSamples)
        return before;
      return { sound, channels: await readPreparedSound(options.cacheFolder, sound, channels) };
    };
    const loaded = await Promise.all([read(dry, 1, this.dry), read(target, 2, this.target)]);
    // Overtaken by another, or by a change of rate.
    if (load !== this.loads) return;
    [this.dry, this.target] = loaded;
    const [left, right] = this.target?.channels ?? [];
    engine.load(this.dry?.channels[0] ?? null, left && right ? [left, right] : null);
    this.moved();
  }

  private async play(): Promise<void> {
    await this.inTurn(async () => {
      if (this.wantedDevice === undefined)
        throw new UserError('usage', 'Open a sound output before playing.');
      if (!this.stream) await this.open(this.wantedDevice, this.state.sampleRateHz!);
      this.engine!.play();
      this.idleSamples = 0;
      this.moved();
    });
  }

  private pause(): void {
    this.engine?.pause();
    this.moved();
  }

  /** Tells where playback is after it was moved; while it plays the meters do anyway. */
  private moved(): void {
    const { engine } = this;
    if (!engine) return;
    this.change({ isPlaying: engine.isPlaying });
    if (engine.isPlaying) return;
    if (!this.stream) {
      this.emitMeters(engine);
      return;
    }
    this.areMetersDue = true;
    this.samplesToMeters = SETTLING_SECONDS * this.state.sampleRateHz!;
  }

  private pull(left: Float32Array, right: Float32Array, length: number): void {
    const engine = this.engine!;
    const { sampleRateHz, latencySeconds, isPlaying: wasPlaying } = this.state;
    if (this.newSettings) {
      const { raw, isImmediate } = this.newSettings;
      engine.setSettings(raw, isImmediate, this.effects?.bypassed);
      this.newSettings = undefined;
    }
    engine.process(left, right, length);

    this.samplesToMeters -= length;
    this.areMetersDue ||= engine.isPlaying;
    if (this.areMetersDue && this.samplesToMeters <= 0) {
      this.samplesToMeters = Math.max(0, this.samplesToMeters + sampleRateHz! / FRAMES_PER_SECOND);
      this.areMetersDue = engine.isPlaying;
      this.emitMeters(engine);
    }
    if (engine.takeSpectrum(this.spectrum)) this.emitWhenHeard('spectrum', this.spectrum.slice());
    if (wasPlaying && !engine.isPlaying)
      setTimeout(() => {
        this.change({ isPlaying: engine.isPlaying });
      }, 1000 * latencySeconds!);

    this.idleSamples = engine.isPlaying ? 0 : this.idleSamples + length;
    if (this.idleSamples > IDLE_SECONDS * sampleRateHz!) void this.inTurn(() => this.closeIfIdle());
  }

  private async closeIfIdle(): Promise<void> {
    if (this.stream && this.idleSamples > IDLE_SECONDS * this.state.sampleRateHz!) await this.closeStream();
  }

  // ---------------------------------------------------------------- events

  private emitMeters(engine: StreamEngine): void {
    const frame = new Float32Array(METER_FIELDS);
    engine.takeMeters(frame);
    this.emitWhenHeard('meters', frame);
  }

  /** The sink plays later what it pulls now; frames are to come with the sound. */
  private emitWhenHeard(event: 'meters' | 'spectrum', frame: Float32Array): void {
    setTimeout(
      () => {
        this.emit(event, frame);
      },
      1000 * (this.stream?.latencySeconds ?? 0),
    );
  }

  private emit<E extends EventName<Contract>>(event: E, payload: Payload<Contract, E>): void {
    for (const emit of this.emits) emit(event, payload);
  }

  private change(change: Partial<AudioState>): void {
    const isNew = (Object.keys(change) as (keyof AudioState)[]).some(
      (key) => change[key] !== this.state[key],
    );
    if (!isNew) return;
    this.state = { ...this.state, ...change };
    this.emit('state', this.state);
  }
}
