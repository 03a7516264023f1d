/** Line drawings on a 16 × 16 grid, as SVG path data. */
export const ICONS = {
  power: 'M8 2v5.5M4.8 4a5 5 0 1 0 6.4 0',
  headphones: 'M3 11V8.5a5 5 0 0 1 10 0V11M3 9.5h2v4H4a1 1 0 0 1-1-1zM13 9.5h-2v4h1a1 1 0 0 0 1-1z',
  reset: 'M3.2 6.5A5.2 5.2 0 1 1 2.8 9M3 3v3.5h3.5',
  locked: 'M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5',
  unlocked: 'M4 7.5h8v6H4zM5.5 7.5V4.8a2.5 2.5 0 0 1 4.8-.9',
  close: 'M4 4l8 8M12 4l-8 8',
  plus: 'M8 3v10M3 8h10',
  minus: 'M3 8h10',
  play: 'M5 3l8 5-8 5z',
  pause: 'M5 3v10M11 3v10',
  stop: 'M4 4h8v8H4z',
  loop: 'M4 10.5A3 3 0 0 1 4.5 5h7M9.5 3l2 2-2 2M12 5.5a3 3 0 0 1-.5 5.5h-7M6.5 13l-2-2 2-2',
  undo: 'M3 6.5h6.5a3.5 3.5 0 0 1 0 7H6M6 3.5l-3 3 3 3',
  redo: 'M13 6.5H6.5a3.5 3.5 0 0 0 0 7H10M10 3.5l3 3-3 3',
  fit: 'M2.5 4v8M13.5 4v8M5 8h6M6.5 6L4.5 8l2 2M9.5 6l2 2-2 2',
  open: 'M2.5 12.5v-9h4l1.5 2h5.5v7z',
  save: 'M3 3h8l2 2v8H3zM5.5 3v3.5h4V3M5 13V9.5h6V13',
  export: 'M8 10V2.5M5 5l3-3 3 3M3 9.5v4h10v-4',
  copy: 'M5.5 5.5h7.5v7.5H5.5zM3 10.5V3h7.5',
  menu: 'M3 4.5h10M3 8h10M3 11.5h10',
  warning: 'M8 2.5l6 11H2zM8 6.5v3.5M8 11.8v.4',
  info: 'M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 0 0 0-11M8 7.2v3.8M8 4.9v.4',
} as const;

export type IconName = keyof typeof ICONS;
