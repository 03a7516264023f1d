import { fork } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import { rolldown } from 'rolldown';
import { describe, expect, test } from 'vitest';
import { neutralRaw, PARAMETER_COUNT } from '#core/chain/parameters.ts';
import { formatNpy, parseNpy } from '#core/preset/npy.ts';
import { formatPreset, parsePreset } from '#core/preset/preset.ts';
import { presetEntrySchema, type PresetEntry } from '#core/protocol/preset-library.ts';
import type { ServiceOptions } from '../index.ts';
import { freshFolder, newUser, openWindow, problemOf, startProgram, type Window } from '../test-window.ts';

/** Float32 already, so that it survives the published layout. */
const setting = (seed: number): Float64Array =>
  Float64Array.from(Float32Array.from(neutralRaw(), (value, i) => value + Math.sin(seed + i) / 9));
const origin = { kind: 'saved', text: '' } as const;

const presetsFolder = (user: ServiceOptions): string => join(user.libraryFolder, 'Presets');
const indexFile = (user: ServiceOptions): string => join(user.userFolder, 'cache', 'presets.index');
const add = (window: Window, name: string, seed = 1, tags: string[] = []): Promise<PresetEntry> =>
  window.call('presets.add', { name, raw: setting(seed), origin, tags });
const namesOf = async (window: Window): Promise<string[]> =>
  (await window.call('presets.list', {})).entries.map(({ name }) => name);
/** A preset that another program has put there; the fit is what this Voxfit does not look at. */
function outside(folder: string, file: string, seed: number, name = file): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, file), formatPreset({ name, raw: setting(seed) }));
}
/** Counts `presets.changed` of a window. */
function changesOf(window: Window): { count: number } {
  const changes = { count: 0 };
  window.on('presets.changed', () => changes.count++);
  return changes;
}
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe('a preset in the library', () => {
  test('is a file of the user that every Voxfit reads, and comes back exactly after a restart', async () => {
    const user = newUser();
    const { window, services } = await startProgram(user);
    expect((await window.call('presets.list', {})).entries).toEqual([]);
    const raw = setting(3)
      .with(5, 1 / 3)
      .with(6, -0);
    const entry = await window.call('presets.add', {
      name: 'Warm & wide: 1/2',
      raw,
      origin: { kind: 'fitted', text: 'take.wav' },
      tags: ['warm', 'lead'],
    });
    expect(entry).toMatchObject({
      id: 'Warm & wide 1 2.json',
      name: 'Warm & wide: 1/2',
      tags: ['warm', 'lead'],
      isFavourite: false,
      rating: 0,
      notes: '',
      origin: { kind: 'fitted', text: 'take.wav' },
    });
    const preset = parsePreset(readFileSync(join(presetsFolder(user), entry.id), 'utf8'));
    expect(preset.name).toBe(entry.name);
    expect(preset.raw).toEqual(raw);
    await services.settled();

    const again = (await startProgram(user)).window;
    expect(await again.call('presets.list', {})).toEqual({
      folder: presetsFolder(user),
      entries: [entry],
      unreadable: 0,
    });
    expect(await again.call('presets.read', { id: entry.id })).toEqual({ entry, raw });
    expect(await again.call('presets.raws', { ids: [entry.id] })).toEqual({
      ids: [entry.id],
      raws: Float32Array.from(raw),
    });
  });

  test('gets a number where its name is taken, also by case and by what disks allow', async () => {
    const user = newUser();
    const { window } = await startProgram(user);
    const names: string[] = [];
    for (const name of ['Warm', 'warm', 'Warm (2)', 'a/b', 'a?b', 'con', ' Warm ', '..'])
      names.push((await add(window, name)).name);
    expect(names).toEqual(['Warm', 'warm (2)', 'Warm (2) (2)', 'a/b', 'a?b (2)', 'con', 'Warm (3)', '..']);
    const files = readdirSync(presetsFolder(user));
    expect(new Set(files.map((file) => file.toLowerCase())).size).toBe(8);
    for (const file of files) expect(file).toMatch(/^[^./\\:*?"<>|][^/\\:*?"<>|]*\.json$/);
    // Long names stay different, and files stay within 255 bytes.
    for (const name of ['x'.repeat(200), 'x'.repeat(200), '声'.repeat(200), '声'.repeat(200)])
      expect(presetEntrySchema.parse(await add(window, name)).name).toHaveLength(200);
    expect(new Set(await namesOf(window)).size).toBe(12);
    expect(await problemOf(add(window, '   '))).toBe('Give it a name.');
  });

  test('that another program made meanwhile is never overwritten', async () => {
    const user = newUser();
    const { window } = await startProgram(user);
    await add(window, 'A');
    outside(presetsFolder(user), 'warm.JSON', 5, 'Theirs');
    const before = readFileSync(join(presetsFolder(user), 'warm.JSON'), 'utf8');
    expect((await add(window, 'Warm')).name).toBe('Warm (2)');
    expect(readFileSync(join(presetsFolder(user), 'warm.JSON'), 'utf8')).toBe(before);
    expect(await namesOf(window)).toEqual(['A', 'Theirs', 'Warm (2)']);
  });
});

