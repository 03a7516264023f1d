/** What the engine process does for the window: reads sources, prepares playback, fits, renders. */
import { z } from 'zod';
import { PARAMETER_COUNT } from '../chain/parameters.ts';
import type { Contract } from './contract.ts';
import {
  backendSchema,
  backendUseSchema,
  bypassableSchema,
  cacheIdSchema,
  fileIdSchema,
  float32Schema,
  float64Schema,
  jobSchema,
  polaritySchema,
  progressSchema,
  rawSchema,
  roleSchema,
  termsSchema,
} from './schemas.ts';

const finite = z.number();
const nothing = z.object({});

/** A decoded file, kept by the engine until it is replaced or the engine ends. */
const sourceSchema = z.object({
  /** Derived from the file's contents' identity (path, size, time of change): the same file gives the same id. */
  source: z.string(),
  role: roleSchema,
  name: z.string(),
  /** As a person says it: “WAV”, “MP3”. */
  format: z.string(),
  /** Absent for lossy formats. */
  bitDepth: z.number().optional(),
  sampleRateHz: finite,
  channels: z.int(),
  seconds: finite,
  /** Integrated, BS.1770; null when too quiet to measure. */
  lufs: finite.nullable(),
  samplePeakDb: finite,
  /** One sentence each. */
  warnings: z.array(z.string()),
});
export type SourceFacts = z.infer<typeof sourceSchema>;

/** How the pair lies in time and level; gains are linear. */
const alignmentSchema = z.object({
  /** The target lags the dry by this; may be negative. */
  offsetSeconds: finite,
  polarity: polaritySchema,
  /** 0..1 of the aligned pair. */
  correlation: finite,
  /** False when the two do not seem to be the same take. */
  isRelated: z.boolean(),
  /** Brings the dry to −18 LUFS, the level of the chain's input. */
  inputGain: finite,
  /** Brings the chain's output to the target's own level; without a target, back to the dry's. */
  outputGain: finite,
});
export type Alignment = z.infer<typeof alignmentSchema>;

/** Smallest and largest sample of every stretch, for drawing; coarser levels come from finer ones. */
const peaksSchema = z.object({
  lengthSamples: z.int(),
  channels: z.int(),
  levels: z.array(
    z.object({
      samplesPerPeak: z.int(),
      /** Per channel: min, max of each stretch in turn. */
      data: z.array(float32Schema),
    }),
  ),
});
export type Peaks = z.infer<typeof peaksSchema>;

/** Sound at the session's rate, in a file of the cache folder that the audio process reads. */
const preparedSchema = z.object({
  cache: cacheIdSchema,
  channels: z.int(),
  lengthSamples: z.int(),
  peaks: peaksSchema,
  lufs: finite.nullable(),
});
export type Prepared = z.infer<typeof preparedSchema>;

const calibrationSchema = z.object({
  inputGain: finite,
  outputGain: finite,
  offsetSamples: finite,
  polarity: polaritySchema,
});

