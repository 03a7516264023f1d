/** The stream engine as an AudioWorkletProcessor. A bundle of its own; there is neither a DOM nor Node here. */
import { METER_FIELDS, SPECTRUM_BANDS, SPECTRUM_TRACES } from '#core/protocol/audio-frames.ts';
import { StreamEngine } from '#engine/stream/stream-engine.ts';
import {
  PROCESSOR_NAME,
  type EngineCall,
  type EngineReport,
  type ProcessorOptions,
} from './worklet-messages.ts';

// TypeScript has no library for an AudioWorkletGlobalScope.
declare const sampleRate: number;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(
  name: string,
  processor: new (options: { processorOptions: ProcessorOptions }) => AudioWorkletProcessor,
): void;

const FRAMES_PER_SECOND = 60;
/** From a pause to the frame that shows it: the sound fades first. */
const SETTLING_SECONDS = 0.02;

class StreamProcessor extends AudioWorkletProcessor {
  private readonly engine: StreamEngine;
  private readonly spectrum = new Float32Array(SPECTRUM_TRACES * SPECTRUM_BANDS);
  private isPlaying = false;
  private areMetersDue = false;
  private samplesToMeters = 0;

  constructor({ processorOptions }: { processorOptions: ProcessorOptions }) {
    super();
    this.engine = new StreamEngine(new WebAssembly.Module(processorOptions.kernels), sampleRate);
    this.port.onmessage = ({ data }: MessageEvent<EngineCall>) => {
      this.call(data);
    };
  }

  process(_inputs: unknown, [output]: [[Float32Array, Float32Array]]): boolean {
    const { engine } = this;
    const [left, right] = output;
    engine.process(left, right, left.length);
    this.samplesToMeters -= left.length;
    this.tellIfPlaying();
    this.areMetersDue ||= engine.isPlaying;
    if (this.areMetersDue && this.samplesToMeters <= 0) {
      this.samplesToMeters = Math.max(0, this.samplesToMeters + sampleRate / FRAMES_PER_SECOND);
      this.areMetersDue = engine.isPlaying;
      this.sendMeters();
    }
    if (engine.takeSpectrum(this.spectrum)) this.report({ t: 'spectrum', frame: this.spectrum.slice() });
    return true;
  }

  private call({ method, args }: EngineCall): void {
    const { engine } = this;
    (engine[method] as (...args: unknown[]) => void).apply(engine, args);
    this.tellIfPlaying();
    if (engine.isPlaying) return;
    this.areMetersDue = true;
    this.samplesToMeters = SETTLING_SECONDS * sampleRate;
  }

  private tellIfPlaying(): void {
    const { isPlaying } = this.engine;
    if (isPlaying === this.isPlaying) return;
    this.isPlaying = isPlaying;
    this.report({ t: 'playing', isPlaying });
  }

  private sendMeters(): void {
    const frame = new Float32Array(METER_FIELDS);
    this.engine.takeMeters(frame);
    this.report({ t: 'meters', frame });
  }

  private report(report: EngineReport): void {
    this.port.postMessage(report, 'frame' in report ? [report.frame.buffer] : []);
  }
}

registerProcessor(PROCESSOR_NAME, StreamProcessor);