describe('what is noted', () => {
  test('is kept in the file beside everything that others wrote there', async () => {
    const user = newUser();
    const { window } = await startProgram(user);
    const folder = presetsFolder(user);
    mkdirSync(folder, { recursive: true });
    const theirs = {
      ...(JSON.parse(formatPreset({ name: 'Hall', raw: setting(2) })) as Record<string, unknown>),
      future: { depth: [1, { x: null }] },
      library: { colour: 'red', rating: 99, tags: ['old'] },
    };
    writeFileSync(join(folder, 'hall.json'), `\uFEFF${JSON.stringify(theirs)}`);
    const [listed] = (await window.call('presets.list', {})).entries;
    expect(listed).toMatchObject({ id: 'hall.json', name: 'Hall', tags: ['old'], rating: 0 });

    const notes = { tags: ['big'], isFavourite: true, rating: 4, notes: 'For the “chorus”.\nLoud.' };
    const changed = await window.call('presets.change', { id: 'hall.json', ...notes });
    expect(changed).toMatchObject({ id: 'hall.json', name: 'Hall', ...notes });
    const stored = JSON.parse(readFileSync(join(folder, 'hall.json'), 'utf8')) as Record<string, unknown>;
    expect(stored).toEqual({ ...theirs, library: { colour: 'red', ...notes } });
    expect((await window.call('presets.read', { id: 'hall.json' })).raw).toEqual(setting(2));
  });

  test('stays when a preset is renamed, duplicated, or changes the case of its name', async () => {
    const user = newUser();
    const { window } = await startProgram(user);
    const { id } = await add(window, 'Warm', 4, ['lead']);
    await add(window, 'Cold');
    await window.call('presets.change', { id, isFavourite: true, notes: 'nice' });
    const kept = { tags: ['lead'], isFavourite: true, notes: 'nice', origin };
    const renamed = await window.call('presets.change', { id, name: 'Warmer', rating: 2 });
    expect(renamed).toMatchObject({ id: 'Warmer.json', name: 'Warmer', rating: 2, ...kept });
    expect(await problemOf(window.call('presets.read', { id }))).toBe('“Warm” is no longer in the library.');
    const upper = await window.call('presets.change', { id: renamed.id, name: 'WARMER' });
    expect(upper).toMatchObject({ id: 'WARMER.json', name: 'WARMER', rating: 2, ...kept });
    const taken = await window.call('presets.change', { id: upper.id, name: 'cold' });
    expect(taken.name).toBe('cold (2)');
    const copy = await window.call('presets.duplicate', { id: taken.id });
    expect(copy).toMatchObject({ id: 'cold (3).json', name: 'cold (3)', rating: 2, ...kept });
    expect((await window.call('presets.read', { id: copy.id })).raw).toEqual(setting(4));
    expect(readdirSync(presetsFolder(user)).sort()).toEqual(['Cold.json', 'cold (2).json', 'cold (3).json']);
  });

  test('never brings an old setting back that was changed from outside since it was listed', async () => {
    const user = newUser();
    const { window } = await startProgram(user);
    const { id } = await add(window, 'Warm', 1);
    outside(presetsFolder(user), id, 2, 'Warm');
    const changed = await window.call('presets.change', { id, rating: 5 });
    expect(changed.rating).toBe(5);
    expect((await window.call('presets.read', { id })).raw).toEqual(setting(2));
    rmSync(join(presetsFolder(user), id));
    expect(await problemOf(window.call('presets.change', { id, rating: 1 }))).toBe(
      '“Warm” is no longer in the library.',
    );
    expect(existsSync(join(presetsFolder(user), id))).toBe(false);
    writeFileSync(join(presetsFolder(user), id), '{"half": ');
    expect(await problemOf(window.call('presets.change', { id, rating: 1 }))).toMatch(/is not valid JSON/);
    expect(readFileSync(join(presetsFolder(user), id), 'utf8')).toBe('{"half": ');
  });
});

