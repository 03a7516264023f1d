import { expect, it } from 'vitest';
import { appContract } from './app.ts';

it('what is written of an analysis is bytes, and not without an end', () => {
  const { in: schema } = appContract.methods['analysis.write'];
  const isTaken = (bytes: unknown): boolean => schema.safeParse({ file: 'f-1', bytes }).success;
  const most = 64 * 1024 * 1024;
  expect(isTaken(new Uint8Array(most))).toBe(true);
  expect(isTaken(new Uint8Array(most + 1))).toBe(false);
  expect(isTaken(null)).toBe(false);
  expect(isTaken([1, 2])).toBe(false);
});
