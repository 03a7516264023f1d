import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { neutralRaw, PARAMETER_COUNT } from '#core/chain/parameters.ts';
import { formatNpy } from '#core/preset/npy.ts';
import type { FileKind } from '#core/protocol/app.ts';
import type { Dialogs } from './index.ts';
import { plainFileName } from './library.ts';
import { freshFolder, newUser, openWindow, problemOf, startProgram } from './test-window.ts';

const written = (folder: string, name: string, contents: string | Uint8Array = name): string => {
  writeFileSync(join(folder, name), contents);
  return join(folder, name);
};

describe('a file by its path', () => {
  test('is granted once, by whatever path, under an id that says nothing', async () => {
    const user = newUser();
    const { window, services } = await startProgram(user);
    const folder = freshFolder();
    const path = written(folder, 'take.wav');
    symlinkSync(path, join(folder, 'link.wav'));
    const { file } = await window.call('file.open', { path });
    expect(file).toMatchObject({ name: 'take.wav', path, sizeBytes: 8 });
    expect(file.id).not.toContain('take');
    const again = await window.call('file.open', { path: join(folder, '..', basename(folder), 'link.wav') });
    expect(again.file).toEqual(file);
    expect([...user.granted]).toEqual([[file.id, path]]);
    expect(services.pathOf(file.id)).toBe(path);
    expect(await problemOf(window.call('preset.read', { file: 'f-guessed' }))).toMatch(
      /does not know this file/,
    );
  });

  test.each([
    ['nothing there', (folder: string) => join(folder, 'no.wav'), /it is no longer there, or was never/],
    [
      'a folder',
      (folder: string) => (mkdirSync(join(folder, 'a.wav')), join(folder, 'a.wav')),
      /it is a folder/,
    ],
    [
      'of no use',
      (folder: string) => written(folder, 'thesis.pdf'),
      /is not a file that Voxfit opens; give audio/,
    ],
    ['without an ending', (folder: string) => written(folder, 'shadow'), /is not a file that Voxfit opens/],
  ])('%s', async (_, make, sentence) => {
    const user = newUser();
    const { window } = await startProgram(user);
    expect(await problemOf(window.call('file.open', { path: make(freshFolder()) }))).toMatch(sentence);
    expect(user.granted.size).toBe(0);
  });

  test.skipIf(process.platform !== 'linux')('a device under the name of a recording', async () => {
    const { window } = await startProgram(newUser());
    const path = join(freshFolder(), 'endless.wav');
    symlinkSync('/dev/zero', path);
    expect(await problemOf(window.call('file.open', { path }))).toMatch(/it is a device, not a file/);
  });
});

describe('the library', () => {
  test('lists the files of a kind, the newest first, and nothing that leads out of it', async () => {
    const user = newUser();
    const { window, services } = await startProgram(user);
    expect((await window.call('library.list', { kind: 'audio' })).files).toEqual([]);
    mkdirSync(services.uploadsFolder, { recursive: true });
    const folder = user.libraryFolder;
    const names = ['old.wav', 'new.FLAC', 'Uploads/newest.mp3', 'song.voxfit', 'sound.json', 'notes.txt'];
    names.forEach((name, i) => {
      utimesSync(written(folder, name), i, 1_000_000 + i);
    });
    symlinkSync(written(freshFolder(), 'secret.wav'), join(folder, 'secret.wav'));
    mkdirSync(join(folder, 'folder.wav'));
    const list = async (kind: FileKind) =>
      (await window.call('library.list', { kind })).files.map(({ name }) => name);
    expect(await list('audio')).toEqual(['newest.mp3', 'new.FLAC', 'old.wav']);
    expect(await list('wav')).toEqual(['old.wav']);
    expect(await list('session')).toEqual(['song.voxfit']);
    expect(await list('preset')).toEqual(['sound.json']);
    expect((await window.call('library.list', { kind: 'session' })).files[0].changedAt).toBe(
      new Date(1_000_003_000).toISOString(),
    );
  });

  test('places new files, and says when there is one already', async () => {
    const user = newUser();
    const { window, services } = await startProgram(user);
    const first = await window.call('library.place', { kind: 'session', name: 'Mein Lied' });
    expect(first).toMatchObject({ exists: false, file: { name: 'Mein Lied.voxfit', sizeBytes: 0 } });
    expect(dirname(services.pathOf(first.file.id))).toBe(user.libraryFolder);
    written(user.libraryFolder, 'Mein Lied.voxfit');
    const second = await window.call('library.place', { kind: 'session', name: 'Mein Lied.voxfit' });
    expect(second).toMatchObject({ exists: true, file: { id: first.file.id } });
  });

  test('never places anything outside of it', async () => {
    const user = newUser();
    const { window, services } = await startProgram(user);
    const outside = freshFolder();
    for (const name of [
      '../x',
      '/etc/x',
      '..',
      '...',
      'a/../../b',
      'a\\..\\b',
      '\u0000',
      'C:\\x',
      '~/x',
      '.x',
    ]) {
      const { file } = await window.call('library.place', { kind: 'wav', name });
      expect(dirname(services.pathOf(file.id)), name).toBe(user.libraryFolder);
      expect(file.name).toMatch(/^[^./\\:][^/\\:]*\.wav$/);
    }
    symlinkSync(written(outside, 'a.wav'), join(user.libraryFolder, 'out.wav'));
    const escape = window.call('library.place', { kind: 'wav', name: 'out' });
    expect(await problemOf(escape, 'output')).toMatch(/“out\.wav” in the library is not a file of it/);
    mkdirSync(join(user.libraryFolder, 'folder.wav'));
    const folder = window.call('library.place', { kind: 'wav', name: 'folder' });
    expect(await problemOf(folder, 'output')).toMatch(/choose another name/);
  });

  test('that cannot be created is said in a sentence', async () => {
    const user = newUser();
    const { window } = await startProgram({
      ...user,
      libraryFolder: join(written(freshFolder(), 'file'), 'x'),
    });
    const call = window.call('library.place', { kind: 'wav', name: 'a' });
    expect(await problemOf(call, 'output')).toMatch(/^The library folder “.*” cannot be created/);
  });

  test('any name becomes a plain one that a disk takes', () => {
    const folder = freshFolder();
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }), (name) => {
        const plain = plainFileName(name, 'session');
        expect(plain).toMatch(/^[^./\\:*?"<>|][^/\\:*?"<>|]*\.voxfit$/);
        expect(plainFileName(plain, 'session')).toBe(plain);
        writeFileSync(join(folder, plain), '');
        expect(readdirSync(folder)).toContain(plain);
      }),
    );
    expect(plainFileName('nul', 'wav')).toBe('_nul.wav');
    expect(plainFileName('vocals v1.2', 'wav')).toBe('vocals v1.2.wav');
    expect(plainFileName('take.FLAC', 'audio')).toBe('take.flac');
    expect(plainFileName(' .voxfit', 'session')).toBe('Untitled.voxfit');
  });
});

