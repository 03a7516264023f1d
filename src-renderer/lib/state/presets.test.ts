/** What the library does to several presets at once, with the real host and its folder. */
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { neutralRaw } from '#core/chain/parameters.ts';
import { appContract } from '#core/protocol/app.ts';
import { engineContract } from '#core/protocol/engine.ts';
import { joinedPorts } from '#core/protocol/port.ts';
import { newUser, startProgram } from '#main/services/test-window.ts';
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

/** A window with a library of some presets. */
async function windowWith(names: readonly string[]) {
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
  const engine = new Link(engineContract, () => Promise.reject(new Error('There is no engine.')));
  const presets = new Presets(app, engine, {} as Session, notices, {} as Host);
  await presets.use();
  const saved = async () => (await window.call('presets.list', {})).entries;
  const fileOf = (id: string): string => join(user.libraryFolder, 'Presets', id);
  return { presets, messages, saved, fileOf };
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
