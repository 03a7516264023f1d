import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { newDocument } from '#core/session/document.ts';
import { freshFolder, newUser, openWindow, problemOf, startProgram } from './test-window.ts';

const DEFAULTS = { device: null, isLoudnessMatched: true, theme: 'system', backend: 'auto' };

describe('settings', () => {
  test('start at their defaults and stay as they were changed', async () => {
    const user = newUser();
    const { window } = await startProgram(user);
    expect((await window.call('hello', {})).settings).toEqual(DEFAULTS);
    const changed = await window.call('settings.change', { device: 'Speakers' });
    expect(changed).toEqual({ ...DEFAULTS, device: 'Speakers' });
    await window.call('settings.change', { isLoudnessMatched: false });
    expect((await (await startProgram(user)).window.call('hello', {})).settings).toEqual({
      device: 'Speakers',
      isLoudnessMatched: false,
      theme: 'system',
      backend: 'auto',
    });
  });

  test('changed by many at once hold all changes', async () => {
    const user = newUser();
    const { services, window } = await startProgram(user);
    const other = openWindow(services);
    await Promise.all([
      ...Array.from({ length: 20 }, (_, i) => window.call('settings.change', { device: `device ${i}` })),
      other.call('settings.change', { isLoudnessMatched: false }),
    ]);
    expect((await (await startProgram(user)).window.call('hello', {})).settings).toEqual({
      device: 'device 19',
      isLoudnessMatched: false,
      theme: 'system',
      backend: 'auto',
    });
  });

  test('of an older Voxfit get the defaults of what it did not have', async () => {
    const user = newUser();
    mkdirSync(user.userFolder);
    writeFileSync(join(user.userFolder, 'settings.json'), '{"version": 1, "device": "Speakers"}');
    const hello = await (await startProgram(user)).window.call('hello', {});
    expect(hello).toMatchObject({
      settings: { ...DEFAULTS, device: 'Speakers' },
      isFirstStart: false,
      notices: [],
    });
  });

  test.each(['', '{"version": 1, "device": ', '[]', '{"version": 1, "device": 7}', '{"version": 2}'])(
    'that cannot be read (%j) are kept aside, and that is said once',
    async (text) => {
      const user = newUser();
      mkdirSync(user.userFolder);
      writeFileSync(join(user.userFolder, 'settings.json'), text);
      const { window } = await startProgram(user);
      const aside = join(user.userFolder, 'settings.corrupt.json');
      expect(await window.call('hello', {})).toMatchObject({
        settings: DEFAULTS,
        isFirstStart: false,
        notices: [`The settings could not be read and start anew; the old file is kept as “${aside}”.`],
      });
      expect(readFileSync(aside, 'utf8')).toBe(text);
      await window.call('settings.change', { device: 'Speakers' });
      const hello = await (await startProgram(user)).window.call('hello', {});
      expect(hello).toMatchObject({ settings: { device: 'Speakers' }, notices: [] });
    },
  );
});

test('only the first window of the first start is told that it is the first', async () => {
  const user = newUser();
  const { services, window } = await startProgram(user);
  expect(await window.call('hello', {})).toMatchObject({
    version: '1.2.3',
    isFirstStart: true,
    libraryPath: user.libraryFolder,
    notices: [],
  });
  expect((await openWindow(services).call('hello', {})).isFirstStart).toBe(false);
  expect((await (await startProgram(user)).window.call('hello', {})).isFirstStart).toBe(false);
});

test('a user folder that cannot be written is said, and sessions can be saved all the same', async () => {
  const file = join(freshFolder(), 'file');
  writeFileSync(file, '');
  const user = { ...newUser(), userFolder: join(file, 'user') };
  const { window } = await startProgram(user);
  const { notices } = await window.call('hello', {});
  expect(notices[0]).toMatch(
    /^Settings and unsaved changes cannot be kept, because “.*user” cannot be written/,
  );
  expect(await problemOf(window.call('settings.change', { device: 'x' }), 'output')).toMatch(
    /does not exist/,
  );
  const keep = window.call('session.keep', { document: newDocument(), file: null });
  expect(await problemOf(keep, 'output')).toMatch(/does not exist/);
  const place = await window.call('library.place', { kind: 'session', name: 'a' });
  await window.call('session.save', { document: newDocument(), file: place.file.id });
  expect(readdirSync(user.libraryFolder)).toEqual(['a.voxfit']);
  rmSync(file);
});
