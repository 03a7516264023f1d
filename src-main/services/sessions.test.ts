import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { CHAIN_PARAMETERS } from '#core/chain/parameters.ts';
import { newDocument, type FileRef, type SessionDocument } from '#core/session/document.ts';
import { freshFolder, newUser, problemOf, startProgram, type Window } from './test-window.ts';

const openFile = async (window: Window, path: string): Promise<FileRef> =>
  (await window.call('file.open', { path })).file;
const place = async (window: Window, name: string): Promise<FileRef> =>
  (await window.call('library.place', { kind: 'session', name })).file;
/** Recordings need not hold sound here: this layer never looks into them. */
const recording = (folder: string, name: string): string => {
  const path = join(folder, name);
  writeFileSync(path, name);
  return path;
};

async function songWithSources(window: Window, folder: string): Promise<SessionDocument> {
  return {
    ...newDocument('Song'),
    sources: {
      dry: await openFile(window, recording(folder, 'dry.wav')),
      target: await openFile(window, recording(folder, 'target.flac')),
    },
    locked: [CHAIN_PARAMETERS[7].id],
    loop: { isOn: true, startSeconds: 0.1, endSeconds: 1 / 3 },
  };
}

describe('a saved session', () => {
  test('comes back as it was, in another start too', async () => {
    const user = newUser();
    const first = await startProgram(user);
    const document = await songWithSources(first.window, freshFolder());
    const file = await place(first.window, 'My song');
    const saved = await first.window.call('session.save', { document, file: file.id });
    expect(saved.file).toMatchObject({ id: file.id, name: 'My song.voxfit' });
    expect(saved.file.sizeBytes).toBeGreaterThan(1000);

    const second = await startProgram(user);
    const opened = await second.window.call('session.open', {
      file: (await openFile(second.window, file.path)).id,
    });
    expect(opened.missing).toEqual([]);
    const { dry, target } = opened.document.sources;
    expect(opened.document).toEqual({ ...document, name: 'My song', sources: { dry, target } });
    expect([dry?.path, target?.path]).toEqual([document.sources.dry!.path, document.sources.target!.path]);
    expect(user.granted.get(dry!.id)).toBe(dry!.path);
  });

  test('finds its sound when its folder has moved, and prefers the sound beside it', async () => {
    const { window } = await startProgram(newUser());
    const home = freshFolder();
    mkdirSync(join(home, 'song', 'takes'), { recursive: true });
    const document = await songWithSources(window, join(home, 'song', 'takes'));
    const path = join(home, 'song', 'a.voxfit');
    writeFileSync(path, '');
    await window.call('session.save', { document, file: (await openFile(window, path)).id });

    renameSync(join(home, 'song'), join(home, 'moved'));
    // A copy at the old place must not win.
    mkdirSync(join(home, 'song', 'takes'), { recursive: true });
    recording(join(home, 'song', 'takes'), 'dry.wav');
    const moved = await openFile(window, join(home, 'moved', 'a.voxfit'));
    const opened = await window.call('session.open', { file: moved.id });
    expect(opened.missing).toEqual([]);
    expect(opened.document.sources.dry?.path).toBe(join(home, 'moved', 'takes', 'dry.wav'));
    expect(opened.document.sources.target?.path).toBe(join(home, 'moved', 'takes', 'target.flac'));
  });

  test('finds its sound when only the session has moved', async () => {
    const { window } = await startProgram(newUser());
    const sound = freshFolder();
    const file = await place(window, 'a');
    await window.call('session.save', { document: await songWithSources(window, sound), file: file.id });
    const elsewhere = join(freshFolder(), 'b.voxfit');
    renameSync(file.path, elsewhere);
    const opened = await window.call('session.open', { file: (await openFile(window, elsewhere)).id });
    expect(opened.document.sources.dry?.path).toBe(join(sound, 'dry.wav'));
  });
});

describe('sound that is gone', () => {
  test('is reported, can be replaced, and is not forgotten when it is not', async () => {
    const { window } = await startProgram(newUser());
    const sound = freshFolder();
    const file = await place(window, 'a');
    const document = await songWithSources(window, sound);
    await window.call('session.save', { document, file: file.id });
    unlinkSync(join(sound, 'dry.wav'));
    unlinkSync(join(sound, 'target.flac'));

    const opened = await window.call('session.open', { file: file.id });
    expect(opened.document.sources).toEqual({ dry: null, target: null });
    expect(opened.missing).toEqual([
      { role: 'dry', name: 'dry.wav', path: join(sound, 'dry.wav') },
      { role: 'target', name: 'target.flac', path: join(sound, 'target.flac') },
    ]);

    const replacement = await openFile(window, recording(freshFolder(), 'found.wav'));
    const relinked = { ...opened.document, sources: { dry: replacement, target: null } };
    await window.call('session.save', { document: relinked, file: file.id });
    expect((await window.call('session.open', { file: file.id })).missing).toMatchObject([
      { role: 'target' },
    ]);
    recording(sound, 'target.flac');
    const back = await window.call('session.open', { file: file.id });
    expect(back.document.sources.dry?.path).toBe(replacement.path);
    expect(back.document.sources.target?.path).toBe(join(sound, 'target.flac'));
  });

  test('a folder or a file that is no sound under its name counts as gone', async () => {
    const user = newUser();
    const { window } = await startProgram(user);
    const sound = freshFolder();
    const file = await place(window, 'a');
    await window.call('session.save', { document: await songWithSources(window, sound), file: file.id });
    unlinkSync(join(sound, 'dry.wav'));
    mkdirSync(join(sound, 'dry.wav'));
    const text = readFileSync(file.path, 'utf8').replaceAll('target.flac', 'passwords.txt');
    recording(sound, 'passwords.txt');
    writeFileSync(file.path, text);
    const opened = await window.call('session.open', { file: file.id });
    expect(opened.missing.map(({ name }) => name)).toEqual(['dry.wav', 'passwords.txt']);
    expect([...user.granted.values()]).not.toContain(join(sound, 'passwords.txt'));
  });
});

