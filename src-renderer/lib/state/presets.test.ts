/** What the library does to several presets at once, with the real host and its folder. */
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { neutralRaw } from '#core/chain/parameters.ts';
import { formatPreset } from '#core/preset/preset.ts';
import { INFORMATIVE_DIMENSIONS } from '#core/prior/dimensions.ts';
import { trainPrior } from '#core/prior/model.ts';
import { formatPrior } from '#core/prior/prior-file.ts';
import { appContract } from '#core/protocol/app.ts';
import { CallError, serve, type Handlers } from '#core/protocol/contract.ts';
import { engineContract } from '#core/protocol/engine.ts';
import type { PresetEntry } from '#core/protocol/preset-library.ts';
import { joinedPorts, type Port } from '#core/protocol/port.ts';
import { newUser, startProgram } from '#main/services/test-window.ts';
import { folderFile, type Folder } from '../../host/folder.ts';
import type { Host } from '../../host/host.ts';
import { Link } from './link.ts';
import type { Notices as NoticesClass } from './notices.svelte.ts';
import type { Presets as PresetsClass } from './presets.svelte.ts';
import type { Session } from './session.svelte.ts';

let Presets: typeof PresetsClass;
let Notices: typeof NoticesClass;
beforeAll(async () => {
  // Without Svelte's compiler a rune is a plain value; what is derived is put in by hand below.
  vi.stubGlobal(
    '$state',
    Object.assign((value: unknown) => value, { raw: (value: unknown) => value }),
  );
  vi.stubGlobal(
    '$derived',
    Object.assign((value: unknown) => value, { by: () => [] }),
  );
  ({ Presets } = await import('./presets.svelte.ts'));
  ({ Notices } = await import('./notices.svelte.ts'));
});

const noEngine = (): Promise<Port> => Promise.reject(new Error('There is no engine.'));

/** A window with a library of some presets. */
async function windowWith(names: readonly string[], openEngine = noEngine) {
  const user = newUser();
  const { window, services } = await startProgram(user);
  for (const name of names)
    await window.call('presets.add', {
      name,
      raw: neutralRaw(),
      origin: { kind: 'saved', text: '' },
      tags: ['set'],
    });
  const app = new Link(appContract, () => {
    const [ours, theirs] = joinedPorts();
    services.connect(theirs);
    return Promise.resolve(ours);
  });
  await app.connect();
  const messages: string[] = [];
  const notices = new Notices();
  notices.add = (_, text) => messages.push(text);
  const engine = new Link(engineContract, openEngine);
  const presets = new Presets(app, engine, {} as Session, notices, {} as Host);
  await presets.use();
  const saved = async () => (await window.call('presets.list', {})).entries;
  const fileOf = (id: string): string => join(user.libraryFolder, 'Presets', id);
  return { presets, messages, saved, fileOf, app, engine };
}

