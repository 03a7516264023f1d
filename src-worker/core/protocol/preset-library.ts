/**
 * The user's presets: one JSON file each in a folder that the user owns, with what people note about them. Part of the
 * host's contract (app.ts).
 */
import { z } from 'zod';
import { fileIdSchema, float32Schema, float64Schema, rawSchema } from './schemas.ts';

const nothing = z.object({});
const id = z.string().min(1).max(255);
const ids = z.array(id).max(20_000);

/** Where a setting comes from. */
const originSchema = z.object({
  kind: z.enum(['saved', 'fitted', 'sampled', 'imported']),
  /** For people: the pair it was fitted to, the prior it was drawn from, the file it came in. */
  text: z.string().max(300),
});
export type PresetOrigin = z.infer<typeof originSchema>;

const notesSchema = z.object({
  tags: z.array(z.string().min(1).max(60)).max(40),
  isFavourite: z.boolean(),
  /** Stars; 0: none given. */
  rating: z.int().min(0).max(5),
  notes: z.string().max(4000),
});

export const presetEntrySchema = notesSchema.extend({
  /** The file's name in the folder; another one after renaming. */
  id,
  name: z.string().min(1).max(200),
  origin: originSchema,
  /** ISO 8601. */
  changedAt: z.string(),
});
export type PresetEntry = z.infer<typeof presetEntrySchema>;

export const presetLibraryMethods = {
  /** All presets of the folder, by name. Files that are no presets are left out and counted. */
  'presets.list': {
    in: nothing,
    out: z.object({ folder: z.string(), entries: z.array(presetEntrySchema), unreadable: z.int() }),
  },
  /**
   * Settings for pictures: 151 numbers a preset, one after another, of those that are there, in the order asked for. `ids`
   * says which these are; others have gone in the meantime.
   */
  'presets.raws': { in: z.object({ ids }), out: z.object({ ids, raws: float32Schema }) },
  /** One setting, exact. */
  'presets.read': { in: z.object({ id }), out: z.object({ entry: presetEntrySchema, raw: float64Schema }) },
  /** Adds a preset; a name that is taken gets a number. */
  'presets.add': {
    in: z.object({
      name: z.string().min(1).max(200),
      raw: rawSchema,
      origin: originSchema,
      tags: notesSchema.shape.tags,
    }),
    out: presetEntrySchema,
  },
  /** Renames, or changes what is noted; everything else of the file stays. */
  'presets.change': {
    in: notesSchema.partial().extend({ id, name: z.string().min(1).max(200).optional() }),
    out: presetEntrySchema,
  },
  'presets.duplicate': { in: z.object({ id }), out: presetEntrySchema },
  /** Moves files to the folder's own trash; nothing is deleted. */
  'presets.trash': { in: z.object({ ids }), out: nothing },
  /** Brings files back from the trash. */
  'presets.restore': { in: z.object({ ids }), out: z.object({ entries: z.array(presetEntrySchema) }) },
  /** Copies presets in: `.json` files, and every row of `.npy` files in the published layout. */
  'presets.import': {
    in: z.object({ files: z.array(fileIdSchema).min(1).max(10_000) }),
    /** `problems`: one sentence for each file that was left out. */
    out: z.object({ entries: z.array(presetEntrySchema), problems: z.array(z.string()) }),
  },
  /** Writes presets to one file: a preset's JSON where it is one, else `.npy` rows in the published layout. */
  'presets.export': { in: z.object({ ids, file: fileIdSchema }), out: nothing },

  /** The models that can be browsed: the one that is shipped, then the user's own. */
  'priors.list': {
    in: nothing,
    out: z.object({
      priors: z.array(z.object({ id, name: z.string(), presetCount: z.int(), isShipped: z.boolean() })),
    }),
  },
  /** The text of a model's file; see core/prior/prior-file.ts. */
  'priors.read': { in: z.object({ id }), out: z.object({ text: z.string() }) },
  /** Keeps a model that was trained; a name that is taken gets a number. */
  'priors.add': {
    in: z.object({ name: z.string().min(1).max(200), text: z.string().max(20_000_000) }),
    out: z.object({ id }),
  },
} as const;

export const presetLibraryEvents = {
  /** The folder has changed, by this window, another, or from outside. */
  'presets.changed': nothing,
} as const;