describe('what is no session', () => {
  test.each([
    ['', /is empty or damaged/],
    ['{"format": "voxfit-session", "version": 99}', /was made by a newer Voxfit \(session version 99/],
    [
      '{"format": "voxfit-session", "version": 1, "sampleRateHz": 44100}',
      /is a broken session: “.*” is missing/,
    ],
  ])('%j', async (text, sentence) => {
    const user = newUser();
    const { window } = await startProgram(user);
    const path = join(freshFolder(), 'a.voxfit');
    writeFileSync(path, text);
    const { id } = await openFile(window, path);
    expect(await problemOf(window.call('session.open', { file: id }))).toMatch(sentence);
    expect(readFileSync(path, 'utf8')).toBe(text);
    expect((await window.call('recent.list', {})).sessions).toEqual([]);
  });

  test('a file of 100 MB is refused without being read', async () => {
    const { window } = await startProgram(newUser());
    const path = join(freshFolder(), 'a.voxfit');
    writeFileSync(path, new Uint8Array(100 << 20));
    const { id } = await openFile(window, path);
    expect(await problemOf(window.call('session.open', { file: id }))).toMatch(/far too large/);
    rmSync(path);
  });
});

describe('saving that fails', () => {
  test('into a folder that is gone: a sentence, and the recovery file stays', async () => {
    const user = newUser();
    const { window } = await startProgram(user);
    const folder = freshFolder();
    const path = join(folder, 'a.voxfit');
    writeFileSync(path, '');
    const { id } = await openFile(window, path);
    await window.call('session.keep', { document: newDocument('Precious'), file: id });
    rmSync(folder, { recursive: true });
    expect(
      await problemOf(window.call('session.save', { document: newDocument(), file: id }), 'output'),
    ).toBe(`The folder “${folder}” does not exist; create it or choose another.`);
    expect(readdirSync(join(user.userFolder, 'recovery'))).toHaveLength(1);
  });

  test.skipIf(process.platform !== 'linux')('on a full disk', async () => {
    const user = newUser();
    const { window } = await startProgram(user);
    const file = await place(window, 'a');
    const document = newDocument();
    await window.call('session.keep', { document, file: file.id });
    const [kept] = readdirSync(join(user.userFolder, 'recovery'));
    // From now on both names lead to a device that takes no byte.
    unlinkSync(join(user.userFolder, 'recovery', kept));
    for (const path of [file.path, join(user.userFolder, 'recovery', kept)]) symlinkSync('/dev/full', path);
    const save = window.call('session.save', { document, file: file.id });
    expect(await problemOf(save, 'output')).toBe(
      `There is no space left for “${file.path}”; free some or choose another disk.`,
    );
    const keep = window.call('session.keep', { document, file: file.id });
    expect(await problemOf(keep, 'output')).toMatch(/^There is no space left for “.*recovery/);
  });

  test.skipIf(process.platform !== 'linux')('where nothing may be written, not even by root', async () => {
    const { window, services } = await startProgram(newUser());
    const { id } = await services.grant('/sys/song.voxfit');
    const save = window.call('session.save', { document: newDocument(), file: id });
    expect(await problemOf(save, 'output')).toMatch(
      /^“\/sys\/song\.voxfit” (may not be written|is on a read-only disk); choose another place/,
    );
  });

  test('never over a file that is no session', async () => {
    const { window } = await startProgram(newUser());
    const path = recording(freshFolder(), 'take.wav');
    const { id } = await openFile(window, path);
    expect(await problemOf(window.call('session.save', { document: newDocument(), file: id }))).toMatch(
      /take\.wav” should end in \.voxfit/,
    );
    expect(readFileSync(path, 'utf8')).toBe('take.wav');
  });

  test('a source that this host never granted', async () => {
    const { window } = await startProgram(newUser());
    const file = await place(window, 'a');
    const stranger: FileRef = { id: 'f-stranger', name: 'x.wav', path: '/etc/passwd', sizeBytes: 1 };
    const document = { ...newDocument(), sources: { dry: stranger, target: null } };
    expect(await problemOf(window.call('session.save', { document, file: file.id }))).toMatch(
      /does not know/,
    );
    expect(existsSync(file.path)).toBe(false);
  });
});

test('saves that come at once end with the last one', async () => {
  const { window } = await startProgram(newUser());
  const file = await place(window, 'a');
  const document = newDocument();
  await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      window.call('session.save', {
        document: { ...document, loop: { ...document.loop, endSeconds: i } },
        file: file.id,
      }),
    ),
  );
  const opened = await window.call('session.open', { file: file.id });
  expect(opened.document.loop.endSeconds).toBe(19);
});

