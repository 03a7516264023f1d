/** For tests: programs of child processes, built from their sources as the real ones are. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { afterAll } from 'vitest';

/** Builds src-main/children/test-child.ts and answers the program's path; removed after the tests of the file. */
export async function buildTestChild(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'voxfit-child-'));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const file = join(folder, 'test-child.mjs');
  const bundle = await rolldown({ input: join(import.meta.dirname, 'test-child.ts'), platform: 'node' });
  await bundle.write({ file, format: 'esm' });
  await bundle.close();
  return file;
}
