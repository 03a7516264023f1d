/** What the window and its audio worklet tell each other. */
import type { StreamEngine } from '#engine/stream/stream-engine.ts';

export const PROCESSOR_NAME = 'voxfit-stream';

export interface ProcessorOptions {
  /** The kernels' bytes; a worklet cannot be sent the compiled module everywhere. */
  readonly kernels: ArrayBuffer;
}

type EngineMethod =
  | 'load'
  | 'play'
  | 'pause'
  | 'stop'
  | 'seek'
  | 'setLoop'
  | 'setMonitor'
  | 'setGains'
  | 'setDesign'
  | 'setEffects'
  | 'resetMeters';

/** A call of the worklet's engine. */
export type EngineCall = {
  readonly [M in EngineMethod]: { readonly method: M; readonly args: Parameters<StreamEngine[M]> };
}[EngineMethod];

/** Frames as in the audio contract; `playing` whenever that changes. */
export type EngineReport =
  | { readonly t: 'meters' | 'spectrum'; readonly frame: Float32Array<ArrayBuffer> }
  | { readonly t: 'playing'; readonly isPlaying: boolean };
