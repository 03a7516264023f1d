import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { libraryFolder, userFolder } from './folders.ts';

const home = (...parts: string[]): string => join(homedir(), ...parts);

describe('the user folder', () => {
  it.each([
    ['linux', {}, home('.config', 'voxfit')],
    ['linux', { XDG_CONFIG_HOME: '/x/config' }, '/x/config/voxfit'],
    ['linux', { XDG_CONFIG_HOME: 'relative' }, home('.config', 'voxfit')],
    ['darwin', { XDG_CONFIG_HOME: '/x/config' }, home('Library', 'Application Support', 'Voxfit')],
    ['win32', { APPDATA: '/x/Roaming' }, '/x/Roaming/Voxfit'],
    ['win32', {}, home('AppData', 'Roaming', 'Voxfit')],
    ['linux', { VOXFIT_USER_FOLDER: '/x/mine', XDG_CONFIG_HOME: '/x/config' }, '/x/mine'],
  ] as const)('on %s with %j is %s', (platform, env, folder) => {
    expect(userFolder(undefined, env, platform)).toBe(folder);
  });

  it('is what the user says before all else', () => {
    expect(userFolder('mine', { VOXFIT_USER_FOLDER: '/x/other' }, 'linux')).toBe(resolve('mine'));
  });
});

describe('the library folder', () => {
  it.each([
    ['linux', {}, home('Voxfit')],
    ['darwin', {}, home('Documents', 'Voxfit')],
    ['win32', {}, home('Documents', 'Voxfit')],
    ['linux', { VOXFIT_LIBRARY: '/x/songs' }, '/x/songs'],
  ] as const)('on %s with %j is %s', (platform, env, folder) => {
    expect(libraryFolder(undefined, env, platform)).toBe(folder);
  });

  it('is what the user says before all else', () => {
    expect(libraryFolder('mine', { VOXFIT_LIBRARY: '/x/other' }, 'linux')).toBe(resolve('mine'));
  });
});
