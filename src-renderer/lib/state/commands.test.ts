import { describe, expect, it, vi } from 'vitest';
import { Commands, shortcutOf, shortcutText, type Command } from './commands.ts';

const key = (name: string, more: Partial<KeyboardEvent> = {}) => ({
  key: name,
  code: /^[a-z]$/i.test(name) ? `Key${name.toUpperCase()}` : '',
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  ...more,
});

describe('shortcutOf', () => {
  it('writes keys as the table of commands does', () => {
    expect(shortcutOf(key('z', { ctrlKey: true }))).toBe('Mod+Z');
    expect(shortcutOf(key('Z', { ctrlKey: true, shiftKey: true }))).toBe('Mod+Shift+Z');
    expect(shortcutOf(key(' '))).toBe('Space');
    expect(shortcutOf(key('1'))).toBe('1');
    expect(shortcutOf(key('l'))).toBe('L');
    expect(shortcutOf(key('?', { shiftKey: true }))).toBe('?');
    expect(shortcutOf(key('Home', { shiftKey: true }))).toBe('Shift+Home');
  });

  it('knows the letter where Alt makes another character of it', () => {
    expect(shortcutOf(key('å', { code: 'KeyA', altKey: true }))).toBe('Alt+A');
    expect(shortcutOf(key('Å', { code: 'KeyA', altKey: true, shiftKey: true }))).toBe('Alt+Shift+A');
    // Where Y and Z change places, plain keys are what is printed on them.
    expect(shortcutOf(key('z', { code: 'KeyY', ctrlKey: true }))).toBe('Mod+Z');
  });
});

describe('shortcutText', () => {
  it('names the key that there is', () => {
    expect(shortcutText('Mod+Shift+Z')).toBe('Ctrl+Shift+Z');
  });
});

describe('the commands', () => {
  function commandsOf(...given: Partial<Command>[]) {
    const settle = vi.fn();
    const run = vi.fn();
    const commands = new Commands(
      given.map((command) => ({
        id: 'one',
        group: 'Edit',
        name: 'One',
        shortcuts: [],
        undo: 'step',
        isEnabled: () => true,
        run,
        ...command,
      })),
      settle,
    );
    return { commands, settle, run };
  }

  it('end a gesture before a step of undo, and leave it alone where undo has no part', () => {
    const { commands, settle, run } = commandsOf(
      { id: 'play', undo: 'none' },
      { id: 'reset', undo: 'step' },
      { id: 'save', undo: 'history' },
    );
    commands.run('play');
    expect(settle).not.toHaveBeenCalled();
    commands.run('reset');
    commands.run('save');
    expect(settle).toHaveBeenCalledTimes(2);
    expect(run).toHaveBeenCalledTimes(3);
  });

  it('ask whether they can run after the gesture has ended', () => {
    const order: string[] = [];
    const commands = new Commands(
      [
        {
          id: 'undo',
          group: 'Edit',
          name: 'Undo',
          shortcuts: [],
          undo: 'history',
          // Only what the gesture leaves can be undone.
          isEnabled: () => order.includes('settled'),
          run: () => void order.push('run'),
        },
      ],
      () => void order.push('settled'),
    );
    commands.run('undo');
    expect(order).toEqual(['settled', 'run']);
  });

  it('do nothing while they are not enabled', () => {
    const { commands, run } = commandsOf({ isEnabled: () => false });
    commands.run('one');
    expect(run).not.toHaveBeenCalled();
  });

  it('are asked for by their ids', () => {
    const { commands } = commandsOf({ id: 'edit.undo', shortcuts: ['Mod+Z'] });
    expect(commands.has('edit.undo')).toBe(true);
    expect(commands.shortcut('edit.undo')).toBe('Ctrl+Z');
    expect(() => commands.get('edit.nothing')).toThrow(/edit\.nothing/);
  });
});
