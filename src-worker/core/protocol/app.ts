/** What the host (Electron's main process or the local web host) does for the window: files, sessions, settings, children. */
import { z } from 'zod';
import { documentSchema, fileRefSchema } from '../session/document.ts';
import type { Contract } from './contract.ts';
import { presetLibraryEvents, presetLibraryMethods } from './preset-library.ts';
import { backendSchema, fileIdSchema, float64Schema, rawSchema, roleSchema, uint8Schema } from './schemas.ts';

const nothing = z.object({});

export const fileKindSchema = z.enum([
  'audio',
  'session',
  'preset',
  'wav',
  'sheet',
  'svg',
  'png',
  'csv',
  'zip',
]);
/**
 * What a file dialog is for. `audio` is anything that can be opened; `wav`, `sheet` (a printable HTML page) and what an
 * analysis is written as (`svg`, `png`, `csv`, `zip`) are for export.
 */
export type FileKind = z.infer<typeof fileKindSchema>;

export const THEMES = ['system', 'dark', 'light'] as const;
const themeSchema = z.enum(THEMES);
export type ThemeChoice = z.infer<typeof themeSchema>;

/** Choices that belong to the user, not to a session. */
export const settingsSchema = z.object({
  /** Output device; null: the system's default. */
  device: z.string().max(300).nullable(),
  /** Play the three monitors equally loud. */
  isLoudnessMatched: z.boolean(),
  theme: themeSchema,
  /** What fits run on. */
  backend: backendSchema,
});
export type Settings = z.infer<typeof settingsSchema>;

const recentSchema = z.object({
  id: z.string().max(64),
  name: z.string(),
  path: z.string(),
  /** ISO 8601. */
  openedAt: z.string(),
  /** False when the file is no longer there. */
  exists: z.boolean(),
});
export type RecentSession = z.infer<typeof recentSchema>;

const openedSchema = z.object({
  document: documentSchema,
  /** Absent for the demo and for a recovered session that had never been saved. */
  file: fileRefSchema.nullable(),
  /** Sources whose file is gone; the document has null there, so that another file can be chosen. */
  missing: z.array(z.object({ role: roleSchema, name: z.string(), path: z.string() })),
});
export type OpenedSession = z.infer<typeof openedSchema>;

/** Of what is written of an analysis at once: far more than any report has. */
const MOST_WRITTEN_BYTES = 64 * 1024 * 1024;

export const appContract = {
  name: 'app',
  methods: {
    /** The first call of a window. */
    hello: {
      in: nothing,
      out: z.object({
        version: z.string(),
        isFirstStart: z.boolean(),
        settings: settingsSchema,
        /** What an unclean end left; null after a clean one. */
        recovery: z.object({ name: z.string(), savedAt: z.string() }).nullable(),
        /** A session that the program was started with. */
        openAtStart: fileRefSchema.nullable(),
        /** Where sessions and exports go unless the user chooses. */
        libraryPath: z.string(),
        /** What the user should know of the start, one sentence each; told to one window only. */
        notices: z.array(z.string()),
      }),
    },
    /** Every change of a setting; answers with all of them. */
    'settings.change': { in: settingsSchema.partial(), out: settingsSchema },

    /** A native dialog; null when the user cancels. Only where the host has dialogs (Electron). */
    'file.pickToOpen': {
      in: z.object({ kind: fileKindSchema }),
      out: z.object({ file: fileRefSchema.nullable() }),
    },
    'file.pickToSave': {
      in: z.object({ kind: fileKindSchema, suggestedName: z.string().max(200) }),
      out: z.object({ file: fileRefSchema.nullable() }),
    },
    /** A file by the path that the user typed or that the system gave for a dropped file. */
    'file.open': {
      in: z.object({ path: z.string().min(1).max(4096) }),
      out: z.object({ file: fileRefSchema }),
    },
    /** Files of a kind in the library folder, the newest first. */
    'library.list': {
      in: z.object({ kind: fileKindSchema }),
      out: z.object({ files: z.array(fileRefSchema.extend({ changedAt: z.string() })) }),
    },
    /** A place in the library folder for a new file; `exists` when that would replace one. */
    'library.place': {
      in: z.object({ kind: fileKindSchema, name: z.string().min(1).max(200) }),
      out: z.object({ file: fileRefSchema, exists: z.boolean() }),
    },

    'session.open': { in: z.object({ file: fileIdSchema }), out: openedSchema },
    'session.openDemo': { in: nothing, out: openedSchema },
    'session.openRecent': { in: z.object({ id: z.string().max(64) }), out: openedSchema },
    'session.save': {
      in: z.object({ document: documentSchema, file: fileIdSchema }),
      out: z.object({ file: fileRefSchema }),
    },
    /** Writes the recovery file; called within 2 s of every change. */
    'session.keep': {
      in: z.object({ document: documentSchema, file: fileIdSchema.nullable() }),
      out: nothing,
    },
    /** Forgets the recovery file: everything is saved, or the user does not want it. */
    'session.forgetKept': { in: nothing, out: nothing },
    'session.recover': { in: nothing, out: openedSchema },
    'recent.list': { in: nothing, out: z.object({ sessions: z.array(recentSchema) }) },
    'recent.remove': { in: z.object({ id: z.string().max(64) }), out: nothing },

    'preset.read': {
      in: z.object({ file: fileIdSchema }),
      out: z.object({ name: z.string(), raw: float64Schema }),
    },
    'preset.write': {
      in: z.object({ file: fileIdSchema, name: z.string().max(200), raw: rawSchema }),
      out: nothing,
    },
    /** Writes the settings sheet, a whole HTML page without scripts. */
    'sheet.write': {
      in: z.object({ file: fileIdSchema, html: z.string().max(4_000_000) }),
      out: nothing,
    },
    /** Writes a figure of an analysis, a table, or an archive of them, whole. */
    'analysis.write': {
      in: z.object({
        file: fileIdSchema,
        bytes: uint8Schema.refine(({ length }) => length <= MOST_WRITTEN_BYTES, {
          message: 'an export has 64 MiB at most',
        }),
      }),
      out: nothing,
    },
    ...presetLibraryMethods,

    /** The window is about to go and has nothing left to lose. */
    goodbye: { in: nothing, out: nothing },
  },
  events: {
    ...presetLibraryEvents,
    /** A child process ended or hung (`down`), or is there again (`up`): connect to its port anew. */
    child: z.object({
      child: z.enum(['engine', 'audio']),
      state: z.enum(['down', 'up']),
      message: z.string(),
    }),
    /** The user opened a session elsewhere: a second start, the system's file manager. */
    'session.requested': z.object({ file: fileRefSchema }),
    /** A command of the native menu; see the window's commands. */
    command: z.object({ command: z.string() }),
  },
} as const satisfies Contract;
