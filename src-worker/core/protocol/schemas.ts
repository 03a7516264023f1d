/** Pieces that several contracts share. */
import { z } from 'zod';
import { BACKENDS, type BackendUse } from '../backend.ts';
import { PARAMETER_COUNT } from '../chain/parameters.ts';

export const uint8Schema = z.custom<Uint8Array>((value) => value instanceof Uint8Array);
export const float32Schema = z.custom<Float32Array>((value) => value instanceof Float32Array);
export const float64Schema = z.custom<Float64Array>((value) => value instanceof Float64Array);

export const rawSchema = float64Schema.refine(
  (raw) => raw.length === PARAMETER_COUNT && raw.every(Number.isFinite),
  { message: `a setting is ${PARAMETER_COUNT} finite numbers` },
);

/** Chosen by the caller of a long method; names it in `progress` and `cancel`. */
export const jobSchema = z.string().min(1).max(64);
/** Stands for a file that the user picked, dropped or opened; only the host knows its path. */
export const fileIdSchema = z.string().regex(/^f-[0-9a-z-]{1,60}$/);
/** Names prepared sound in the cache folder. */
export const cacheIdSchema = z.string().regex(/^[0-9a-f]{8,64}$/);

export const roleSchema = z.enum(['dry', 'target']);
export type SourceRole = z.infer<typeof roleSchema>;

export const backendSchema = z.enum(BACKENDS);
export const backendUseSchema = z.object({
  backend: backendSchema.exclude(['auto']),
  sentence: z.string(),
}) satisfies z.ZodType<BackendUse>;

export const polaritySchema = z.union([z.literal(1), z.literal(-1)]);

/** Of the loss; see core/losses. */
export const termsSchema = z.object({
  mss_lr: z.number(),
  mss_ms: z.number(),
  mldr_lr: z.number(),
  mldr_ms: z.number(),
});

export const progressSchema = z.object({
  job: jobSchema,
  /** 0..1; absent where it cannot be known. */
  fraction: z.number().min(0).max(1).optional(),
  /** What is being done, for people. */
  text: z.string(),
});

export const EFFECTS = ['eq', 'comp', 'delay', 'fdn', 'pan'] as const;
export const effectSchema = z.enum(EFFECTS);
/** An effect of the chain, by the first part of its parameters' ids. */
export type EffectId = z.infer<typeof effectSchema>;

/** The EQ's filters, in signal order. */
export const EQ_BANDS = ['eq.pk1', 'eq.pk2', 'eq.ls', 'eq.hs', 'eq.lp', 'eq.hp'] as const;
/** What can be switched off on its own: an effect, or one band of the EQ. */
export const bypassableSchema = z.enum([...EFFECTS, ...EQ_BANDS]);
export type Bypassable = z.infer<typeof bypassableSchema>;
/** A filter of the EQ, by the first parts of its parameters' ids. */
export type EqBandId = (typeof EQ_BANDS)[number];
