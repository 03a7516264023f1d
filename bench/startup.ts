/** Time until `voxfit --help` is done, beside an empty Node process in the same run. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { heading, medianMs, row } from './timing.ts';

const RUNS = 7;

export function benchStartup(): void {
  heading('Start-up');
  const program = fileURLToPath(new URL('../bin/voxfit.js', import.meta.url));
  const help = medianMs(() => spawnSync(process.execPath, [program, '--help']), RUNS);
  const node = medianMs(() => spawnSync(process.execPath, ['-e', '0']), RUNS);
  row('voxfit --help', `${help.toFixed(0)} ms`, `${(help / node).toFixed(2)} times an empty Node process`);
}
