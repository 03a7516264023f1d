/** The menu bar: the system's own roles, and the window's commands. */
import type { MenuItemConstructorOptions } from 'electron';

/** @param run runs a command of the window by its id */
export function menuTemplate(
  platform: NodeJS.Platform,
  run: (command: string) => void,
): MenuItemConstructorOptions[] {
  const isMac = platform === 'darwin';
  const separator: MenuItemConstructorOptions = { type: 'separator' };
  const item = (command: string, label: string, accelerator?: string): MenuItemConstructorOptions => ({
    id: command,
    label,
    click: () => {
      run(command);
    },
    // The window has its own shortcuts; here they are shown, so that people find them.
    ...(accelerator === undefined ? {} : { accelerator, registerAccelerator: false }),
  });
  return [
    ...(isMac ? [{ role: 'appMenu' } as const] : []),
    {
      label: 'File',
      submenu: [
        item('session.new', 'New session', 'CmdOrCtrl+Alt+N'),
        item('session.open', 'Open session…', 'CmdOrCtrl+O'),
        item('session.openDemo', 'Open demo'),
        separator,
        item('session.save', 'Save', 'CmdOrCtrl+S'),
        item('session.saveAs', 'Save as…', 'CmdOrCtrl+Shift+S'),
        separator,
        item('preset.load', 'Load preset…'),
        item('preset.save', 'Save preset…'),
        separator,
        item('export.wav', 'Export sound…', 'CmdOrCtrl+E'),
        item('sheet.export', 'Export settings sheet…'),
        separator,
        { role: isMac ? 'close' : 'quit' },
      ],
    },
    {
      label: 'Edit',
      submenu: [
        item('edit.undo', 'Undo', 'CmdOrCtrl+Z'),
        item('edit.redo', 'Redo', 'CmdOrCtrl+Shift+Z'),
        separator,
        { role: 'cut' },
        { role: 'copy' },
        { role: 'paste' },
        { role: 'selectAll' },
      ],
    },
    {
      label: 'Playback',
      // Without its key, which macOS would take away from text fields.
      submenu: [
        item('play.toggle', 'Play or pause'),
        item('play.stop', 'Stop'),
        item('play.loop', 'Loop on or off'),
      ],
    },
    {
      label: 'View',
      submenu: [
        item('palette.open', 'Find a command or parameter…', 'CmdOrCtrl+K'),
        separator,
        item('theme.system', 'Look like the system'),
        item('theme.dark', 'Dark'),
        item('theme.light', 'Light'),
        separator,
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        separator,
        { role: 'togglefullscreen' },
        { role: 'toggleDevTools' },
      ],
    },
    { role: 'windowMenu' },
    { role: 'help', submenu: [item('help.shortcuts', 'Keyboard shortcuts')] },
  ];
}
