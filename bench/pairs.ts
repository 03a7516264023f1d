/**
 * Quality on the eight MedleyDB pairs in ../shared, fitted by default, rendered in real-time form and scored from 5 s on,
 * beside the published system's result scored the same way.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { heading, row } from './timing.ts';

const program = fileURLToPath(new URL('../bin/voxfit.js', import.meta.url));
const pairs = fileURLToPath(new URL('../../shared/medleydb/', import.meta.url));

function voxfit(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`voxfit ${args.join(' ')} ended with ${status}: ${stderr}`);
  return stdout;
}

const score = (estimate: string, target: string): number =>
  (JSON.parse(voxfit('metrics', estimate, target, '--from', '5', '--json')) as { total: number }).total;

const mean = (values: readonly number[]): string =>
  (values.reduce((a, b) => a + b, 0) / values.length).toFixed(4);

export async function benchPairs(): Promise<void> {
  heading('Quality on real pairs: metrics total from 5 s on, real-time form');
  if (!existsSync(pairs)) {
    row('skipped: no ../shared/medleydb', '');
    return;
  }
  const folder = await mkdtemp(join(tmpdir(), 'voxfit-bench-'));
  const ours: number[] = [];
  const published: number[] = [];
  try {
    for (const name of await readdir(pairs)) {
      const [dry, wet] = ['dry.mp3', 'wet.mp3'].map((file) => join(pairs, name, file)) as [string, string];
      const render = join(folder, `${name}.wav`);
      const start = performance.now();
      voxfit('fit', dry, wet, '--out', join(folder, `${name}.json`), '--render', render);
      const seconds = (performance.now() - start) / 1000;
      ours.push(score(render, wet));
      published.push(score(join(pairs, name, 'diffvox.mp3'), wet));
      row(
        name,
        ours.at(-1)!.toFixed(4),
        `published ${published.at(-1)!.toFixed(4)}, whole command ${seconds.toFixed(1)} s`,
      );
    }
    row('mean', mean(ours), `published ${mean(published)}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