export const engineContract = {
  name: 'engine',
  methods: {
    /** Decodes a file. Errors: one sentence that says what is wrong with it. */
    'source.load': {
      in: z.object({ job: jobSchema, file: fileIdSchema, role: roleSchema }),
      out: sourceSchema,
    },
    /** Frees a source. */
    'source.forget': { in: z.object({ source: z.string() }), out: nothing },
    /** Finds offset, polarity and levels. With one source only, offset 0. */
    'pair.align': {
      in: z.object({ job: jobSchema, dry: z.string(), target: z.string().nullable() }),
      out: alignmentSchema,
    },
    /**
     * Writes both sources at the session's rate into the cache: the dry mono, the target stereo, moved by
     * −offsetSeconds and with its polarity, so that both run on the dry's time.
     */
    'playback.prepare': {
      in: z.object({
        job: jobSchema,
        dry: z.string(),
        target: z.string().nullable(),
        sampleRateHz: z.int().min(8000).max(384_000),
        offsetSeconds: finite,
        polarity: polaritySchema,
      }),
      out: z.object({ dry: preparedSchema, target: preparedSchema.nullable() }),
    },
    /** Samples [from, to) of prepared sound, at most 2^20 a channel. */
    'playback.samples': {
      in: z.object({ cache: cacheIdSchema, from: z.int().nonnegative(), to: z.int().nonnegative() }),
      out: z.object({ channels: z.array(float32Schema) }),
    },
    /** The prepared dry through a setting, for the processed lane and for loudness matching; not kept as sound. */
    'processed.measure': {
      in: z.object({
        job: jobSchema,
        dry: cacheIdSchema,
        sampleRateHz: z.int(),
        raw: rawSchema,
        inputGain: finite,
        bypassed: z.array(bypassableSchema).optional(),
      }),
      out: z.object({ peaks: peaksSchema, lufs: finite.nullable(), truePeakDb: finite }),
    },
    /** Fits; resolves with the best found, also when cancelled (`stopped: 'interrupted'`). */
    'fit.start': {
      in: z.object({
        job: jobSchema,
        dry: z.string(),
        target: z.string(),
        /** Absent: when it no longer improves. */
        budgetSeconds: finite.positive().optional(),
        /** Region of the dry, seconds; absent: all. */
        fromSeconds: finite.nonnegative().optional(),
        toSeconds: finite.positive().optional(),
        /** The present setting: locked parameters keep its values, and `start: 'current'` begins there. */
        init: rawSchema.optional(),
        start: z.enum(['measured', 'current']).optional(),
        /** Indices of parameters that keep the value of `init`. */
        locked: z.array(z.int().nonnegative()),
        /** Offset and polarity that the user set; absent: measured. */
        alignment: z.object({ offsetSeconds: finite, polarity: polaritySchema }).optional(),
        seed: z.int().nonnegative(),
        /** What computes; absent: the processor. */
        backend: backendSchema.optional(),
        /** Go on from the checkpoint that an earlier job of this id left, where there is one. */
        resume: z.boolean().optional(),
      }),
      out: z.object({
        raw: rawSchema,
        loss: finite,
        initialLoss: finite,
        terms: termsSchema,
        steps: z.int(),
        evaluations: finite,
        elapsed: finite,
        stopped: z.enum(['converged', 'budget', 'interrupted']),
        correlation: finite,
        calibration: calibrationSchema,
        warnings: z.array(z.string()),
        /** What computed in the end. */
        use: backendUseSchema,
      }),
    },
    /** Holds a fit between two steps, and lets it go on; the time in between does not count. */
    'fit.pause': { in: z.object({ job: jobSchema }), out: nothing },
    'fit.continue': { in: z.object({ job: jobSchema }), out: nothing },
    /** Renders a source through a setting into a wav file. */
    'export.wav': {
      in: z.object({
        job: jobSchema,
        dry: z.string(),
        file: fileIdSchema,
        raw: rawSchema,
        sampleRateHz: z.int().min(8000).max(384_000),
        depth: z.enum(['16', '24', '32f']),
        tailSeconds: finite.min(0).max(60),
        inputGain: finite,
        outputGain: finite,
        /** Integrated loudness to bring the result to; null leaves it as heard. */
        lufs: finite.min(-60).max(0).nullable(),
        /** Effects and EQ bands that are bypassed. */
        bypassed: z.array(bypassableSchema),
      }),
      out: z.object({
        name: z.string(),
        seconds: finite,
        lufs: finite.nullable(),
        truePeakDb: finite,
        clippedSamples: z.int(),
      }),
    },
    /**
     * Long-term average spectrum of prepared sound, in dB, SPECTRUM_BANDS levels as in a spectrum frame: the mean power
     * of the parts that are not silent.
     */
    'sound.spectrum': {
      in: z.object({ job: jobSchema, cache: cacheIdSchema }),
      out: z.object({ levelsDb: float32Schema }),
    },
    /** The tempo of prepared sound, from the spacing of its onsets; null where nothing repeats. */
    'tempo.detect': {
      in: z.object({ job: jobSchema, cache: cacheIdSchema }),
      out: z.object({ bpm: finite.nullable(), /** 0..1 */ confidence: finite }),
    },
    /** What an impulse into the reverb gives, in real-time form, drawn: `columns` stretches of equal length. */
    'reverb.picture': {
      in: z.object({
        raw: rawSchema,
        sampleRateHz: z.int().min(8000).max(384_000),
        seconds: finite.positive().max(12),
        columns: z.int().min(16).max(4096),
      }),
      out: z.object({
        /** Largest |sample| of each stretch in dB below the largest of all, left and right. */
        leftDb: float32Schema,
        rightDb: float32Schema,
        /** Schroeder's backward integral of both sides at the start of each stretch, in dB, 0 at the first. */
        decayDb: float32Schema,
      }),
    },
    /**
     * Learns a prior from settings, 151 raw numbers each, one after another; takes seconds, and tells how much is done.
     * Errors: fewer than three, all the same.
     */
    'prior.train': {
      in: z.object({
        job: jobSchema,
        name: z.string().min(1).max(200),
        /** What the prior is said to be learned from. */
        source: z.string().max(300),
        raws: float32Schema,
        /** Positions of the values that count. */
        dimensions: z
          .array(
            z
              .int()
              .min(0)
              .max(PARAMETER_COUNT - 1),
          )
          .min(1)
          .refine((places) => places.every((place, i) => i === 0 || place > places[i - 1]), {
            message: 'places rise',
          }),
      }),
      /** The text of its file; see core/prior/prior-file.ts. */
      out: z.object({ text: z.string() }),
    },
    /** Ends a job early; a fit keeps its best. Unknown jobs are no error. */
    cancel: { in: z.object({ job: jobSchema }), out: nothing },
  },
  events: {
    progress: progressSchema,
    /** What the user should know although the fit goes on, in one sentence. It is in the result, too. */
    'fit.warning': z.object({ job: jobSchema, message: z.string() }),
    /** Up to ten a second. */
    'fit.progress': z.object({
      job: jobSchema,
      step: z.int(),
      elapsed: finite,
      loss: finite,
      terms: termsSchema,
      raw: float64Schema,
      phase: z.enum(['start', 'fit', 'finish']),
      fraction: finite,
      remainingSeconds: finite.nullable(),
      /** What computes at present. */
      use: backendUseSchema,
    }),
  },
} as const satisfies Contract;

export type EngineContract = typeof engineContract;
