/**
 * `npm run bench [name…]`: every benchmark, or the named ones; `backends`, which takes long, only by name. Numbers are medians
 * of one run on this machine.
 */
import { benchBackends } from './backends.ts';
import { benchExcerpt, benchSong } from './fit.ts';
import { benchLibrary } from './library.ts';
import { benchObjective } from './objective.ts';
import { benchPairs } from './pairs.ts';
import { benchRealtime } from './realtime.ts';
import { benchStartup } from './startup.ts';

const BENCHMARKS: Readonly<Record<string, () => unknown>> = {
  startup: benchStartup,
  library: benchLibrary,
  objective: benchObjective,
  realtime: benchRealtime,
  excerpt: benchExcerpt,
  song: benchSong,
  pairs: benchPairs,
  backends: benchBackends,
};
const ONLY_BY_NAME = ['backends'];

const names = process.argv.slice(2);
const unknown = names.filter((name) => !(name in BENCHMARKS));
if (unknown.length > 0) {
  console.error(
    `No benchmark is called ${unknown.join(', ')}; there are ${Object.keys(BENCHMARKS).join(', ')}.`,
  );
  process.exitCode = 2;
} else {
  const all = Object.keys(BENCHMARKS).filter((name) => !ONLY_BY_NAME.includes(name));
  for (const name of names.length > 0 ? names : all) await BENCHMARKS[name]!();
}
