/** What Chromium is told at its start, so that a page of Electron's reaches a GPU through WebGPU. */

/** Names of Chromium's switches with their values; empty for those that have none. */
export type Switches = Readonly<Record<string, string>>;

/**
 * The switches to add.
 *
 * @param given a switch's present value; empty where it is absent or has none
 */
export function gpuSwitches(
  platform: NodeJS.Platform,
  given: (name: string) => string,
  environment: NodeJS.ProcessEnv,
): Switches {
  // Elsewhere Chromium has WebGPU without being asked.
  if (platform !== 'linux') return {};
  const allowed = { 'enable-unsafe-webgpu': '' };
  // On Wayland, Chromium draws nothing at all with Vulkan; what it lends to WebGPU there, it lends without.
  if (!drawsOnX11(given('ozone-platform'), environment)) return allowed;
  // The last of several switches of a name is the one that counts.
  const features = given('enable-features').split(',').filter(Boolean);
  return { ...allowed, 'enable-features': [...new Set([...features, 'Vulkan'])].join(',') };
}

/** Electron has written its choice into the switch by the time our first line runs, and takes no hints any more. */
function drawsOnX11(ozonePlatform: string, environment: NodeJS.ProcessEnv): boolean {
  if (ozonePlatform !== '') return ozonePlatform === 'x11';
  return environment['XDG_SESSION_TYPE'] !== 'wayland' && !environment['WAYLAND_DISPLAY'];
}
