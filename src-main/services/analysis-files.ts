/** Figures and tables of an analysis of presets, which the window makes. */
import { UserError } from '#core/errors.ts';
import { writeFileAtomically } from '#audio/write-file.ts';
import { isOfKind } from './file-kinds.ts';

/** Throws UserError: `output` when it cannot be written, `bad-input` for a name that is not of a picture, table or archive. */
export async function writeAnalysisFile(path: string, bytes: Uint8Array): Promise<void> {
  if (!(['svg', 'png', 'csv', 'zip'] as const).some((kind) => isOfKind(path, kind)))
    throw new UserError(
      'bad-input',
      `“${path}” should end in .svg, .png, .csv or .zip; choose another name.`,
    );
  await writeFileAtomically(path, bytes);
}
