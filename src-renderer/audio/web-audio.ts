/**
 * Playback inside the window, for computers where the audio process cannot play: the same contract, the same engine, in an
 * AudioWorklet. Settings are designed here, so that the worklet's thread has nothing to do but sound.
 */
import { isEqBand } from '#core/effects/eq/bands.ts';
import { UserError } from '#core/errors.ts';
import { CLOSED_AUDIO, audioContract, type AudioState, type OutputDevice } from '#core/protocol/audio.ts';
import { serve, type Emit, type Handlers, type ParsedInput } from '#core/protocol/contract.ts';
import { joinedPorts, type Port } from '#core/protocol/port.ts';
import type { Bypassable } from '#core/protocol/schemas.ts';
import { ChainDesigner, designSince, type ChainDesign } from '#engine/chain-design.ts';
import {
  PROCESSOR_NAME,
  type EngineCall,
  type EngineReport,
  type ProcessorOptions,
} from './worklet-messages.ts';
import workletUrl from './worklet.ts?worker&url';

type Contract = typeof audioContract;

/** Channels of a prepared sound. */
export type SamplesOf = (cache: string, channels: number, lengthSamples: number) => Promise<Float32Array[]>;

/** How long silence is played after playback, so that going on is immediate; after that the context rests. */
const IDLE_MS = 5000;
const LATENCY_STEP_SECONDS = 0.015;
const DEFAULT_DEVICE: OutputDevice = { id: 'default', name: 'System default', isDefault: true };

/** Not in TypeScript's library yet, and not in every Chromium. */
interface PlaybackStats {
  readonly underrunEvents?: number;
}
type Context = AudioContext & {
  readonly playbackStats?: PlaybackStats;
  setSinkId(id: string): Promise<void>;
};

/**
 * Serves the audio contract. `kernels`: the bytes of kernels.wasm. Nothing is opened until `open` is called; that rejects
 * with `output` where the browser cannot play.
 */
export function openWebAudio(kernels: ArrayBuffer, samplesOf: SamplesOf): Promise<Port> {
  const [ours, theirs] = joinedPorts();
  const playback = new WebAudioPlayback(kernels, samplesOf);
  playback.emit = serve(audioContract, ours, () => playback.handlers(), reportError);
  ours.onClose(() => void playback.close());
  return Promise.resolve(theirs);
}

class WebAudioPlayback {
  emit!: Emit<Contract>;
  private context: Context | undefined;
  private node: AudioWorkletNode | undefined;
  private designer: ChainDesigner | undefined;
  private sentDesign: ChainDesign | undefined;
  private wantedRateHz = 0;
  private loads = 0;
  private resting: ReturnType<typeof setTimeout> | undefined;
  /** Opening and closing, one after the other. */
  private turn: Promise<unknown> = Promise.resolve();

  // What the engine has been told, for one at another rate.
  private settings: Float64Array | undefined;
  private bypassed: readonly Bypassable[] = [];
  private readonly told = new Map<EngineCall['method'], EngineCall>();

  private state: AudioState = CLOSED_AUDIO;

  constructor(
    private readonly kernels: ArrayBuffer,
    private readonly samplesOf: SamplesOf,
  ) {}

  handlers(): Handlers<Contract> {
    const done = {};
    const call = (engineCall: EngineCall) => {
      this.call(engineCall);
      return done;
    };
    const setting = (engineCall: EngineCall) => {
      this.told.set(engineCall.method, engineCall);
      return call(engineCall);
    };
    return {
      devices: async () => ({ devices: await listDevices() }),
      open: async ({ device, sampleRateHz }) => {
        const opening = this.turn.then(() => this.open(device, sampleRateHz));
        this.turn = opening.catch(() => undefined);
        await opening;
        return this.state;
      },
      load: async (sounds) => {
        await this.load(sounds);
        return done;
      },
      play: async () => {
        const { context } = this;
        if (!context) throw new UserError('usage', 'Open a sound output before playing.');
        clearTimeout(this.resting);
        // The user's gesture that this call comes from permits it.
        await context.resume();
        return call({ method: 'play', args: [] });
      },
      pause: () => call({ method: 'pause', args: [] }),
      stop: () => call({ method: 'stop', args: [] }),
      seek: ({ position }) => call({ method: 'seek', args: [position] }),
      loop: ({ isOn, start, end }) => call({ method: 'setLoop', args: [isOn, start, end] }),
      monitor: ({ monitor }) => setting({ method: 'setMonitor', args: [monitor] }),
      gains: (gains) => setting({ method: 'setGains', args: [gains] }),
      settings: ({ raw, isImmediate = false }) => {
        this.settings = raw;
        this.design(isImmediate);
        return done;
      },
      effects: ({ bypassed, solo }) => {
        const hasNewBands = bandsIn(bypassed) !== bandsIn(this.bypassed);
        this.bypassed = bypassed;
        // Bands are flat in the design.
        if (hasNewBands) this.design(false);
        return setting({ method: 'setEffects', args: [bypassed, solo] });
      },
      'meters.reset': () => call({ method: 'resetMeters', args: [] }),
      state: () => this.state,
    };
  }

  async close(): Promise<void> {
    clearTimeout(this.resting);
    const { context } = this;
    this.context = this.node = undefined;
    await context?.close();
  }

  private call(engineCall: EngineCall, transfer: Transferable[] = []): void {
    this.node?.port.postMessage(engineCall, transfer);
  }

  /** Of the latest settings. */
  private design(isImmediate: boolean): void {
    if (!this.designer || !this.settings) return;
    const design = this.designer.design(this.settings, this.bypassed);
    this.call({ method: 'setDesign', args: [designSince(design, this.sentDesign), isImmediate] });
    this.sentDesign = design;
  }

