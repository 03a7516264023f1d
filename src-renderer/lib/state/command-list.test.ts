import { describe, expect, it, vi } from 'vitest';
import { FULL_AMOUNTS } from '#core/chain/amount.ts';
import { newDocument } from '#core/session/document.ts';
import { menuTemplate } from '../../../src-main/electron/menu.ts';
import type { Application } from './application.svelte.ts';
import { listCommands } from './command-list.ts';

/** As much of an application as the commands ask for before they run. */
function applicationWith(more: object = {}): Application {
  const document = newDocument();
  return {
    session: { document, undoLabel: undefined, redoLabel: undefined, hasFullAmounts: true, preview: null },
    playback: { isPlaying: false, monitor: 'processed', solo: null, settings: { isLoudnessMatched: true } },
    sources: { ready: null },
    presets: { training: null },
    fit: { phase: 'idle', isRunning: false, canStart: false },
    blind: { canStart: false },
    rack: { shown: 'eq', lockState: () => false },
    effectInHand: 'eq',
    timeline: null,
    theme: 'system',
    dialog: null,
    ...more,
  } as unknown as Application;
}

const commands = listCommands(applicationWith());
const ids = commands.map(({ id }) => id);

describe('the table of commands', () => {
  it('names every command once, and every shortcut', () => {
    expect(new Set(ids).size).toBe(ids.length);
    const shortcuts = commands.flatMap((command) => command.shortcuts);
    expect(new Set(shortcuts).size).toBe(shortcuts.length);
  });

  it('has every command of the native menus', () => {
    const items = menuTemplate('linux', () => undefined).flatMap(({ submenu }) =>
      Array.isArray(submenu) ? submenu : [],
    );
    const named = items.flatMap(({ id }) => (id === undefined ? [] : [id]));
    expect(named.length).toBeGreaterThan(10);
    for (const id of named) expect(ids).toContain(id);
  });

  it('does not offer what cannot be done', () => {
    const isEnabled = (id: string): boolean => commands.find((command) => command.id === id)!.isEnabled();
    for (const id of ['edit.undo', 'export.wav', 'fit.start', 'blind.start', 'amount.apply', 'slot.copyTo.A'])
      expect(isEnabled(id), id).toBe(false);
    for (const id of ['play.toggle', 'slot.copyTo.B', 'rack.next', 'theme.light'])
      expect(isEnabled(id), id).toBe(true);
  });

  it('says what is on', () => {
    const on = commands.filter(({ isChecked }) => isChecked?.()).map(({ id }) => id);
    expect(on.sort()).toEqual([
      'monitor.match',
      'monitor.processed',
      'rack.show.eq',
      'slot.A',
      'theme.system',
    ]);
  });

  it('acts on the effect in hand', () => {
    const session = { document: newDocument(), toggleBypass: vi.fn(), setAmounts: vi.fn() };
    const rack = { shown: 'eq', lockState: () => false, reset: vi.fn(), toggleLock: vi.fn() };
    const playback = { settings: {}, toggleSolo: vi.fn() };
    const list = listCommands(applicationWith({ session, rack, playback, effectInHand: 'delay' }));
    for (const id of ['effect.bypass', 'effect.solo', 'effect.reset', 'effect.lock', 'amount.reset'])
      void list.find((command) => command.id === id)!.run();
    expect(session.toggleBypass).toHaveBeenCalledExactlyOnceWith('delay');
    expect(playback.toggleSolo).toHaveBeenCalledExactlyOnceWith('delay');
    expect(rack.reset).toHaveBeenCalledExactlyOnceWith('delay');
    expect(rack.toggleLock).toHaveBeenCalledExactlyOnceWith('delay');
    expect(session.setAmounts).toHaveBeenCalledExactlyOnceWith(expect.any(String), FULL_AMOUNTS);
  });
});
