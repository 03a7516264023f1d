/** Opening and searching a library of ten thousand presets that the shipped prior made up. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '#core/optimise/random.ts';
import { parsePrior } from '#core/prior/prior-file.ts';
import { samplePrior } from '#core/prior/sampling.ts';
import {
  formatPresetDocument,
  newPresetDocument,
} from '../src-main/services/preset-library/preset-document.ts';
import { PresetLibrary } from '../src-main/services/preset-library/preset-library.ts';
import { programFolder } from '../src-main/program-files.ts';
import { findPresets } from '../src-renderer/lib/state/preset-search.ts';
import { heading, median, medianMs, row } from './timing.ts';

const PRESETS = 10_000;
const OPENINGS = 5;
const SEARCHES = 21;
const WORDS = ['warm', 'dark', 'lead', 'wide', 'double', 'whisper', 'hall', 'slap', 'airy', 'verse'];
const QUERIES = ['w', 'warm', 'warm lead', 'sampled 99', 'nothing like it'];

/** Writes presets as files into a folder, which need not be there. */
export function fillLibrary(folder: string, count = PRESETS): void {
  const path = join(programFolder(), 'resources', 'prior', 'voxfit-prior.json');
  const model = parsePrior(readFileSync(path, 'utf8'));
  const random = new Random(5);
  const word = (): string => WORDS[Math.floor(random.uniform() * WORDS.length)]!;
  mkdirSync(folder, { recursive: true });
  samplePrior(model, count, { seed: 1, temperature: 1, sampler: 'shaped' }).forEach((raw, i) => {
    const name = `${word()} ${word()} ${i}`;
    const document = newPresetDocument(
      raw,
      { kind: 'sampled', text: model.provenance.name },
      { tags: [word(), word()], rating: i % 6, notes: `${word()} for the ${word()}` },
    );
    writeFileSync(join(folder, `${name}.json`), formatPresetDocument({ ...document, name }));
  });
}

export async function benchLibrary(): Promise<void> {
  heading(`A library of ${PRESETS.toLocaleString('en')} presets`);
  const libraryFolder = mkdtempSync(join(tmpdir(), 'voxfit-bench-'));
  try {
    fillLibrary(join(libraryFolder, 'Presets'));
    const open = async () => {
      const library = new PresetLibrary({
        libraryFolder,
        indexPath: join(libraryFolder, 'presets.index'),
        onChange: () => undefined,
      });
      const start = performance.now();
      const { entries } = await library.list();
      const listMs = performance.now() - start;
      await library.raws(entries.map(({ id }) => id));
      const allMs = performance.now() - start;
      await library.settled();
      return { entries, listMs, allMs };
    };
    const { entries, listMs } = await open();
    row('first opening, every file read', `${listMs.toFixed(0)} ms`);
    const openings: { listMs: number; allMs: number }[] = [];
    for (let i = 0; i < OPENINGS; i++) openings.push(await open());
    row('opening', `${median(openings.map((each) => each.listMs)).toFixed(0)} ms`, 'limit 1000 ms');
    row(
      'opening, with the settings for the map',
      `${median(openings.map((each) => each.allMs)).toFixed(0)} ms`,
    );
    const start = performance.now();
    findPresets(entries, QUERIES[0]!);
    row('first search', `${(performance.now() - start).toFixed(1)} ms`, 'limit 50 ms');
    for (const query of QUERIES) {
      const found = findPresets(entries, query).length;
      const ms = medianMs(() => findPresets(entries, query), SEARCHES);
      row(`search “${query}”`, `${ms.toFixed(1)} ms`, `${found} found`);
    }
  } finally {
    rmSync(libraryFolder, { recursive: true, force: true });
  }
}
