/** Settings sheets: printable pages that the window makes. */
import { writeFileAtomically } from '#audio/write-file.ts';
import { requireKind } from './file-kinds.ts';

/** Throws UserError: `output` when it cannot be written, `bad-input` for a name that is not a page's. */
export async function writeSettingsSheet(path: string, html: string): Promise<void> {
  requireKind(path, 'sheet');
  await writeFileAtomically(path, html);
}