describe('the demo', () => {
  test('opens with its sound, belongs to no file and is not a recent session', async () => {
    const user = newUser();
    const { window } = await startProgram(user);
    const file = await place(window, 'demo');
    recording(user.demoFolder, 'dry.wav');
    const document = await songWithSources(window, user.demoFolder);
    await window.call('session.save', { document, file: file.id });
    const text = readFileSync(file.path, 'utf8');
    // As the demo's script writes it: places seen from the demo's own folder only.
    const stored = JSON.parse(text) as { name: string; sources: Record<string, object> };
    stored.name = 'Demo';
    for (const [role, name] of [
      ['dry', 'dry.wav'],
      ['target', 'target.flac'],
    ])
      stored.sources[role] = { path: name, relative: name, name, sizeBytes: 1 };
    writeFileSync(join(user.demoFolder, 'demo.voxfit'), JSON.stringify(stored));
    await window.call('recent.remove', { id: (await window.call('recent.list', {})).sessions[0].id });

    const opened = await window.call('session.openDemo', {});
    expect(opened).toMatchObject({ file: null, missing: [], document: { name: 'Demo' } });
    expect(opened.document.sources.dry?.path).toBe(join(user.demoFolder, 'dry.wav'));
    expect((await window.call('recent.list', {})).sessions).toEqual([]);
  });

  test('of the program itself is whole', async () => {
    const demoFolder = fileURLToPath(new URL('../../resources/demo', import.meta.url));
    const { window } = await startProgram({ ...newUser(), demoFolder });
    const { document, missing } = await window.call('session.openDemo', {});
    expect(missing).toEqual([]);
    expect(dirname(document.sources.dry!.path)).toBe(demoFolder);
    expect(dirname(document.sources.target!.path)).toBe(demoFolder);
  });

  test('that is missing is said in a sentence', async () => {
    const { window } = await startProgram(newUser());
    expect(await problemOf(window.call('session.openDemo', {}))).toMatch(/demo\.voxfit” cannot be opened/);
  });
});

describe('recent sessions', () => {
  test('are the last twelve, the newest first, each once', async () => {
    const user = newUser();
    const { window } = await startProgram(user);
    for (let i = 0; i < 14; i++) {
      const file = await place(window, `song ${i}`);
      await window.call('session.save', { document: newDocument(), file: file.id });
    }
    const first = await place(window, 'song 5');
    await window.call('session.open', { file: first.id });
    const { sessions } = await (await startProgram(user)).window.call('recent.list', {});
    expect(sessions.map(({ name }) => name)).toEqual(
      [5, 13, 12, 11, 10, 9, 8, 7, 6, 4, 3, 2].map((i) => `song ${i}`),
    );
  });

  test('say when their file is gone, open when it is there, and can be taken off the list', async () => {
    const { window } = await startProgram(newUser());
    for (const name of ['a', 'b']) {
      const file = await place(window, name);
      await window.call('session.save', { document: newDocument(), file: file.id });
    }
    let [b, a] = (await window.call('recent.list', {})).sessions;
    expect([a.exists, b.exists]).toEqual([true, true]);
    unlinkSync(a.path);
    [b, a] = (await window.call('recent.list', {})).sessions;
    expect([a.exists, b.exists]).toEqual([false, true]);
    expect(await problemOf(window.call('session.openRecent', { id: a.id }))).toBe(
      `“${a.path}” cannot be opened: it is no longer there, or was never.`,
    );
    expect((await window.call('session.openRecent', { id: b.id })).document.name).toBe('b');
    await window.call('recent.remove', { id: a.id });
    expect((await window.call('recent.list', {})).sessions.map(({ name }) => name)).toEqual(['b']);
    expect(await problemOf(window.call('session.openRecent', { id: a.id }))).toMatch(/no longer in the list/);
  });

  test('a broken list does not keep sessions from opening', async () => {
    const user = newUser();
    const { window } = await startProgram(user);
    writeFileSync(join(user.userFolder, 'recents.json'), '{"version": 1, "sessions": 7}');
    const file = await place(window, 'a');
    await window.call('session.save', { document: newDocument(), file: file.id });
    expect((await window.call('recent.list', {})).sessions).toHaveLength(1);
  });
});
