/** One of the three sounds that a waveform shows. */
import { MONITORS, type Monitor } from '#core/protocol/audio.ts';
import type { Peaks } from '#core/protocol/engine.ts';
import type { Colour } from '../../theme/theme.svelte.ts';

export interface WaveformLane {
  readonly peaks: Peaks;
  /** At the lane's corner, e.g. the file's name. */
  readonly name: string;
  /** Linear gain it is drawn at. */
  readonly gain?: number | undefined;
}

/** From top to bottom. */
export const LANES = MONITORS;
export type LaneId = Monitor;

export const LANE_COLOURS: Readonly<Record<LaneId, Colour>> = {
  dry: 'dry',
  target: 'target',
  processed: 'processed',
};

export const LANE_TITLES: Readonly<Record<LaneId, string>> = {
  dry: 'Dry',
  target: 'Target',
  processed: 'Processed',
};

export const EMPTY_TEXTS: Readonly<Record<LaneId, string>> = {
  dry: 'Drop a dry vocal here',
  target: 'Drop its finished version here',
  processed: 'What the rack makes of it appears here',
};

/** Samples [from, to) of every channel; null where there are none to have. */
export type SamplesOf = (lane: LaneId, from: number, to: number) => Promise<Float32Array[] | null>;