  private async open(device: string | null, sampleRateHz: number): Promise<void> {
    if (!this.context || this.wantedRateHz !== sampleRateHz) await this.openContext(sampleRateHz);
    const context = this.context!;
    const chosen = await this.chooseDevice(context, device);
    this.change({ sink: 'web-audio', device: chosen, sampleRateHz: context.sampleRate });
    this.look(context);
  }

  private async openContext(sampleRateHz: number): Promise<void> {
    await this.close();
    const context = createContext(sampleRateHz);
    try {
      await context.audioWorklet.addModule(workletUrl);
      const processorOptions: ProcessorOptions = { kernels: this.kernels };
      const node = new AudioWorkletNode(context, PROCESSOR_NAME, {
        numberOfInputs: 0,
        outputChannelCount: [2],
        processorOptions,
      });
      node.onprocessorerror = () => {
        this.broken(context);
      };
      node.port.onmessage = ({ data }: MessageEvent<EngineReport>) => {
        if (this.context === context) this.hear(context, data);
      };
      node.connect(context.destination);
      this.node = node;
    } catch {
      await context.close();
      this.change({ sink: 'none', device: null, sampleRateHz: null, isPlaying: false });
      throw cannotPlay();
    }
    this.context = context;
    this.wantedRateHz = sampleRateHz;
    this.loads++;
    this.designer = new ChainDesigner(context.sampleRate);
    this.sentDesign = undefined;
    this.change({ isPlaying: false });
    this.design(true);
    for (const engineCall of this.told.values()) this.call(engineCall);
    this.restSoon(context);
  }

  /** Answers which device it is: where the browser does not let us choose, its own. */
  private async chooseDevice(context: Context, device: string | null): Promise<string> {
    try {
      await context.setSinkId(device === null || device === DEFAULT_DEVICE.id ? '' : device);
      return device ?? DEFAULT_DEVICE.id;
    } catch {
      if (device !== null)
        this.emit('notice', {
          message: 'That output cannot be chosen here; playing through the system’s default.',
        });
      return DEFAULT_DEVICE.id;
    }
  }

  private async load({ dry, target }: ParsedInput<Contract, 'load'>): Promise<void> {
    if (!this.node) throw new UserError('usage', 'Open a sound output before loading sound.');
    const load = ++this.loads;
    this.call({ method: 'pause', args: [] });
    const [dryChannels, targetChannels] = await Promise.all([
      dry ? this.samplesOf(dry.cache, 1, dry.lengthSamples) : [],
      target ? this.samplesOf(target.cache, 2, target.lengthSamples) : [],
    ]);
    // Overtaken by another, or by a change of rate.
    if (load !== this.loads) return;
    const [left, right] = targetChannels;
    const args = [dryChannels[0] ?? null, left && right ? ([left, right] as const) : null] as const;
    this.call(
      { method: 'load', args: [...args] },
      [...dryChannels, ...targetChannels].map(({ buffer }) => buffer as ArrayBuffer),
    );
  }

  private hear(context: Context, report: EngineReport): void {
    switch (report.t) {
      case 'playing':
        this.change({ isPlaying: report.isPlaying });
        if (!report.isPlaying) this.restSoon(context);
        break;
      case 'meters':
      case 'spectrum':
        this.look(context);
        // The sound is heard later than it is made, and frames are to come with it.
        setTimeout(() => {
          this.emit(report.t, report.frame);
        }, 1000 * context.outputLatency);
        break;
      default:
        report satisfies never;
    }
  }

  /** What the context tells only to those who ask. */
  private look(context: Context): void {
    const { baseLatency, outputLatency, playbackStats } = context;
    const latencySeconds = baseLatency + outputLatency;
    const { latencySeconds: before } = this.state;
    // It trembles.
    const isNew = before === null || Math.abs(latencySeconds - before) > LATENCY_STEP_SECONDS;
    this.change({
      latencySeconds: isNew ? latencySeconds : before,
      underruns: playbackStats?.underrunEvents ?? 0,
    });
  }

  private restSoon(context: Context): void {
    clearTimeout(this.resting);
    this.resting = setTimeout(() => {
      if (this.context === context && !this.state.isPlaying) void context.suspend();
    }, IDLE_MS);
  }

  private broken(context: Context): void {
    if (this.context !== context) return;
    void this.close();
    this.emit('notice', { message: 'Playback in this window has failed; press play to start it anew.' });
    this.change({ sink: 'none', device: null, isPlaying: false, latencySeconds: null });
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

const bandsIn = (bypassed: readonly Bypassable[]): string => bypassed.filter(isEqBand).sort().join();

function cannotPlay(): UserError {
  return new UserError('output', 'No sound output was found, neither by Voxfit nor by this window.');
}

/** At the rate, or at the device's own where the browser refuses that. */
function createContext(sampleRate: number): Context {
  try {
    return new AudioContext({ sampleRate, latencyHint: 'interactive' }) as Context;
  } catch {
    // Refused.
  }
  try {
    return new AudioContext({ latencyHint: 'interactive' }) as Context;
  } catch {
    throw cannotPlay();
  }
}

/** The devices that the browser is willing to name; it names none until the user has permitted a microphone. */
async function listDevices(): Promise<OutputDevice[]> {
  const devices = await navigator.mediaDevices.enumerateDevices().catch(() => []);
  const named = devices.filter(
    ({ kind, deviceId, label }) => kind === 'audiooutput' && deviceId !== DEFAULT_DEVICE.id && label !== '',
  );
  return [
    DEFAULT_DEVICE,
    ...named.map(({ deviceId, label }) => ({ id: deviceId, name: label, isDefault: false })),
  ];
}