describe('the folder', () => {
  test('lists presets by name as people count, and counts files that are none', async () => {
    const user = newUser();
    const folder = presetsFolder(user);
    outside(folder, 'c.json', 1, 'take 10');
    outside(folder, 'b.json', 1, 'take 9');
    writeFileSync(join(folder, 'a.json'), formatPreset({ raw: setting(1) }));
    writeFileSync(join(folder, 'broken.json'), formatPreset({ raw: setting(1) }).slice(0, 900));
    writeFileSync(join(folder, 'other.json'), '{"format": "voxfit-prior"}');
    for (const other of ['notes.txt', '.hidden.json', '.voxfit-1.tmp'])
      writeFileSync(join(folder, other), 'x');
    mkdirSync(join(folder, 'folder.json'));
    const secret = freshFolder();
    outside(secret, 'secret.json', 1);
    symlinkSync(join(secret, 'secret.json'), join(folder, 'link.json'));
    const { window } = await startProgram(user);
    const { entries, unreadable } = await window.call('presets.list', {});
    expect(entries.map(({ name }) => name)).toEqual(['a', 'take 9', 'take 10']);
    expect(unreadable).toBe(2);
    expect(await problemOf(window.call('presets.read', { id: 'link.json' }))).toMatch(
      /no longer in the library/,
    );
  });

  test.each([
    '../x.json',
    '/etc/x.json',
    '..\\x.json',
    '.hidden.json',
    '.trash/x.json',
    'x',
    'x.voxfit',
    '..',
    'a\u0000.json',
  ])('gives and takes no files by the id %j', async (id) => {
    const user = newUser();
    const { window } = await startProgram(user);
    await add(window, 'Keep');
    outside(user.libraryFolder, 'x.json', 1);
    outside(presetsFolder(user), '.hidden.json', 1);
    for (const call of [
      window.call('presets.read', { id }),
      window.call('presets.raws', { ids: [id] }),
      window.call('presets.change', { id, rating: 1 }),
      window.call('presets.duplicate', { id }),
      window.call('presets.trash', { ids: ['Keep.json', id] }),
      window.call('presets.restore', { ids: [id] }),
    ])
      expect(await problemOf(call)).toMatch(/is not the name of a preset\.$/);
    expect(await namesOf(window)).toEqual(['Keep']);
    expect(existsSync(join(user.libraryFolder, 'x.json'))).toBe(true);
  });

  test('gives the settings of presets that are there, whatever has gone in the meantime', async () => {
    const { window } = await startProgram(newUser());
    const [a, b, c] = [await add(window, 'A', 1), await add(window, 'B', 2), await add(window, 'C', 3)];
    await window.call('presets.trash', { ids: [b.id] });
    const ids = [c.id, b.id, 'never there.json', a.id];
    expect(await window.call('presets.raws', { ids })).toEqual({
      ids: [c.id, a.id],
      raws: Float32Array.from([...setting(3), ...setting(1)]),
    });
    expect((await window.call('presets.raws', { ids: [b.id] })).ids).toEqual([]);
  });

  test('tells every window of changes, from inside and outside, once there is one too', async () => {
    const user = newUser();
    const { window, services } = await startProgram(user);
    const other = openWindow(services);
    const [ours, theirs] = [changesOf(window), changesOf(other)];
    await add(window, 'A');
    expect(await namesOf(other)).toEqual(['A']);
    await until(() => ours.count === 1 && theirs.count === 1);
    // Nothing more comes of a change of ours.
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(ours.count).toBe(1);
    outside(presetsFolder(user), 'b.json', 2, 'B');
    await until(() => ours.count === 2 && theirs.count === 2);
    expect(await namesOf(window)).toEqual(['A', 'B']);
    outside(presetsFolder(user), 'b.json', 2, 'B again');
    await until(() => ours.count > 2);
    expect(await namesOf(window)).toEqual(['A', 'B again']);
    rmSync(join(presetsFolder(user), 'b.json'));
    await until(() => ours.count > 3);
    expect(await namesOf(window)).toEqual(['A']);
    // The whole folder is replaced by another one.
    renameSync(presetsFolder(user), `${presetsFolder(user)} old`);
    await until(() => ours.count > 4);
    expect(await namesOf(window)).toEqual([]);
    outside(presetsFolder(user), 'c.json', 2, 'C');
    await until(() => ours.count > 5);
    expect(await namesOf(window)).toEqual(['C']);
    await services.settled();
  });

  test('that cannot be written is said in a sentence', async () => {
    const user = newUser();
    mkdirSync(user.libraryFolder, { recursive: true });
    writeFileSync(presetsFolder(user), 'a file');
    const { window } = await startProgram(user);
    expect(await problemOf(window.call('presets.list', {}))).toMatch(
      /Presets” cannot be opened: it is no longer/,
    );
    rmSync(presetsFolder(user));
    symlinkSync('/proc/none', presetsFolder(user));
    expect(await problemOf(add(window, 'A'), 'output')).toMatch(/^“.*Presets” cannot be written \(E/);
  });
});

describe('a program that is killed while it writes', () => {
  const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
  const ROUNDS = 8;

  test('leaves every preset whole, and nothing half-written under a name', async () => {
    const program = join(freshFolder(), 'writer.mjs');
    const bundle = await rolldown({
      input: source('test-writer.ts'),
      platform: 'node',
      cwd: source('../../..'),
    });
    await bundle.write({ file: program, format: 'esm' });
    await bundle.close();

    const rows = join(freshFolder(), 'rows.npy');
    const data = Array.from({ length: 40 }, () => [...neutralRaw()]).flat();
    writeFileSync(rows, formatNpy([40, PARAMETER_COUNT], Float64Array.from(data)));
    const user = newUser();
    const folder = presetsFolder(user);
    mkdirSync(folder, { recursive: true });
    const filesOf = (): string[] => readdirSync(folder).filter((file) => file.endsWith('.json'));
    for (let round = 0; round < ROUNDS; round++) {
      const before = filesOf().length;
      const writer = fork(program, [user.libraryFolder, indexFile(user), round % 2 === 0 ? rows : '']);
      const told: string[] = [];
      writer.on('message', (name: string) => told.push(name));
      // Another moment of its work every time.
      await until(() => filesOf().length > before + 3 * round);
      writer.kill('SIGKILL');
      await once(writer, 'exit');

      for (const file of filesOf()) expect(statSync(join(folder, file)).size, file).toBeGreaterThan(0);
      const { window, services } = await startProgram(user);
      const { entries, unreadable } = await window.call('presets.list', {});
      expect(unreadable).toBe(0);
      expect(entries.map(({ id }) => id).sort()).toEqual(filesOf().sort());
      for (const { id } of entries) {
        const { raw } = await window.call('presets.read', { id });
        expect(Float32Array.from(raw.subarray(1))).toEqual(Float32Array.from(neutralRaw().subarray(1)));
      }
      expect(entries.map(({ name }) => name)).toEqual(expect.arrayContaining(told));
      await services.settled();
    }
  }, 180_000);

  test('leaves files of its own that the next start removes, once nobody can be writing them', async () => {
    const user = newUser();
    const [folder, trash] = [presetsFolder(user), join(presetsFolder(user), '.trash')];
    mkdirSync(trash, { recursive: true });
    const [old, young] = ['.voxfit-0123abcd-45ef.tmp', '.voxfit-11111111-2222.tmp'];
    const foreign = ['.voxfit-notes.tmp', 'mine.tmp', '.voxfit-0123abcd-45ef.tmp.json', 'empty.json'];
    const anHourAgo = Date.now() / 1000 - 3600;
    for (const place of [folder, trash])
      for (const name of [old, young, ...foreign]) {
        writeFileSync(join(place, name), '');
        if (name !== young) utimesSync(join(place, name), anHourAgo, anHourAgo);
      }
    const { window } = await startProgram(user);
    const { entries, unreadable } = await window.call('presets.list', {});
    // An empty file under a preset's name may be somebody's: it stays, and is counted.
    expect([entries, unreadable]).toEqual([[], 1]);
    for (const place of [folder, trash])
      expect(readdirSync(place).sort()).toEqual(
        [young, ...foreign, ...(place === folder ? ['.trash'] : [])].sort(),
      );
  });
});

describe('the trash', () => {
  test('gives back what was put there, with a number where the name is taken', async () => {
    const user = newUser();
    const { window, services } = await startProgram(user);
    const { id } = await add(window, 'Warm', 1, ['one']);
    await add(window, 'Cold', 2);
    await window.call('presets.trash', { ids: [id, 'Cold.json', 'never there.json'] });
    expect(await namesOf(window)).toEqual([]);
    expect(readdirSync(join(presetsFolder(user), '.trash')).sort()).toEqual(['Cold.json', 'Warm.json']);
    await services.settled();

    const again = (await startProgram(user)).window;
    const first = await again.call('presets.restore', { ids: [id] });
    expect(first.entries).toMatchObject([{ id, name: 'Warm', tags: ['one'] }]);
    await again.call('presets.trash', { ids: [id] });
    await add(again, 'Warm', 3, ['two']);
    const second = await again.call('presets.restore', { ids: [id, 'Cold.json'] });
    expect(second.entries).toMatchObject([{ name: 'Warm (2)', tags: ['one'] }, { name: 'Cold' }]);
    expect((await again.call('presets.read', { id: second.entries[0].id })).raw).toEqual(setting(1));
    expect(readdirSync(join(presetsFolder(user), '.trash'))).toEqual([]);
    expect(await problemOf(again.call('presets.restore', { ids: [id] }))).toBe('“Warm” is not in the trash.');
  });

  test('keeps both of two presets of one name, and gives back the later one', async () => {
    const user = newUser();
    const { window } = await startProgram(user);
    for (const seed of [1, 2]) {
      const { id } = await add(window, 'Warm', seed);
      await window.call('presets.trash', { ids: [id] });
    }
    expect(readdirSync(join(presetsFolder(user), '.trash')).sort()).toEqual(['Warm (2).json', 'Warm.json']);
    await window.call('presets.restore', { ids: ['Warm.json'] });
    expect((await window.call('presets.read', { id: 'Warm.json' })).raw).toEqual(setting(2));
  });
});

describe('import and export', () => {
  const grantAll = async (services: { grant(path: string): Promise<{ id: string }> }, paths: string[]) =>
    Promise.all(paths.map(async (path) => (await services.grant(path)).id));

  test('takes what is a preset and says what is not', async () => {
    const user = newUser();
    const { window, services } = await startProgram(user);
    const changes = changesOf(window);
    const folder = freshFolder();
    outside(folder, 'liz.json', 1, 'Liz');
    outside(folder, 'liz again.json', 2, 'Liz');
    const rows = Float32Array.from([...setting(3), ...setting(4)]);
    writeFileSync(join(folder, 'rows.npy'), formatNpy([2, PARAMETER_COUNT], rows));
    writeFileSync(join(folder, 'one.npy'), formatNpy([PARAMETER_COUNT], setting(5)));
    writeFileSync(join(folder, 'square.npy'), formatNpy([3, 3], new Float32Array(9)));
    writeFileSync(join(folder, 'none.npy'), formatNpy([0, PARAMETER_COUNT], new Float32Array(0)));
    writeFileSync(join(folder, 'text.json'), 'hello');
    writeFileSync(join(folder, 'take.wav'), 'hello');
    const files = [
      'liz.json',
      'liz again.json',
      'rows.npy',
      'one.npy',
      'square.npy',
      'none.npy',
      'text.json',
    ];
    const paths = [...files, 'take.wav', 'missing.json'].map((file) => join(folder, file));
    const { entries, problems } = await window.call('presets.import', {
      files: await grantAll(services, paths),
    });
    expect(entries.map(({ name }) => name)).toEqual(['Liz', 'Liz (2)', 'rows, row 0', 'rows, row 1', 'one']);
    expect(entries[2].origin).toEqual({ kind: 'imported', text: 'rows.npy' });
    expect(problems).toEqual([
      expect.stringMatching(/^“square\.npy” has the shape \(3, 3\), but presets are rows of 151 values/),
      '“none.npy” holds no presets: it has no rows.',
      expect.stringMatching(/^“text\.json” is not valid JSON/),
      '“take.wav” is no preset; import .json or .npy files.',
      expect.stringMatching(/cannot be opened: it is no longer there/),
    ]);
    const settings = await Promise.all(entries.map(({ id }) => window.call('presets.read', { id })));
    expect(settings.map(({ raw }) => raw)).toEqual([1, 2, 3, 4, 5].map(setting));
    await until(() => changes.count > 0);
    expect(changes.count).toBe(1);
    expect(await problemOf(window.call('presets.import', { files: ['f-guessed'] }))).toMatch(/does not know/);
  });

  test('takes hundreds at once, and other calls have their turn', async () => {
    const user = newUser();
    const { window, services } = await startProgram(user);
    const path = join(freshFolder(), 'raw_params.npy');
    const count = 600;
    const rows = new Float32Array(count * PARAMETER_COUNT);
    for (let row = 0; row < count; row++) rows.set(setting(row), row * PARAMETER_COUNT);
    writeFileSync(path, formatNpy([count, PARAMETER_COUNT], rows));
    const counts: number[] = [];
    let isDone = false;
    const importing = window
      .call('presets.import', { files: await grantAll(services, [path]) })
      .finally(() => (isDone = true));
    while (!isDone) counts.push((await window.call('presets.list', {})).entries.length);
    const { entries, problems } = await importing;
    expect(problems).toEqual([]);
    expect(entries).toHaveLength(count);
    expect(counts.some((seen) => seen > 0 && seen < count)).toBe(true);
    const ids = entries.map(({ id }) => id);
    expect((await window.call('presets.raws', { ids })).raws).toEqual(rows);
    expect((await namesOf(window)).slice(9, 12)).toEqual([9, 10, 11].map((row) => `raw_params, row ${row}`));
  });

  test('gives a preset as it is, and rows in the published layout', async () => {
    const user = newUser();
    const { window, services } = await startProgram(user);
    const ids = [(await add(window, 'A', 1, ['x'])).id, (await add(window, 'B', 2)).id];
    const folder = freshFolder();
    const place = async (file: string) => (await services.grant(join(folder, file))).id;
    await window.call('presets.export', { ids: [ids[0]], file: await place('a.json') });
    expect(readFileSync(join(folder, 'a.json'), 'utf8')).toBe(
      readFileSync(join(presetsFolder(user), ids[0]), 'utf8'),
    );
    await window.call('presets.export', { ids, file: await place('both.npy') });
    const { shape, dtype, data } = parseNpy(readFileSync(join(folder, 'both.npy')));
    expect([shape, dtype]).toEqual([[2, PARAMETER_COUNT], 'f4']);
    expect(data).toEqual(Float32Array.from([...setting(1), ...setting(2)]));

    const both = window.call('presets.export', { ids, file: await place('both.json') });
    expect(await problemOf(both, 'usage')).toMatch(/^Several presets go into one \.npy file/);
    const none = window.call('presets.export', { ids: [], file: await place('none.npy') });
    expect(await problemOf(none, 'usage')).toBe('Choose a preset to export.');
    const wav = window.call('presets.export', { ids, file: await place('a.wav') });
    expect(await problemOf(wav)).toMatch(/should end in \.json or \.npy/);
    expect(readdirSync(folder).sort()).toEqual(['a.json', 'both.npy']);
  });
});

describe('what is remembered between starts', () => {
  /** A library of three, remembered. */
  async function remembered() {
    const user = newUser();
    const { window, services } = await startProgram(user);
    for (const [i, name] of ['A', 'B', 'C'].entries()) await add(window, name, i, [`tag ${name}`]);
    outside(presetsFolder(user), 'bad.json', 1);
    truncateSync(join(presetsFolder(user), 'bad.json'), 500);
    await window.call('presets.list', {});
    await services.settled();
    return user;
  }
  const listed = async (user: ServiceOptions) => {
    const { window, services } = await startProgram(user);
    const { entries, unreadable } = await window.call('presets.list', {});
    const { raws } = await window.call('presets.raws', { ids: entries.map(({ id }) => id) });
    await services.settled();
    return { entries, unreadable, raws };
  };

  test('spares reading the files', async () => {
    const user = await remembered();
    const before = await listed(user);
    expect(before).toMatchObject({ entries: [{ name: 'A', tags: ['tag A'] }, {}, {}], unreadable: 1 });
    expect(before.raws).toEqual(Float32Array.from([...setting(0), ...setting(1), ...setting(2)]));
    // A tag that is only in the index shows where it came from.
    const index = readFileSync(indexFile(user));
    index.write('tag X', index.indexOf('tag A'));
    writeFileSync(indexFile(user), index);
    expect((await listed(user)).entries).toEqual(before.entries);
    const forged = readFileSync(indexFile(user));
    forged.write('tag X', forged.indexOf('tag A'));
    forged.writeUInt32LE(crc32(forged.subarray(16)), 12);
    writeFileSync(indexFile(user), forged);
    expect((await listed(user)).entries[0].tags).toEqual(['tag X']);
  });

  test.each([
    [
      'missing',
      (path: string) => {
        rmSync(path);
      },
    ],
    [
      'half-written',
      (path: string) => {
        truncateSync(path, statSync(path).size - 700);
      },
    ],
    [
      'cut in its header',
      (path: string) => {
        truncateSync(path, 100);
      },
    ],
    [
      'empty',
      (path: string) => {
        truncateSync(path, 0);
      },
    ],
    [
      'something else',
      (path: string) => {
        writeFileSync(path, Buffer.alloc(5000, 7));
      },
    ],
    [
      'damaged by one bit',
      (path: string) => {
        const bytes = readFileSync(path);
        bytes[bytes.length - 50] ^= 4;
        writeFileSync(path, bytes);
      },
    ],
    [
      'a folder',
      (path: string) => {
        rmSync(path);
        mkdirSync(path);
      },
    ],
  ])('is made again when it is %s', async (_, damage) => {
    const user = await remembered();
    const before = await listed(user);
    damage(indexFile(user));
    expect(await listed(user)).toEqual(before);
  });

  test('does not hide what changed while Voxfit was closed', async () => {
    const user = await remembered();
    const folder = presetsFolder(user);
    utimesSync(join(folder, 'C.json'), 1e9, 1e9);
    await listed(user);
    outside(folder, 'B.json', 9, 'B by hand');
    rmSync(join(folder, 'A.json'));
    outside(folder, 'bad.json', 8, 'repaired');
    // Same size and time of change, as some programs copy files.
    const text = readFileSync(join(folder, 'C.json'), 'utf8').replace('tag C', 'tag X');
    writeFileSync(join(folder, 'C.json'), text);
    utimesSync(join(folder, 'C.json'), 1e9, 1e9);
    const { entries, unreadable, raws } = await listed(user);
    expect(entries.map(({ name }) => name)).toEqual(['B by hand', 'C', 'repaired']);
    expect(entries[1].tags).toEqual(['tag X']);
    expect(unreadable).toBe(0);
    expect(raws).toEqual(Float32Array.from([...setting(9), ...setting(2), ...setting(8)]));
  });

  test('is not taken for another library', async () => {
    const user = await remembered();
    const other = { ...user, libraryFolder: join(freshFolder(), 'Other') };
    expect((await listed(other)).entries).toEqual([]);
    expect((await listed(user)).entries).toHaveLength(3);
  });
});
