/**
 * Plays through PortAudio, by the native part of naudiodon: its queue holds chunks of sound, PortAudio's thread takes
 * them from there, and `write` resolves when the queue has had room. So one write at a time keeps the queue full, and
 * what is heard is as far behind as the queue is long.
 *
 * To be used in a process of its own: a device that goes away leaves threads behind that nothing can end, and neither can
 * `process.exit`. naudiodon is an optional dependency, without binaries for every platform, so it is loaded when needed.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { UserError } from '#core/errors.ts';
import type { OutputDevice } from '#core/protocol/audio.ts';
import type { Pull, Sink, SinkEvents, SinkStream } from './sink.ts';

/** Sound is made in pieces of this length … */
const CHUNK_SECONDS = 0.005;
/** … and this many of them wait in the queue; longer rides out more, shorter answers sooner. */
const QUEUED_CHUNKS = 2;
/** After a delay what is missing is made at once, for every write takes several turns of threads; so much at most. */
const MAX_CHUNK_SECONDS = 0.06;
/** Beside the queue: the chunk that PortAudio is taking from, and the one that waits for room. */
const CHUNKS_AHEAD = QUEUED_CHUNKS + 2;
/** PortAudio has one buffer being heard and one filled. Half as long, they run dry beside a fit. */
const DEVICE_BUFFERS = 2;
const DEVICE_BUFFER_SECONDS = 0.025;
/** A device that takes nothing for so many looks in a row is gone. Looks, not time: the computer may have slept. */
const LOOKS_WITHOUT_WRITE = 6;
const LOOK_INTERVAL_MS = 250;
const QUIT_LIMIT_MS = 1000;
/** naudiodon loses its last buffers when it ends; they are to be silence. */
const SILENT_BUFFERS_AT_END = 3;
const CHANNELS = 2;
const FLOAT_32 = 1;
const BYTES_PER_SAMPLE = 4;
const NO_DEVICE = 0xffff_ffff;

interface NativeStream {
  start(): void;
  /** Copies the chunk. Resolves, once the queue has taken it, with what PortAudio has reported since the last time. */
  write(chunk: Buffer): Promise<string | undefined>;
  quit(how: 'WAIT'): Promise<void>;
}

interface PortAudio {
  getDevices(): {
    id: number;
    name: string;
    maxOutputChannels: number;
    defaultSampleRate: number;
    hostAPIName: string;
  }[];
  getHostAPIs(): { defaultHostAPI: number; HostAPIs: { defaultOutput: number }[] };
  create(options: {
    outOptions: {
      deviceId: number;
      sampleRate: number;
      channelCount: number;
      sampleFormat: number;
      maxQueue: number;
      framesPerBuffer: number;
      /** Here: `write` tells of errors. Nothing is closed by the native part. */
      closeOnError: boolean;
    };
  }): NativeStream;
}

interface Device extends OutputDevice {
  readonly index: number;
  readonly defaultSampleRateHz: number;
}

let library: PortAudio | undefined;

/** Throws an Error where naudiodon is not installed, not built, or lacks something of the system. */
function portAudio(): PortAudio {
  const alsaConfiguration = process.env['ALSA_CONFIG_PATH'] ?? '/usr/share/alsa/alsa.conf';
  // Without it PortAudio would abort the process.
  if (process.platform === 'linux' && !existsSync(alsaConfiguration)) throw new Error('ALSA is not set up.');
  library ??= createRequire(import.meta.url)('naudiodon/build/Release/naudiodon.node') as PortAudio;
  return library;
}

/** PortAudio's list is made when its first stream opens, and made anew only when none is open. */
function listDevices(): Device[] {
  const { getDevices, getHostAPIs } = portAudio();
  const outputs = getDevices().filter(({ maxOutputChannels }) => maxOutputChannels >= CHANNELS);
  const { defaultHostAPI, HostAPIs } = getHostAPIs();
  const defaultIndex = HostAPIs[defaultHostAPI]?.defaultOutput ?? NO_DEVICE;
  const hasSeveralApis = new Set(outputs.map(({ hostAPIName }) => hostAPIName)).size > 1;
  const seen = new Map<string, number>();
  return outputs.map(({ id: index, name, hostAPIName, defaultSampleRate }) => {
    const id = `${hostAPIName}: ${name}`;
    const count = (seen.get(id) ?? 0) + 1;
    seen.set(id, count);
    const number = count > 1 ? ` (${count})` : '';
    return {
      id: `${id}${number}`,
      name: `${name}${hasSeveralApis ? `, ${hostAPIName}` : ''}${number}`,
      isDefault: index === defaultIndex,
      index,
      defaultSampleRateHz: defaultSampleRate,
    };
  });
}

export const portAudioSink: Sink = {
  devices: () => {
    try {
      return listDevices().map(({ id, name, isDefault }) => ({ id, name, isDefault }));
    } catch {
      return [];
    }
  },

  open: (id, sampleRateHz, pull, events) => {
    let devices: Device[];
    try {
      devices = listDevices();
    } catch {
      throw new UserError('output', 'Sound output through the system is not available on this computer.');
    }
    const device =
      devices.find((one) => one.id === id) ?? devices.find(({ isDefault }) => isDefault) ?? devices[0];
    if (!device) throw new UserError('output', 'No sound output was found: connect or enable one.');
    const rates = new Set([sampleRateHz, device.defaultSampleRateHz]);
    for (const rate of rates) {
      try {
        return new PortAudioStream(device, rate, pull, events);
      } catch {
        // Refused; the device's own rate is the last to be tried.
      }
    }
    throw new UserError(
      'output',
      `“${device.name}” cannot be opened: another program may be using it, or choose another output.`,
    );
  },
};

