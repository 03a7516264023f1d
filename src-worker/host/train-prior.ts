/**
 * `npm run train-prior`: makes the prior that Voxfit ships from the published presets, which must lie in
 * `../shared/diffvox-presets`. Only statistics are written; see resources/prior/README.md.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { INFORMATIVE_DIMENSIONS } from '#core/prior/dimensions.ts';
import { trainPrior } from '#core/prior/model.ts';
import { formatPrior } from '#core/prior/prior-file.ts';
import { readPublishedRows } from '#core/preset/published-rows.ts';
import { readRowIndex } from '#core/prior/preset-set.ts';
import { writeFileAtomically } from '#audio/write-file.ts';
import { priorSummary } from './cli/prior-info.ts';

// The built script lies in dist/.
const ROOT = new URL('../', import.meta.url);
const PRESETS = new URL('../shared/diffvox-presets/internal/', ROOT);
const OUTPUT = fileURLToPath(new URL('resources/prior/voxfit-prior.json', ROOT));
/** Fixed, so that the same presets give the same file. */
const PUBLISHED = '2025-09-02';

const read = (name: string): Promise<Uint8Array> => readFile(new URL(name, PRESETS));
const all = readPublishedRows(await read('raw_params.npy'), 'raw_params.npy');
const rows = readRowIndex(await read('train_index.npy'), all.length, 'train_index.npy');
const model = trainPrior(
  rows.map((row) => all[row]),
  {
    dimensions: INFORMATIVE_DIMENSIONS,
    provenance: {
      name: 'Professional vocals',
      source:
        'Internal set of DiffVox (Yu, Martínez-Ramírez, Koo, Hayes, Liao, Fazekas, Mitsufuji, DAFx 2025), the rows of train_index.npy',
      licence: 'MIT; statistics of presets published under the MIT licence by Yu et al., 2025',
      date: PUBLISHED,
    },
  },
);
await writeFileAtomically(OUTPUT, formatPrior(model));
process.stdout.write(`${priorSummary(model)}Wrote “${OUTPUT}”\n`);
