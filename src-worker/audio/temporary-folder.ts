/** For tests: a folder that goes away with the test file that asked for it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

export interface TemporaryFolder {
  readonly path: string;
  /** Writes a file into it and returns its path. */
  readonly file: (name: string, contents: Uint8Array | string) => string;
}

export function temporaryFolder(): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), 'voxfit-test-'));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  return {
    path,
    file: (name, contents) => {
      const target = join(path, name);
      writeFileSync(target, contents);
      return target;
    },
  };
}
