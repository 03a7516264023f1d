/** Files that presets are imported from. */
import { basename } from 'node:path';
import { UserError } from '#core/errors.ts';
import { parsePreset } from '#core/preset/preset.ts';
import { readPublishedRows } from '#core/preset/published-rows.ts';
import { isOfKind } from '../file-kinds.ts';
import { readSmallFile } from '../read-file.ts';
import {
  changedDocument,
  newPresetDocument,
  originOf,
  parsePresetDocument,
  stemOf,
  type PresetFileDocument,
} from './preset-document.ts';

/** A preset that is not in the library yet. */
export interface IncomingPreset {
  readonly name: string;
  readonly document: PresetFileDocument;
}

/** The presets of a `.json` or `.npy` file. Throws UserError('bad-input'). */
export async function readIncoming(path: string): Promise<IncomingPreset[]> {
  const file = basename(path);
  const stem = stemOf(file);
  const source = `“${file}”`;
  if (!isOfKind(path, 'preset'))
    throw new UserError('bad-input', `${source} is no preset; import .json or .npy files.`);
  const bytes = await readSmallFile(path);
  const origin = originOf('imported', file);
  if (/\.npy$/i.test(file)) {
    const raws = readPublishedRows(bytes, source);
    if (raws.length === 0) throw new UserError('bad-input', `${source} holds no presets: it has no rows.`);
    return raws.map((raw, row) => ({
      name: raws.length === 1 ? stem : `${stem}, row ${row}`,
      document: newPresetDocument(raw, origin),
    }));
  }
  const text = new TextDecoder().decode(bytes);
  const { name } = parsePreset(text, source);
  return [
    {
      name: name?.trim() || stem,
      document: changedDocument(parsePresetDocument(text, source), { origin }),
    },
  ];
}
