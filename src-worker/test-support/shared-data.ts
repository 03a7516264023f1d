/**
 * Parity data that lies beside the repository, in `../shared`, not in it. Tests that need it are skipped by name where it
 * is absent, and fail where it must be present (CI=true).
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'vitest';

const SHARED = fileURLToPath(new URL('../../../shared/', import.meta.url));

/** Absolute path of a file under `../shared`, present or not. */
export function sharedPath(name: string): string {
  return `${SHARED}${name}`;
}

/** `describe` for tests of the shared data; `tests` is only called where they are present. */
export function describeWithShared(name: string, tests: () => void): void {
  if (existsSync(SHARED)) {
    describe(name, tests);
  } else if (process.env['CI'] === 'true') {
    describe(name, () => {
      it('finds ../shared', () => {
        throw new Error(`${SHARED} does not exist.`);
      });
    });
  } else {
    describe.skip(`${name} (needs ../shared)`, () => {
      it('is skipped', () => undefined);
    });
  }
}
