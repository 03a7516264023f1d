/**
 * A session: everything that a user makes, apart from the audio files themselves. The window edits a
 * {@link SessionDocument}; the host writes it as a `.voxfit` file, where each source is a path (session-file.ts).
 */
import { z } from 'zod';
import { FULL_AMOUNTS, MAX_AMOUNT_PERCENT } from '../chain/amount.ts';
import { PARAMETER_COUNT, neutralRaw } from '../chain/parameters.ts';
import { bypassableSchema, fileIdSchema, polaritySchema } from '../protocol/schemas.ts';

const finite = z.number();

/** A file that the user gave, as the window knows it. */
export const fileRefSchema = z.object({
  id: fileIdSchema,
  name: z.string(),
  /** For people to recognise it; the window cannot open it. */
  path: z.string(),
  sizeBytes: finite.nonnegative(),
});
export type FileRef = z.infer<typeof fileRefSchema>;

export const SLOTS = ['A', 'B', 'C', 'D'] as const;
export const slotSchema = z.enum(SLOTS);
export type Slot = z.infer<typeof slotSchema>;

/** 151 raw values; plain numbers, so that a document is JSON. */
export const settingSchema = z.array(finite).length(PARAMETER_COUNT);
export type Setting = z.infer<typeof settingSchema>;

export const QUALITIES = ['quick', 'balanced', 'thorough'] as const;
export type Quality = (typeof QUALITIES)[number];

const percent = finite.min(0).max(MAX_AMOUNT_PERCENT);
const amountsSchema = z.object({
  /** Of the whole chain; multiplies the others. */
  all: percent,
  eq: percent,
  comp: percent,
  delay: percent,
  fdn: percent,
  pan: percent,
});

const termsSchema = z.object({ mss_lr: finite, mss_ms: finite, mldr_lr: finite, mldr_ms: finite });

/** All of a document but its sources. */
export const documentBodySchema = z.object({
  name: z.string().max(200),
  alignment: z.object({
    /** The user's own, instead of what was measured. */
    offsetSeconds: finite.nullable(),
    polarity: polaritySchema.nullable(),
  }),
  active: slotSchema,
  slots: z.object({
    A: settingSchema,
    B: settingSchema.nullable(),
    C: settingSchema.nullable(),
    D: settingSchema.nullable(),
  }),
  bypassed: z.array(bypassableSchema),
  /** How much of the setting is heard; see core/chain/amount.ts. */
  amounts: amountsSchema,
  /** For note values of the delay; null while nobody said and nothing was detected. */
  tempoBpm: finite.min(30).max(300).nullable(),
  /** Ids of parameters that fits leave alone. */
  locked: z.array(z.string().max(64)).max(PARAMETER_COUNT),
  loop: z.object({
    isOn: z.boolean(),
    startSeconds: finite.nonnegative(),
    endSeconds: finite.nonnegative(),
  }),
  fit: z.object({
    quality: z.enum(QUALITIES),
    region: z.enum(['all', 'loop']),
    /** Where a fit begins: at what it measures in the sound, or at the present setting. */
    start: z.enum(['measured', 'current']),
  }),
  /** How the last fit went, for the panel. */
  lastFit: z
    .object({
      initialLoss: finite,
      loss: finite,
      initialTerms: termsSchema,
      terms: termsSchema,
      seconds: finite,
      stopped: z.string().max(40),
      /** Pairs of seconds and loss. */
      curve: z.array(z.tuple([finite, finite])).max(4000),
      /** The setting before the fit, for Revert. */
      before: settingSchema,
    })
    .nullable(),
});

export const documentSchema = documentBodySchema.extend({
  sources: z.object({ dry: fileRefSchema.nullable(), target: fileRefSchema.nullable() }),
});
/** What undo, autosave and the window's panels work on; never changed in place. */
export type SessionDocument = z.infer<typeof documentSchema>;
export type FitRecord = NonNullable<SessionDocument['lastFit']>;

/** An empty session with the neutral setting. */
export function newDocument(name = 'Untitled'): SessionDocument {
  return {
    name,
    sources: { dry: null, target: null },
    alignment: { offsetSeconds: null, polarity: null },
    active: 'A',
    slots: { A: Array.from(neutralRaw()), B: null, C: null, D: null },
    bypassed: [],
    amounts: FULL_AMOUNTS,
    tempoBpm: null,
    locked: [],
    loop: { isOn: false, startSeconds: 0, endSeconds: 0 },
    fit: { quality: 'balanced', region: 'all', start: 'measured' },
    lastFit: null,
  };
}

/** Whether a loop has a region, on or off. */
export function hasRegion({ startSeconds, endSeconds }: SessionDocument['loop']): boolean {
  return endSeconds > startSeconds;
}