describe('presets', () => {
  const raw = neutralRaw().map((value, i) => value + i / 7);

  test('come back exactly from JSON, and as float32 from .npy', async () => {
    const { window, services } = await startProgram(newUser());
    const json = await services.grant(join(freshFolder(), 'warm.json'));
    await window.call('preset.write', { file: json.id, name: 'Warm & wide', raw });
    expect(await window.call('preset.read', { file: json.id })).toEqual({ name: 'Warm & wide', raw });
    const npy = await services.grant(join(freshFolder(), 'liz.npy'));
    await window.call('preset.write', { file: npy.id, name: 'Liz', raw });
    expect(await window.call('preset.read', { file: npy.id })).toEqual({
      name: 'liz',
      raw: Float64Array.from(Float32Array.from(raw)),
    });
  });

  test.each([
    ['text.json', 'hello', /is not valid JSON/],
    ['session.json', '{"format": "voxfit-session"}', /is JSON, but not a Voxfit preset/],
    [
      'rows.npy',
      formatNpy([2, PARAMETER_COUNT], new Float32Array(2 * PARAMETER_COUNT)),
      /holds many presets/,
    ],
    ['square.npy', formatNpy([3, 3], new Float32Array(9)), /has the shape \(3, 3\)/],
  ])('%s is refused in a sentence', async (name, contents, sentence) => {
    const { window, services } = await startProgram(newUser());
    const { id } = await services.grant(written(freshFolder(), name, contents));
    expect(await problemOf(window.call('preset.read', { file: id }))).toMatch(sentence);
  });

  test('are never written over other files, and never with values that are none', async () => {
    const { window, services } = await startProgram(newUser());
    const take = await services.grant(join(freshFolder(), 'take.wav'));
    expect(await problemOf(window.call('preset.write', { file: take.id, name: 'x', raw }))).toMatch(
      /should end in \.json or \.npy/,
    );
    const json = await services.grant(join(freshFolder(), 'a.json'));
    const broken = raw.with(3, NaN);
    const call = window.call('preset.write', { file: json.id, name: 'x', raw: broken });
    expect(await problemOf(call, 'bad-message')).toMatch(/151 finite numbers/);
    expect(existsSync(services.pathOf(json.id))).toBe(false);
  });
});

