/** Presets to fill a library with: the published ones where they lie beside the repository, or else drawn from the prior. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { formatNpy } from '#core/preset/npy.ts';
import { readPublishedRows } from '#core/preset/published-rows.ts';
import { parsePrior } from '#core/prior/prior-file.ts';
import { samplePrior } from '#core/prior/sampling.ts';
import { expect, type Page } from '@playwright/test';

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const PUBLISHED = at('../shared/diffvox-presets/internal/raw_params.npy');
const DRAWN = 150;

export interface SomePresets {
  /** As single precision keeps them. */
  readonly raws: readonly Float64Array[];
  /** A `.npy` of rows. */
  readonly file: Buffer;
}

function npyOf(raws: readonly Float64Array[]): Buffer {
  const rows = new Float32Array(raws.length * 151);
  raws.forEach((raw, i) => {
    rows.set(raw, 151 * i);
  });
  return Buffer.from(formatNpy([raws.length, 151], rows));
}

/** The published presets, or 150 drawn ones; with `count`, so many drawn ones. */
export function somePresets(count?: number): SomePresets {
  if (count === undefined && existsSync(PUBLISHED)) {
    const file = readFileSync(PUBLISHED);
    return { file, raws: readPublishedRows(file, 'The presets') };
  }
  const prior = parsePrior(readFileSync(at('resources/prior/voxfit-prior.json'), 'utf8'));
  const file = npyOf(samplePrior(prior, count ?? DRAWN, { seed: 7, temperature: 1, sampler: 'shaped' }));
  return { file, raws: readPublishedRows(file, 'The presets') };
}

/** Brings presets into the library, which is to be seen. @param name of their file, without `.npy` */
export async function importPresets(page: Page, { file, raws }: SomePresets, name: string): Promise<void> {
  const chooser = page.waitForEvent('filechooser');
  await page.getByTestId('library-import').click();
  await (await chooser).setFiles({ name: `${name}.npy`, mimeType: 'application/octet-stream', buffer: file });
  await expect(page.getByText(`Imported ${raws.length} presets.`)).toBeVisible({ timeout: 60_000 });
}