describe('several presets', () => {
  it('are noted on one after another, and shown at once', async () => {
    const { presets, messages, saved } = await windowWith(['One', 'Two', 'Three']);
    const [one, , two] = presets.entries;
    const done = presets.addTags([one!, two!], ['warm', 'SET']);
    expect(presets.entries.map(({ tags }) => tags.join())).toEqual(['set,warm', 'set', 'set,warm']);
    // What is asked for meanwhile comes afterwards.
    await Promise.all([done, presets.changeAll(presets.entries, () => ({ rating: 4 }))]);
    expect((await saved()).map(({ tags, rating }) => `${tags.join()} ${rating}`).sort()).toEqual([
      'set 4',
      'set,warm 4',
      'set,warm 4',
    ]);
    expect(messages).toEqual([]);
  });

  it('that cannot be written are told in one sentence; the others are', async () => {
    const { presets, messages, saved, fileOf } = await windowWith(['One', 'Two', 'Three', 'Four']);
    const [first, second] = presets.entries;
    for (const { id } of [first!, second!]) rmSync(fileOf(id));
    await presets.changeAll(presets.entries, () => ({ isFavourite: true }));
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatch(/^2 of 4 presets could not be changed: .*\.$/);
    expect((await saved()).map(({ isFavourite }) => isFavourite)).toEqual([true, true]);
    // The window shows what there is.
    expect(presets.entries).toHaveLength(2);
  });

  it('are counted while they are many, and left as they are once that is stopped', async () => {
    const names = Array.from({ length: 120 }, (_, i) => `Take ${String(i).padStart(3, '0')}`);
    const { presets, messages, saved, app } = await windowWith(names);
    const call = app.call.bind(app);
    const seen: unknown[] = [];
    const calling = vi.spyOn(app, 'call').mockImplementation((method, input) => {
      if (method === 'presets.change') seen.push(presets.bulk);
      if (seen.length === 10) presets.stopWriting();
      return call(method, input);
    });
    await presets.addTags(presets.entries, ['warm']);
    calling.mockRestore();
    expect(seen).toEqual(names.slice(0, 10).map((_, done) => ({ name: 'Changing', done, count: 120 })));
    expect(presets.bulk).toBeNull();
    const warm = (entries: readonly PresetEntry[]): string[] =>
      entries.filter(({ tags }) => tags.includes('warm')).map(({ name }) => name);
    expect(warm(await saved()).sort()).toEqual(names.slice(0, 10));
    expect(warm(presets.entries)).toEqual(names.slice(0, 10));
    // What has been done is still taken back.
    expect(presets.changed).toHaveLength(10);
    await presets.undoChange();
    expect(warm(await saved())).toEqual([]);
    // The next ones are written whatever was stopped before.
    await presets.addTags(presets.entries, ['dark']);
    expect((await saved()).filter(({ tags }) => tags.includes('dark'))).toHaveLength(120);
    expect(messages).toEqual([]);
  });

  it('keep what is selected when one gets another name', async () => {
    const { presets } = await windowWith(['One', 'Two']);
    const [one, two] = presets.entries;
    presets.select(one!.id);
    presets.toggle(two!.id);
    const renames: string[] = [];
    presets.onRename((before, id) => renames.push(`${before} ${id}`));
    await presets.change(one!.id, { name: 'Uno' });
    expect([...presets.selection.ids].sort()).toEqual(['Two.json', 'Uno.json']);
    expect(renames).toEqual(['One.json Uno.json']);
    expect(presets.raws.has('Uno.json')).toBe(true);
  });

  it('are noted on and copied also while one is getting another name', async () => {
    const { presets, messages, saved } = await windowWith(['One', 'Two']);
    const both = presets.entries;
    await Promise.all([
      presets.change('One.json', { name: 'Uno' }),
      presets.change('One.json', { notes: 'airy' }),
      presets.changeAll(both, () => ({ rating: 4 })),
      presets.duplicate(both.slice(0, 1)),
    ]);
    // Begun while it was called so.
    await presets.change('One.json', { tags: ['late'] });
    expect(messages).toEqual([]);
    const uno = (await saved()).find(({ id }) => id === 'Uno.json');
    expect(uno).toMatchObject({ name: 'Uno', notes: 'airy', rating: 4, tags: ['late'] });
    expect((await saved()).map(({ rating }) => rating)).toEqual([4, 4, 4]);
    expect(presets.entries.map(({ id }) => id)).toEqual((await saved()).map(({ id }) => id));
    expect(presets.entries.find(({ id }) => id === 'Uno.json')).toEqual(uno);
  });

  it('are noted on as they are now, and those that have gone are not', async () => {
    const { presets, messages, saved } = await windowWith(['One', 'Two', 'Three']);
    const before = presets.entries;
    await presets.change('One.json', { name: 'Uno', tags: ['late'] });
    await presets.trash(before.filter(({ name }) => name === 'Two'));
    await presets.addTags(before, ['warm']);
    expect(messages).toEqual([]);
    const tags = (await saved()).map((entry) => `${entry.id} ${entry.tags.join()}`).sort();
    expect(tags).toEqual(['Three.json set,warm', 'Uno.json late,warm']);
    expect(presets.entries).toHaveLength(2);
  });

  it('take back what they were given at once, but nothing that was changed again', async () => {
    const { presets, messages, saved } = await windowWith(['One', 'Two', 'Three']);
    const noted = async () =>
      (await saved()).map(({ id, tags, rating }) => `${id} ${tags.join()} ${rating}`).sort();
    await presets.change('One.json', { tags: ['lead', 'set'], rating: 2 });
    expect(presets.changed).toEqual([]);
    const given = presets.changeAll(presets.entries, () => ({ tags: ['warm'], rating: 4 }));
    expect(presets.changed).toHaveLength(3);
    const renamed = presets.change('One.json', { name: 'Uno' });
    await presets.change('Two.json', { rating: 5 });
    await Promise.all([given, renamed]);
    await presets.undoChange();
    expect(await noted()).toEqual(['Three.json set 0', 'Two.json warm 5', 'Uno.json lead,set 2']);
    expect(presets.changed).toEqual([]);
    expect(messages).toEqual([]);
    // As soon as it is offered.
    const again = presets.addTags(presets.entries, ['late']);
    await Promise.all([presets.undoChange(), again]);
    expect(await noted()).toEqual(['Three.json set 0', 'Two.json warm 5', 'Uno.json lead,set 2']);
  });

  it('keep a name that was given to another one meanwhile', async () => {
    const { presets, saved } = await windowWith(['One', 'Two']);
    await presets.change('One.json', { name: 'Uno' });
    await presets.change('Two.json', { name: 'One' });
    await presets.change('One.json', { notes: 'airy' });
    const notes = (await saved()).map((entry) => `${entry.id} ${entry.notes}`).sort();
    expect(notes).toEqual(['One.json airy', 'Uno.json ']);
  });

  it('go to the trash also while one is getting another name', async () => {
    const { presets, saved } = await windowWith(['One', 'Two', 'Three']);
    const chosen = presets.entries.filter(({ name }) => name !== 'Two');
    await Promise.all([presets.change('One.json', { name: 'Uno' }), presets.trash(chosen)]);
    expect((await saved()).map(({ name }) => name)).toEqual(['Two']);
    expect(presets.trashed.map(({ id }) => id).sort()).toEqual(['Three.json', 'Uno.json']);
  });

  it('go to the trash in one call, and come back', async () => {
    const { presets, saved, fileOf } = await windowWith(['One', 'Two', 'Three']);
    Object.assign(presets, { shown: presets.entries });
    await presets.trash(presets.entries.slice(0, 2));
    expect(await saved()).toHaveLength(1);
    expect(presets.trashed).toHaveLength(2);
    await presets.undoTrash();
    expect(await saved()).toHaveLength(3);
    expect(existsSync(fileOf('One.json'))).toBe(true);
    expect(presets.selection.ids.size).toBe(2);
  });

  it('come back also where one of the same name has gone there before', async () => {
    const { presets, messages, saved } = await windowWith(['Take']);
    await presets.trash(presets.entries);
    await presets.add('Take', neutralRaw(), { kind: 'saved', text: '' });
    await presets.trash(presets.entries);
    expect(presets.trashed).toHaveLength(1);
    await presets.undoTrash();
    expect(messages).toEqual(['Saved “Take” to your presets.']);
    expect(await saved()).toHaveLength(1);
  });

  it('can still be brought back where that failed', async () => {
    const { presets, messages, saved, fileOf } = await windowWith(['One', 'Two']);
    await presets.trash(presets.entries);
    const [hidden, away] = [fileOf('.trash/Two.json'), fileOf('away')];
    renameSync(hidden, away);
    await presets.undoTrash();
    expect(messages).toHaveLength(1);
    expect(presets.trashed).toHaveLength(2);
    renameSync(away, hidden);
    await presets.undoTrash();
    expect(presets.trashed).toEqual([]);
    expect(await saved()).toHaveLength(2);
  });
});

