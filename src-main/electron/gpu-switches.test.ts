import { describe, expect, test } from 'vitest';
import { gpuSwitches } from './gpu-switches.ts';

const switches = (
  given: Readonly<Record<string, string>>,
  environment: NodeJS.ProcessEnv = {},
  platform: NodeJS.Platform = 'linux',
) => gpuSwitches(platform, (name) => given[name] ?? '', environment);

const WITH_VULKAN = { 'enable-unsafe-webgpu': '', 'enable-features': 'Vulkan' };
const WITHOUT_VULKAN = { 'enable-unsafe-webgpu': '' };

describe('WebGPU under Electron', () => {
  test.each(['darwin', 'win32'] as const)('needs no switch on %s', (platform) => {
    expect(switches({ 'ozone-platform': 'x11' }, {}, platform)).toEqual({});
  });

  test.each([
    ['on X11', { 'ozone-platform': 'x11' }, { XDG_SESSION_TYPE: 'x11', DISPLAY: ':0' }],
    ['on X11 by choice, in a Wayland session', { 'ozone-platform': 'x11' }, { XDG_SESSION_TYPE: 'wayland' }],
    ['where nothing tells of Wayland', {}, { DISPLAY: ':0' }],
    ['where the session is X11', {}, { XDG_SESSION_TYPE: 'x11', DISPLAY: ':0', WAYLAND_DISPLAY: '' }],
  ])('comes with Vulkan %s', (_, given, environment) => {
    expect(switches(given, environment)).toEqual(WITH_VULKAN);
  });

  test.each([
    ['on Wayland', { 'ozone-platform': 'wayland' }, { XDG_SESSION_TYPE: 'wayland', DISPLAY: ':0' }],
    ['on Wayland by choice, in an X11 session', { 'ozone-platform': 'wayland' }, { XDG_SESSION_TYPE: 'x11' }],
    ['on a platform of which nothing is known', { 'ozone-platform': 'drm' }, {}],
    ['where the session is Wayland', {}, { XDG_SESSION_TYPE: 'wayland', DISPLAY: ':0' }],
    ['where a Wayland compositor runs', {}, { WAYLAND_DISPLAY: 'wayland-1', DISPLAY: ':0' }],
    // Chromium gave them up with version 140: a window that trusted them would draw on Wayland with Vulkan.
    [
      'whatever hints ask for',
      { 'ozone-platform': 'wayland', 'ozone-platform-hint': 'x11' },
      { ELECTRON_OZONE_PLATFORM_HINT: 'x11' },
    ],
  ])('comes without Vulkan %s', (_, given, environment) => {
    expect(switches(given, environment)).toEqual(WITHOUT_VULKAN);
  });

  test.each([
    ['Other', 'Other,Vulkan'],
    ['Other,Another:with/parameter', 'Other,Another:with/parameter,Vulkan'],
    ['Vulkan,Other', 'Vulkan,Other'],
  ])('keeps the features that were asked for: %s', (features, expected) => {
    const given = { 'enable-features': features };
    expect(switches({ ...given, 'ozone-platform': 'x11' })).toEqual({
      ...WITHOUT_VULKAN,
      'enable-features': expected,
    });
    expect(switches({ ...given, 'ozone-platform': 'wayland' })).toEqual(WITHOUT_VULKAN);
  });
});
