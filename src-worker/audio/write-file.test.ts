import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, utimesSync } from 'node:fs';
import type * as FileSystem from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { UserError } from '#core/errors.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { moveToFree, removeLeftovers, writeFileAtomically, writeNewFile } from './write-file.ts';

/** Lets a test make one step fail the way a disk would. */
const failing = vi.hoisted(() => ({ step: '', code: '' }));

vi.mock('node:fs/promises', async (importOriginal) => {
  const actual = await importOriginal<typeof FileSystem>();
  const failure = (): Error => Object.assign(new Error(failing.code), { code: failing.code });
  return {
    ...actual,
    open: async (...args: Parameters<typeof FileSystem.open>) => {
      if (failing.step === 'open') throw failure();
      const handle = await actual.open(...args);
      if (failing.step === 'write') {
        const write = handle.write.bind(handle);
        let calls = 0;
        handle.write = (async (chunk: Uint8Array, offset: number, length: number) => {
          if (++calls > 1) throw failure();
          return write(chunk, offset, Math.min(length, 1));
        }) as typeof handle.write;
      }
      if (failing.step === 'sync') handle.sync = () => Promise.reject(failure());
      return handle;
    },
    link: async (...args: Parameters<typeof FileSystem.link>) => {
      if (failing.step === 'link' || failing.step === 'link and rename') throw failure();
      return actual.link(...args);
    },
    rename: async (...args: Parameters<typeof FileSystem.rename>) => {
      if (failing.step === 'rename' || failing.step === 'link and rename') throw failure();
      return actual.rename(...args);
    },
  };
});

afterEach(() => {
  failing.step = '';
});

const folder = temporaryFolder();
let count = 0;
const freshFolder = (): string => {
  const path = join(folder.path, `${count++}`);
  mkdirSync(path);
  return path;
};
const text = (path: string): string => readFileSync(path, 'utf8');
const encode = (contents: string): Uint8Array => new TextEncoder().encode(contents);

async function problem(path: string): Promise<string> {
  const error: unknown = await writeFileAtomically(path, 'new').catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(UserError);
  expect((error as UserError).code).toBe('output');
  return (error as UserError).message;
}