describe('settings that cannot be read', () => {
  it('are told, and read when that is tried again', async () => {
    const { presets, messages, app } = await windowWith(['One', 'Two']);
    expect(presets.areRawsMissing).toBe(false);
    const { raws } = presets;
    presets.raws = new Map();
    const call = app.call.bind(app);
    const calling = vi.spyOn(app, 'call').mockImplementation((method, input) => {
      if (method !== 'presets.raws') return call(method, input);
      return Promise.reject(new CallError('unavailable', 'The folder of your presets cannot be read.'));
    });
    await presets.refresh();
    expect(messages).toEqual(['The folder of your presets cannot be read.']);
    expect(presets.areRawsMissing).toBe(true);
    // What is known of them is shown.
    expect(presets.phase).toBe('ready');
    expect(presets.entries).toHaveLength(2);
    calling.mockRestore();
    await presets.refresh();
    expect(presets.areRawsMissing).toBe(false);
    expect(presets.raws).toEqual(raws);
    expect(messages).toHaveLength(1);
  });
});

describe('learning', () => {
  const setting = (seed: number): Float64Array => neutralRaw().map((value, i) => value + Math.sin(seed + i));
  const folder: Folder = {
    name: 'Lead',
    files: [1, 2, 3].map((seed) => {
      const path = `${seed}.json`;
      return folderFile(path, new File([formatPreset({ raw: setting(seed) })], path));
    }),
  };

  it('cannot be cancelled any more once the prior is being kept', async () => {
    const open = (): Promise<Port> => {
      const [ours, theirs] = joinedPorts();
      serve(engineContract, theirs, () => {
        const partly = { 'prior.train': () => ({ text: formatPrior(prior) }) };
        return partly as unknown as Handlers<typeof engineContract>;
      });
      return Promise.resolve(ours);
    };
    const prior = trainPrior([1, 2, 3].map(setting), {
      dimensions: INFORMATIVE_DIMENSIONS,
      provenance: { name: 'Lead', source: 'Some presets', licence: '', date: '2026-01-01' },
    });
    const { presets, messages, app, engine } = await windowWith([], open);
    await engine.connect();
    const call = app.call.bind(app);
    const whileKept: unknown[] = [];
    vi.spyOn(app, 'call').mockImplementation((method, input) => {
      if (method === 'priors.add') whileKept.push(presets.training);
      return call(method, input);
    });
    const learned: string[] = [];
    presets.onLearned = (id) => learned.push(id);
    const done = presets.trainFolder(folder);
    expect(presets.training?.name).toBe('Lead');
    await done;
    expect(whileKept).toEqual([null]);
    expect(messages).toEqual(['Learned “Lead” from 3 presets.']);
    expect(learned).toHaveLength(1);
  });

  it('that ends with the engine is told', async () => {
    const [ours, theirs] = joinedPorts();
    const { presets, messages, engine } = await windowWith([], () => Promise.resolve(ours));
    await engine.connect();
    theirs.onMessage(() => {
      theirs.close();
    });
    await presets.trainFolder(folder);
    expect(messages).toEqual(['Learning “Lead” was interrupted; start it again.']);
    expect(presets.training).toBeNull();
  });

  it('is named after what the list shows', async () => {
    const { presets } = await windowWith([]);
    expect(presets.listName).toBe('My presets');
    presets.query = ` ${'air'.repeat(100)} `;
    expect(presets.listName).toBe('air'.repeat(100).slice(0, 200));
    presets.filter = { ...presets.filter, tag: 'lead' };
    expect(presets.listName).toBe('lead');
  });
});
