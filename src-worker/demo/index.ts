/** `npm run make-demo`: writes the demo session's files into resources/demo. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeFileAtomically } from '#audio/write-file.ts';
import { demoFiles } from './demo-files.ts';

const folder = process.argv[2] ?? fileURLToPath(new URL('../resources/demo', import.meta.url));
await mkdir(folder, { recursive: true });
for (const { name, bytes } of await demoFiles()) {
  const path = join(folder, name);
  await writeFileAtomically(path, bytes);
  process.stdout.write(`Wrote “${path}” (${Math.ceil(bytes.length / 1024)} KiB)\n`);
}
