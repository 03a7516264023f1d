import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { describe, expect, test } from 'vitest';
import { newDocument, type SessionDocument } from '#core/session/document.ts';
import { freshFolder, newUser, openWindow, problemOf, startProgram, type Window } from './test-window.ts';

const kept = (user: { userFolder: string }): string[] => readdirSync(join(user.userFolder, 'recovery'));
const offerOf = async (window: Window) => (await window.call('hello', {})).recovery;
const named = (name: string): SessionDocument => ({
  ...newDocument(name),
  loop: { isOn: true, startSeconds: 0.1, endSeconds: 0.7 },
});

describe('a window that ends', () => {
  test('without a goodbye: its session is offered to the next window, and only while nobody has it', async () => {
    const user = newUser();
    const { services, window } = await startProgram(user);
    const dry = join(freshFolder(), 'dry.wav');
    writeFileSync(dry, '');
    const document = {
      ...named('Unsaved'),
      sources: { dry: (await window.call('file.open', { path: dry })).file, target: null },
    };
    await window.call('session.keep', { document, file: null });
    expect(await offerOf(openWindow(services))).toBeNull();

    window.close();
    const next = openWindow(services);
    const offer = await offerOf(next);
    expect(offer?.name).toBe('Unsaved');
    expect(Math.abs(Date.parse(offer!.savedAt) - Date.now())).toBeLessThan(60_000);
    const recovered = await next.call('session.recover', {});
    expect(recovered).toEqual({ document, file: null, missing: [] });
    expect(kept(user)).toHaveLength(1);
    expect(await offerOf(openWindow(services))).toBeNull();

    // What was recovered is as safe as what was there before.
    next.close();
    const third = openWindow(services);
    expect((await offerOf(third))?.name).toBe('Unsaved');
    expect((await third.call('session.recover', {})).document).toEqual(document);
  });

  test('with a goodbye leaves nothing', async () => {
    const user = newUser();
    const { services, window } = await startProgram(user);
    await window.call('session.keep', { document: named('Saved'), file: null });
    await window.call('goodbye', {});
    window.close();
    expect(kept(user)).toEqual([]);
    expect(await offerOf(openWindow(services))).toBeNull();
  });

  test('after saving leaves nothing, and remembers its file until then', async () => {
    const user = newUser();
    const { services, window } = await startProgram(user);
    const { file } = await window.call('library.place', { kind: 'session', name: 'a' });
    await window.call('session.save', { document: named('a'), file: file.id });
    await window.call('session.keep', { document: { ...named('a'), bypassed: ['eq'] }, file: file.id });
    window.close();

    const next = openWindow(services);
    expect((await offerOf(next))?.name).toBe('a');
    const recovered = await next.call('session.recover', {});
    expect(recovered.file?.path).toBe(file.path);
    expect(recovered.document.bypassed).toEqual(['eq']);
    await next.call('session.save', { document: recovered.document, file: recovered.file!.id });
    expect(kept(user)).toEqual([]);
  });
});

describe('what is kept', () => {
  test('is the latest, however fast the changes come', async () => {
    const user = newUser();
    const { services, window } = await startProgram(user);
    const keeps = Array.from({ length: 200 }, (_, i) =>
      window.call('session.keep', { document: named(`step ${i}`), file: null }),
    );
    await Promise.all(keeps);
    window.close();
    expect((await offerOf(openWindow(services)))?.name).toBe('step 199');
  });

  test('during a save is not thrown away by it', async () => {
    const { services, window } = await startProgram(newUser());
    const { file } = await window.call('library.place', { kind: 'session', name: 'a' });
    const saving = window.call('session.save', { document: named('a'), file: file.id });
    const keeping = window.call('session.keep', { document: named('newer'), file: file.id });
    await Promise.all([saving, keeping]);
    window.close();
    expect((await offerOf(openWindow(services)))?.name).toBe('newer');
  });

  test('by two windows at once is offered one after the other, the newest first', async () => {
    const { services, window } = await startProgram(newUser());
    const other = openWindow(services);
    await window.call('session.keep', { document: named('first'), file: null });
    await new Promise((resolve) => setTimeout(resolve, 5));
    await other.call('session.keep', { document: named('second'), file: null });
    window.close();
    other.close();
    const next = openWindow(services);
    expect((await offerOf(next))?.name).toBe('second');
    await next.call('session.forgetKept', {});
    const last = openWindow(services);
    expect((await offerOf(last))?.name).toBe('first');
    await last.call('session.recover', {});
    expect(await problemOf(last.call('session.recover', {}))).toBe('There is nothing to recover.');
  });

  test('is not thrown away by a window that never answered the offer', async () => {
    const { services, window } = await startProgram(newUser());
    await window.call('session.keep', { document: named('precious'), file: null });
    window.close();
    const next = openWindow(services);
    await offerOf(next);
    await next.call('session.keep', { document: named('other'), file: null });
    await next.call('session.forgetKept', {});
    expect((await offerOf(openWindow(services)))?.name).toBe('precious');
  });

  test('that cannot be read is set aside and said once', async () => {
    const user = newUser();
    mkdirSync(join(user.userFolder, 'recovery'), { recursive: true });
    writeFileSync(join(user.userFolder, 'recovery', 'session-00.json'), '{"format":');
    const { services, window } = await startProgram(user);
    const hello = await window.call('hello', {});
    expect(hello.recovery).toBeNull();
    expect(hello.notices).toEqual([
      `What was left of an unsaved session could not be read; it is kept as “${join(user.userFolder, 'recovery', 'session-00.corrupt.json')}”.`,
    ]);
    expect(kept(user)).toEqual(['session-00.corrupt.json']);
    expect((await openWindow(services).call('hello', {})).notices).toEqual([]);
  });

  test('nowhere, is said', async () => {
    const user = newUser();
    const { window } = await startProgram(user);
    rmSync(join(user.userFolder, 'recovery'), { recursive: true });
    const problem = await problemOf(
      window.call('session.keep', { document: named('x'), file: null }),
      'output',
    );
    expect(problem).toMatch(/^The folder “.*recovery” does not exist/);
  });
});

describe('a host that is killed', () => {
  const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

  test('leaves its session to the next start, but not while it is running', async () => {
    const program = join(freshFolder(), 'host.mjs');
    const bundle = await rolldown({ input: source('test-host.ts'), platform: 'node', cwd: source('../..') });
    await bundle.write({ file: program, format: 'esm' });
    await bundle.close();

    const user = newUser();
    const { userFolder, libraryFolder, demoFolder, version } = user;
    const host = fork(program, [JSON.stringify({ userFolder, libraryFolder, demoFolder, version })]);
    await once(host, 'message');
    expect(kept(user)).toHaveLength(1);
    expect(readFileSync(join(userFolder, 'recovery', kept(user)[0]), 'utf8')).toContain(`"pid": ${host.pid}`);
    expect(await offerOf((await startProgram(user)).window)).toBeNull();

    host.kill('SIGKILL');
    await once(host, 'exit');
    const { window } = await startProgram(user);
    expect((await offerOf(window))?.name).toBe('Left by a killed host');
    const { document } = await window.call('session.recover', {});
    expect(document.loop).toEqual({ isOn: true, startSeconds: 1, endSeconds: 2.5 });
  });
});
