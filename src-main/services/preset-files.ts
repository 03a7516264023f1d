/** Preset files: Voxfit's own JSON, and single rows of the published `.npy` layout. */
import { basename } from 'node:path';
import { writeFileAtomically } from '#audio/write-file.ts';
import { UserError } from '#core/errors.ts';
import { formatPreset, parsePreset } from '#core/preset/preset.ts';
import { readPublishedRow, writePublishedRow } from '#core/preset/published-rows.ts';
import { requireKind, withoutExtension } from './file-kinds.ts';
import { readSmallFile } from './read-file.ts';

const isArray = (path: string): boolean => path.toLowerCase().endsWith('.npy');

/** `raw`: 151 raw values in the published order. Throws UserError('bad-input') for anything but one whole preset. */
export async function readPresetFile(
  path: string,
): Promise<{ name: string; raw: Float64Array<ArrayBuffer> }> {
  const bytes = await readSmallFile(path);
  const source = `“${path}”`;
  const fallback = withoutExtension(basename(path), 'preset');
  if (!isArray(path)) {
    const { name, raw } = parsePreset(new TextDecoder().decode(bytes), source);
    return { name: name ?? fallback, raw: new Float64Array(raw) };
  }
  try {
    return { name: fallback, raw: new Float64Array(readPublishedRow(bytes, undefined, source)) };
  } catch (error) {
    if (error instanceof UserError && error.code === 'usage')
      throw new UserError(
        'bad-input',
        `${source} holds many presets; give a file with one (voxfit preset import takes out a row).`,
      );
    throw error;
  }
}

/** `raw`: 151 finite values. Throws UserError: `output` when it cannot be written, `bad-input` for a name that is not a preset's. */
export async function writePresetFile(path: string, name: string, raw: Float64Array): Promise<void> {
  requireKind(path, 'preset');
  await writeFileAtomically(path, isArray(path) ? writePublishedRow(raw) : formatPreset({ name, raw }));
}