describe('settings sheets', () => {
  const html = '<!doctype html><title>“Warm” – Voxfit</title>';

  test('are pages in the library, whole and replaced whole', async () => {
    const user = newUser();
    const { window } = await startProgram(user);
    const { file } = await window.call('library.place', { kind: 'sheet', name: 'Warm' });
    expect(file.name).toBe('Warm.html');
    await window.call('sheet.write', { file: file.id, html: `${html}${'x'.repeat(100_000)}` });
    await window.call('sheet.write', { file: file.id, html });
    expect(readFileSync(join(user.libraryFolder, 'Warm.html'), 'utf8')).toBe(html);
    expect(readdirSync(user.libraryFolder)).toEqual(['Warm.html']);
    expect((await window.call('library.list', { kind: 'sheet' })).files).toMatchObject([{ id: file.id }]);
  });

  test('are never written over other files', async () => {
    const { window, services } = await startProgram(newUser());
    const take = await services.grant(written(freshFolder(), 'take.wav'));
    const call = window.call('sheet.write', { file: take.id, html });
    expect(await problemOf(call)).toMatch(/should end in \.html/);
    expect(readFileSync(services.pathOf(take.id), 'utf8')).toBe('take.wav');
  });
});

describe('files of an analysis', () => {
  test('are pictures, tables and archives in the library, whole', async () => {
    const user = newUser();
    const { window } = await startProgram(user);
    for (const kind of ['svg', 'png', 'csv', 'zip'] as const) {
      const { file } = await window.call('library.place', { kind, name: `My presets spearman.${kind}` });
      const bytes = Uint8Array.from([0, 137, 80, 255]);
      await window.call('analysis.write', { file: file.id, bytes });
      expect(new Uint8Array(readFileSync(join(user.libraryFolder, `My presets spearman.${kind}`)))).toEqual(
        bytes,
      );
    }
  });

  test('are never written over other files', async () => {
    const { window, services } = await startProgram(newUser());
    const take = await services.grant(written(freshFolder(), 'take.wav'));
    const call = window.call('analysis.write', { file: take.id, bytes: new Uint8Array(3) });
    expect(await problemOf(call)).toMatch(/should end in \.svg, \.png, \.csv or \.zip/);
    expect(readFileSync(services.pathOf(take.id), 'utf8')).toBe('take.wav');
  });
});

describe('native dialogs', () => {
  const dialogs = (answer: string | null): Dialogs => ({
    pickToOpen: () => Promise.resolve(answer),
    pickToSave: () => Promise.resolve(answer),
  });

  test('give files, or nothing when the user cancels', async () => {
    const path = written(freshFolder(), 'take.wav');
    const { window } = await startProgram({ ...newUser(), dialogs: dialogs(path) });
    expect((await window.call('file.pickToOpen', { kind: 'audio' })).file?.path).toBe(path);
    const save = { kind: 'wav', suggestedName: 'x' } as const;
    expect((await window.call('file.pickToSave', save)).file?.path).toBe(path);
    const cancelled = (await startProgram({ ...newUser(), dialogs: dialogs(null) })).window;
    expect((await cancelled.call('file.pickToOpen', { kind: 'audio' })).file).toBeNull();
    expect((await cancelled.call('file.pickToSave', save)).file).toBeNull();
  });

  test('are not there in a host without them', async () => {
    const { window } = await startProgram(newUser());
    const call = window.call('file.pickToOpen', { kind: 'audio' });
    expect(await problemOf(call, 'usage')).toBe('This host has no file dialogs.');
  });
});

describe('what happens outside of the windows', () => {
  test('reaches every window', async () => {
    const { window, services } = await startProgram(newUser());
    const other = openWindow(services);
    const seen: unknown[] = [];
    for (const each of [window, other]) {
      each.on('child', (event) => seen.push(event));
      each.on('command', (event) => seen.push(event));
      each.on('session.requested', ({ file }) => seen.push(file.name));
      await each.call('recent.list', {});
    }
    const down = { child: 'engine', state: 'down', message: 'It ended.' } as const;
    services.childChanged(down.child, down.state, down.message);
    services.command('session.save');
    await services.requestSession(written(freshFolder(), 'a.voxfit'));
    await Promise.all([window.call('recent.list', {}), other.call('recent.list', {})]);
    expect(seen).toHaveLength(6);
    expect(seen).toEqual(expect.arrayContaining([down, { command: 'session.save' }, 'a.voxfit']));
  });

  test('a session asked for before there is a window, or at the start, is told once', async () => {
    const openAtStart = written(freshFolder(), 'start.voxfit');
    const { services, window } = await startProgram({ ...newUser(), openAtStart });
    expect((await window.call('hello', {})).openAtStart?.path).toBe(openAtStart);
    expect((await openWindow(services).call('hello', {})).openAtStart).toBeNull();
  });

  test('a session that is not there is said', async () => {
    const { services, window } = await startProgram({ ...newUser(), openAtStart: '/nowhere/a.voxfit' });
    expect(await window.call('hello', {})).toMatchObject({
      openAtStart: null,
      notices: [expect.stringMatching(/“\/nowhere\/a\.voxfit” cannot be opened: it is no longer there/)],
    });
    await expect(services.requestSession('/nowhere/b.voxfit')).rejects.toThrow(/cannot be opened/);
    const folder = freshFolder();
    linkSync(written(folder, 'a.wav'), join(folder, 'b.wav'));
    await expect(services.requestSession(join(folder, 'b.wav'))).rejects.toThrow(/should end in \.voxfit/);
  });
});
