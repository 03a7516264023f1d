/** Where sound goes. A sink asks for it, as far ahead as it must not to run dry, and no further. */
import type { OutputDevice } from '#core/protocol/audio.ts';

/** Fills the first `length` samples of both channels with what comes next.. */
export type Pull = (left: Float32Array, right: Float32Array, length: number) => void;

export interface SinkEvents {
  /** The listener has heard a gap. */
  onUnderrun(): void;
  /** The device takes no more sound and will not come back; called once, and never after `close`. */
  onLost(): void;
}

/** An open device that is playing. */
export interface SinkStream {
  readonly device: OutputDevice;
  readonly sampleRateHz: number;
  /** From `pull` to the ear, as far as the sink knows. */
  readonly latencySeconds: number;
  /** Asks for no more, plays what it has asked for, and lets the device go. */
  close(): Promise<void>;
}

export interface Sink {
  /** Devices for stereo; empty where there is none or no library for them. */
  devices(): readonly OutputDevice[];
  /**
   * Opens a device by its id, or the system's default (null, or when there is none of that id), and starts pulling.
   * Where the device refuses the rate it is opened at its own. Several streams may be open at once.
   * Throws a UserError `output` when no device can be opened.
   */
  open(device: string | null, sampleRateHz: number, pull: Pull, events: SinkEvents): SinkStream;
}