class PortAudioStream implements SinkStream {
  readonly device: OutputDevice;
  readonly latencySeconds: number;
  private readonly native: NativeStream;
  private readonly chunkSamples: number;
  private readonly maxChunkSamples: number;
  /** Lengths of the last {@link CHUNKS_AHEAD} chunks. */
  private readonly lastChunks: number[] = [];
  private readonly framesPerBuffer: number;
  private readonly left: Float32Array;
  private readonly right: Float32Array;
  private readonly interleaved: Float32Array;
  private readonly bytes: Buffer;
  private readonly watch: NodeJS.Timeout;
  private readonly fed: Promise<void>;
  private isClosing = false;
  private isLost = false;
  private looksWithoutWrite = 0;
  /** When the device runs dry unless it is given more, by performance.now(); Infinity until the queue was full. */
  private dryAtMs = Infinity;

  /** Throws what PortAudio says when it refuses. */
  constructor(
    { id, name, isDefault, index }: Device,
    readonly sampleRateHz: number,
    private readonly pull: Pull,
    private readonly events: SinkEvents,
  ) {
    this.device = { id, name, isDefault };
    this.chunkSamples = Math.round(CHUNK_SECONDS * sampleRateHz);
    this.framesPerBuffer = Math.round(DEVICE_BUFFER_SECONDS * sampleRateHz);
    this.native = portAudio().create({
      outOptions: {
        deviceId: index,
        sampleRate: sampleRateHz,
        channelCount: CHANNELS,
        sampleFormat: FLOAT_32,
        maxQueue: QUEUED_CHUNKS,
        framesPerBuffer: this.framesPerBuffer,
        closeOnError: true,
      },
    });
    this.latencySeconds =
      (CHUNKS_AHEAD * this.chunkSamples + DEVICE_BUFFERS * this.framesPerBuffer) / sampleRateHz;
    this.maxChunkSamples = Math.round(MAX_CHUNK_SECONDS * sampleRateHz);
    this.left = new Float32Array(this.maxChunkSamples);
    this.right = new Float32Array(this.maxChunkSamples);
    this.interleaved = new Float32Array(CHANNELS * this.maxChunkSamples);
    this.bytes = Buffer.from(this.interleaved.buffer);
    this.fed = this.feed();
    try {
      this.native.start();
    } catch (error) {
      this.isClosing = true;
      throw error;
    }
    this.watch = setInterval(() => {
      this.look();
    }, LOOK_INTERVAL_MS);
  }

  async close(): Promise<void> {
    if (this.isClosing) return;
    this.isClosing = true;
    await Promise.race([this.fed.then(() => this.native.quit('WAIT')), limit(QUIT_LIMIT_MS)]);
    clearInterval(this.watch);
  }

  private async feed(): Promise<void> {
    const { left, right, interleaved } = this;
    while (!this.isClosing) {
      const length = this.nextLength();
      this.pull(left, right, length);
      for (let n = 0; n < length; n++) {
        interleaved[2 * n] = left[n]!;
        interleaved[2 * n + 1] = right[n]!;
      }
      await this.write(length);
    }
    interleaved.fill(0);
    const silentSamples = SILENT_BUFFERS_AT_END * this.framesPerBuffer;
    for (let done = 0; done < silentSamples; done += this.chunkSamples) await this.write(this.chunkSamples);
  }

  /** A chunk, and what the queue lacks where that is more than one. */
  private nextLength(): number {
    const { chunkSamples, maxChunkSamples, sampleRateHz } = this;
    const aheadSeconds = (this.dryAtMs - performance.now()) / 1000;
    const missing = Math.round((this.latencySeconds - aheadSeconds) * sampleRateHz);
    return missing > chunkSamples ? Math.min(chunkSamples + missing, maxChunkSamples) : chunkSamples;
  }

  private async write(length: number): Promise<void> {
    const { lastChunks, sampleRateHz } = this;
    const startedMs = performance.now();
    const isLate = startedMs > this.dryAtMs;
    const report = await this.native.write(this.bytes.subarray(0, length * CHANNELS * BYTES_PER_SAMPLE));
    this.looksWithoutWrite = 0;
    const doneMs = performance.now();
    // A sound server between PortAudio and the device fills gaps without telling, so being late counts as well.
    if (!this.isClosing && (isLate || report?.includes('output underflow'))) this.events.onUnderrun();
    if (lastChunks.push(length) > CHUNKS_AHEAD) lastChunks.shift();
    const hasMetFullQueue = doneMs - startedMs > (CHUNK_SECONDS * 1000) / 4;
    if (hasMetFullQueue) {
      const aheadSamples = lastChunks.reduce(
        (sum, chunk) => sum + chunk,
        DEVICE_BUFFERS * this.framesPerBuffer,
      );
      this.dryAtMs = doneMs + (1000 * aheadSamples) / sampleRateHz;
    } else this.dryAtMs = Math.max(this.dryAtMs, startedMs) + (1000 * length) / sampleRateHz;
  }

  private look(): void {
    if (++this.looksWithoutWrite < LOOKS_WITHOUT_WRITE || this.isLost) return;
    this.isLost = true;
    clearInterval(this.watch);
    if (!this.isClosing) this.events.onLost();
  }
}

function limit(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
