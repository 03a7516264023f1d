/**
 * Playback, the same for the audio process and for the window's AudioWorklet. Times are sample positions on the dry's
 * timeline at the stream's rate.
 */
import { z } from 'zod';
import type { Contract } from './contract.ts';
import { bypassableSchema, cacheIdSchema, effectSchema, float32Schema, rawSchema } from './schemas.ts';

const finite = z.number();
const nothing = z.object({});
const position = z.int().nonnegative();

export const MONITORS = ['dry', 'target', 'processed'] as const;
export const monitorSchema = z.enum(MONITORS);
export type Monitor = z.infer<typeof monitorSchema>;

const deviceSchema = z.object({
  /** Stable name of the device; how the user's choice is remembered. */
  id: z.string(),
  name: z.string(),
  isDefault: z.boolean(),
});
export type OutputDevice = z.infer<typeof deviceSchema>;

const stateSchema = z.object({
  /** Where sound goes; `none` while nothing is open. */
  sink: z.enum(['portaudio', 'web-audio', 'none']),
  device: z.string().nullable(),
  sampleRateHz: z.int().nullable(),
  isPlaying: z.boolean(),
  underruns: z.int(),
  /** From a parameter message to the sound, without the chain's own lookahead. */
  latencySeconds: finite.nullable(),
});
export type AudioState = z.infer<typeof stateSchema>;

/** Before anything is opened. */
export const CLOSED_AUDIO: AudioState = {
  sink: 'none',
  device: null,
  sampleRateHz: null,
  isPlaying: false,
  underruns: 0,
  latencySeconds: null,
};

export const audioContract = {
  name: 'audio',
  methods: {
    devices: { in: nothing, out: z.object({ devices: z.array(deviceSchema) }) },
    /**
     * Opens a device (null: the system's default) at a rate, or at its own where it refuses that; the answer says which.
     * Errors: `output` when no device can be opened.
     */
    open: {
      in: z.object({ device: z.string().nullable(), sampleRateHz: z.int().min(8000).max(384_000) }),
      out: stateSchema,
    },
    /** The prepared sound to play, at the stream's rate; playback stops and the position is kept where it still fits. */
    load: {
      in: z.object({
        dry: z.object({ cache: cacheIdSchema, lengthSamples: position }).nullable(),
        target: z.object({ cache: cacheIdSchema, lengthSamples: position }).nullable(),
      }),
      out: nothing,
    },
    play: { in: nothing, out: nothing },
    pause: { in: nothing, out: nothing },
    /** Pauses, goes to the start (of the loop, when it is on) and forgets all sound. */
    stop: { in: nothing, out: nothing },
    seek: { in: z.object({ position }), out: nothing },
    loop: {
      in: z.object({ isOn: z.boolean(), start: position, end: position }),
      out: nothing,
    },
    /** Which of the three is heard; switching crossfades over 10 ms. */
    monitor: { in: z.object({ monitor: monitorSchema }), out: nothing },
    /** Linear gains: into the chain, and of each of the three on the way to the ear. They glide. */
    gains: {
      in: z.object({ input: finite, dry: finite, target: finite, processed: finite }),
      out: nothing,
    },
    /** A setting of the chain; the sound glides to it. `isImmediate`: without gliding, for a new session. */
    settings: { in: z.object({ raw: rawSchema, isImmediate: z.boolean().optional() }), out: nothing },
    /** Effects and EQ bands that are bypassed, and the effect that is heard alone. */
    effects: {
      in: z.object({ bypassed: z.array(bypassableSchema), solo: effectSchema.nullable() }),
      out: nothing,
    },
    /** Starts the integrated loudness anew. */
    'meters.reset': { in: nothing, out: nothing },
    state: { in: nothing, out: stateSchema },
  },
  events: {
    state: stateSchema,
    /** A {@link MeterField} frame, at most 60 a second, while playing and once after. */
    meters: float32Schema,
    /** A spectrum frame (see SPECTRUM_BANDS), at most 60 a second, while playing. */
    spectrum: float32Schema,
    /** One sentence for the user: a device that went away, another that took over. */
    notice: z.object({ message: z.string() }),
  },
} as const satisfies Contract;

export * from './audio-frames.ts';
