import { describe, expect, it } from 'vitest';
import { shortcutOf } from './commands.ts';

const key = (name: string, more: Partial<KeyboardEvent> = {}) => ({
  key: name,
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
});