describe('writes', () => {
  test('a new file, from text, bytes or pieces', async () => {
    const target = join(freshFolder(), 'a.txt');
    await writeFileAtomically(target, 'Grüße');
    expect(text(target)).toBe('Grüße');
    await writeFileAtomically(target, encode('bytes'));
    expect(text(target)).toBe('bytes');
    await writeFileAtomically(target, [encode('pie'), encode(''), encode('ces')]);
    expect(text(target)).toBe('pieces');
    await writeFileAtomically(target, '');
    expect(text(target)).toBe('');
  });

  test('many large pieces', async () => {
    const target = join(freshFolder(), 'a.bin');
    const piece = new Uint8Array(1 << 20).fill(7);
    await writeFileAtomically(target, new Array<Uint8Array>(32).fill(piece));
    expect(statSync(target).size).toBe(32 << 20);
  });

  test('over a file, keeping its permissions and leaving nothing else', async () => {
    const path = freshFolder();
    const target = join(path, 'a.txt');
    await writeFileAtomically(target, 'old');
    chmodSync(target, 0o640);
    await writeFileAtomically(target, 'new');
    expect(text(target)).toBe('new');
    expect(statSync(target).mode & 0o777).toBe(0o640);
    expect(readdirSync(path)).toEqual(['a.txt']);
  });

  test('through a link, which stays a link', async () => {
    const path = freshFolder();
    await writeFileAtomically(join(path, 'real.txt'), 'old');
    symlinkSync('real.txt', join(path, 'link.txt'));
    await writeFileAtomically(join(path, 'link.txt'), 'new');
    expect(text(join(path, 'real.txt'))).toBe('new');
  });

  test('to a device, which stays a device', async () => {
    await writeFileAtomically('/dev/null', 'new');
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  test('a name as long as names can be', async () => {
    const target = join(freshFolder(), `${'x'.repeat(251)}.wav`);
    await writeFileAtomically(target, 'new');
    expect(text(target)).toBe('new');
  });
});

describe('a new name', () => {
  test.each([
    ['a disk with links', '', ''],
    ['a disk without', 'link', 'EPERM'],
    ['a disk that does not know them', 'link', 'EOPNOTSUPP'],
  ])('is taken by a whole file, never from another one, on %s', async (_, step, code) => {
    Object.assign(failing, { step, code });
    const path = freshFolder();
    const [a, b] = [join(path, 'a.txt'), join(path, 'b.txt')];
    expect(await writeNewFile(a, 'first')).toBe(true);
    expect(await writeNewFile(a, 'second')).toBe(false);
    expect(text(a)).toBe('first');
    expect(await moveToFree(a, b)).toBe(true);
    expect(await writeNewFile(a, 'third')).toBe(true);
    expect(await moveToFree(a, b)).toBe(false);
    expect([text(a), text(b)]).toEqual(['third', 'first']);
    expect(readdirSync(path)).toEqual(['a.txt', 'b.txt']);
  });

  test('is not taken by what cannot be written', async () => {
    const path = freshFolder();
    for (const [step, code] of [
      ['sync', 'EIO'],
      ['link', 'EACCES'],
      ['link and rename', 'EPERM'],
    ]) {
      Object.assign(failing, { step, code });
      await expect(writeNewFile(join(path, 'a.txt'), 'x')).rejects.toMatchObject({ code: 'output' });
      expect(readdirSync(path)).toEqual([]);
    }
    failing.step = '';
    await expect(moveToFree(join(path, 'none'), join(path, 'a.txt'))).rejects.toThrow(/ENOENT/);
    expect(readdirSync(path)).toEqual([]);
  });
});

test('what was left in the middle is removed once it is old; nothing else is', async () => {
  const path = freshFolder();
  const [old, young] = ['.voxfit-0123abcd-45ef.tmp', '.voxfit-11111111-2222.tmp'];
  const others = ['.voxfit-x.tmp', 'a.txt', '.voxfit-0123ABCD-45ef.tmp.json'];
  for (const name of [old, young, ...others]) {
    await writeFileAtomically(join(path, name), 'x');
    if (name !== young) utimesSync(join(path, name), 1e9, 1e9);
  }
  await removeLeftovers(path, [...readdirSync(path), '.voxfit-99999999-9999.tmp']);
  expect(readdirSync(path).sort()).toEqual([young, ...others].sort());
});

describe('a failure leaves the old file as it was, and no other', () => {
  const NO_SPACE = /^There is no space left for “.*a\.txt”; free some or choose another disk\.$/;

  test.each([
    ['open', 'EACCES', /^“.*a\.txt” may not be written; choose another place or give yourself permission\.$/],
    ['open', 'EROFS', /^“.*a\.txt” is on a read-only disk; choose another place\.$/],
    ['write', 'ENOSPC', NO_SPACE],
    ['write', 'EDQUOT', NO_SPACE],
    ['write', 'EFBIG', /is larger than its disk allows/],
    ['sync', 'EIO', /its disk reports an error/],
    ['rename', 'EBUSY', /is in use by another program/],
  ])('%s fails with %s', async (step, code, sentence) => {
    for (const old of ['old', undefined]) {
      const path = freshFolder();
      const target = join(path, 'a.txt');
      if (old !== undefined) await writeFileAtomically(target, old);
      Object.assign(failing, { step, code });
      expect(await problem(target)).toMatch(sentence);
      failing.step = '';
      expect(readdirSync(path)).toEqual(old === undefined ? [] : ['a.txt']);
      if (old !== undefined) expect(text(target)).toBe(old);
    }
  });

  test('the source of the pieces fails: that error, not one of ours', async () => {
    const path = freshFolder();
    function* pieces(): Generator<Uint8Array> {
      yield encode('half');
      throw new RangeError('no more');
    }
    await expect(writeFileAtomically(join(path, 'a.txt'), pieces())).rejects.toThrow(RangeError);
    expect(readdirSync(path)).toEqual([]);
  });
});

describe('says what is wrong', () => {
  test('a missing folder', async () => {
    const target = join(folder.path, 'no', 'such', 'a.txt');
    expect(await problem(target)).toBe(
      `The folder “${join(folder.path, 'no', 'such')}” does not exist; create it or choose another.`,
    );
    expect(await problem(join(folder.path, 'missing/'))).toMatch(/does not exist/);
  });

  test('a folder as target', async () => {
    const path = freshFolder();
    expect(await problem(path)).toBe(`“${path}” is a folder; give a file name in it.`);
  });

  test('a file where the folder should be', async () => {
    expect(await problem(join(folder.file('file', 'x'), 'a.txt'))).toMatch(
      /^The folder “.*file” does not exist/,
    );
  });

  test('a name that is too long', async () => {
    expect(await problem(join(freshFolder(), 'x'.repeat(300)))).toMatch(/is too long; choose a shorter one/);
  });

  test.skipIf(process.platform !== 'linux')('a full device', async () => {
    expect(await problem('/dev/full')).toMatch(/^There is no space left/);
  });

  test.skipIf(process.getuid?.() === 0)('no permission (not as root, who has it always)', async () => {
    const path = freshFolder();
    const target = join(path, 'a.txt');
    await writeFileAtomically(target, 'old');
    chmodSync(target, 0o444);
    expect(await problem(target)).toMatch(/may not be written/);
    chmodSync(path, 0o555);
    expect(await problem(join(path, 'b.txt'))).toMatch(/may not be written/);
    chmodSync(path, 0o755);
  });
});
