/**
 * A preset's file in the library: a preset as core/preset/preset.ts describes it, with what people note about it under one
 * more key, which other readers ignore:
 *
 *   library   { tags, isFavourite, rating, notes, origin: { kind, text } }, each of which may be missing
 *
 * Whatever else is in a file, by a newer Voxfit or another program, stays when it is rewritten.
 */
import { extname } from 'node:path';
import { z } from 'zod';
import { UserError } from '#core/errors.ts';
import { parsePreset, presetDocument } from '#core/preset/preset.ts';
import { presetEntrySchema, type PresetEntry, type PresetOrigin } from '#core/protocol/preset-library.ts';

/** What people note about a preset. */
export type PresetNotes = Pick<PresetEntry, 'tags' | 'isFavourite' | 'rating' | 'notes'>;
/** A preset's file as JSON gives it. */
export type PresetFileDocument = Readonly<Record<string, unknown>>;

const { tags, isFavourite, rating, notes, origin, name: nameSchema } = presetEntrySchema.shape;
/** A note that makes no sense counts as none: the setting itself is what must not be lost. */
const librarySchema = z.object({
  tags: tags.catch([]),
  isFavourite: isFavourite.catch(false),
  rating: rating.catch(0),
  notes: notes.catch(''),
  origin: origin.optional().catch(undefined),
});

const MAX_NAME = nameSchema.maxLength ?? 200;
const MAX_ORIGIN = 300;
const RAW_VALUES_PER_LINE = 5;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The file's name without its ending. */
export const stemOf = (fileName: string): string =>
  fileName.slice(0, fileName.length - extname(fileName).length);

/** Where an imported setting or a fit comes from, cut to what an entry holds. */
export const originOf = (kind: PresetOrigin['kind'], text: string): PresetOrigin => ({
  kind,
  text: text.slice(0, MAX_ORIGIN),
});

const withoutMark = (text: string): string => text.replace(/^\uFEFF/, '');

/** What a preset's file holds. `raw`: 151 values. Throws UserError('bad-input') for anything but a whole preset. */
export function readPresetText(
  text: string,
  id: string,
  changedMs: number,
): { entry: PresetEntry; raw: Float64Array } {
  const { name, raw, fit } = parsePreset(text, `“${id}”`);
  const { library } = JSON.parse(withoutMark(text)) as { library?: unknown };
  const { origin: from, ...noted } = librarySchema.parse(isObject(library) ? library : {});
  const entry = {
    id,
    name: (name ?? '').trim().slice(0, MAX_NAME) || stemOf(id).slice(0, MAX_NAME),
    ...noted,
    origin: from ?? (fit ? originOf('fitted', fit.wet) : originOf('saved', '')),
    changedAt: new Date(changedMs).toISOString(),
  };
  return { entry, raw };
}

/** A preset's file as JSON. Throws UserError('bad-input') for anything but a whole preset. `source` names it in messages. */
export function parsePresetDocument(text: string, source: string): PresetFileDocument {
  parsePreset(text, source);
  return JSON.parse(withoutMark(text)) as PresetFileDocument;
}

/** The file of a new preset. Errors: see presetDocument. */
export function newPresetDocument(
  raw: Float64Array,
  from: PresetOrigin,
  noted: Partial<PresetNotes> = {},
): PresetFileDocument {
  const { parameters, raw: values, ...head } = presetDocument({ raw });
  const library = { ...librarySchema.parse({}), ...noted, origin: from };
  return { ...head, library, parameters, raw: values };
}

/** The document with another name or other notes; all the rest stays. */
export function changedDocument(
  document: PresetFileDocument,
  { name, ...noted }: { readonly name?: string; readonly origin?: PresetOrigin } & Partial<PresetNotes>,
): PresetFileDocument {
  const { library } = document;
  return {
    ...document,
    ...(name === undefined ? {} : { name }),
    ...(Object.keys(noted).length === 0
      ? {}
      : { library: { ...(isObject(library) ? library : {}), ...noted } }),
  };
}

/** JSON of a value that reads back the same; JSON.stringify would lose the sign of −0. */
const exact = (value: unknown): string => (Object.is(value, -0) ? '-0' : JSON.stringify(value));

function parameterLine([id, parameter]: [string, unknown]): string {
  if (!isObject(parameter)) return `    ${JSON.stringify(id)}: ${exact(parameter)}`;
  const fields = Object.entries(parameter).map(([key, value]) => `${JSON.stringify(key)}: ${exact(value)}`);
  return `    ${JSON.stringify(id)}: { ${fields.join(', ')} }`;
}

function valueText(key: string, value: unknown): string {
  if (key === 'parameters' && isObject(value))
    return `{\n${Object.entries(value).map(parameterLine).join(',\n')}\n  }`;
  if (key === 'raw' && Array.isArray(value)) {
    const lines: string[] = [];
    for (let start = 0; start < value.length; start += RAW_VALUES_PER_LINE)
      lines.push(
        `    ${value
          .slice(start, start + RAW_VALUES_PER_LINE)
          .map(exact)
          .join(', ')}`,
      );
    return `[\n${lines.join(',\n')}\n  ]`;
  }
  return JSON.stringify(value, null, 2).replaceAll('\n', '\n  ');
}

/** The text of a preset's file, laid out as formatPreset does it, raw values exact. */
export function formatPresetDocument(document: PresetFileDocument): string {
  const lines = Object.entries(document).map(
    ([key, value]) => `  ${JSON.stringify(key)}: ${valueText(key, value)}`,
  );
  return `{\n${lines.join(',\n')}\n}\n`;
}

/** A preset's name as the user meant it. Throws UserError('bad-input') when nothing is left of it. */
export function requireName(name: string): string {
  const meant = name.trim();
  if (meant === '') throw new UserError('bad-input', 'Give it a name.');
  return meant;
}
