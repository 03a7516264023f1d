/** The window's look: what the user chose, and the colours that follow from it for canvases. */
import type { ThemeChoice } from '#core/protocol/app.ts';

const LIGHT_QUERY = '(prefers-color-scheme: light)';

/** Names of the colours in styles/tokens.css that canvases draw with. */
const COLOURS = [
  'ground',
  'panel',
  'panel-raised',
  'line',
  'line-strong',
  'text',
  'text-quiet',
  'text-faint',
  'accent',
  'accent-quiet',
  'dry',
  'target',
  'processed',
  'warn',
  'bad',
  'good',
  'plot-ground',
  'plot-grid',
  'plot-curve',
  'plot-ghost',
  'plot-left',
  'plot-right',
  'plot-spectrum',
  'plot-spectrum-after',
  'band-1',
  'band-2',
  'band-3',
  'band-4',
  'band-5',
  'band-6',
] as const;
export type Colour = (typeof COLOURS)[number];
export type Colours = Readonly<Record<Colour, string>>;

class Theme {
  choice = $state<ThemeChoice>('system');
  private isSystemLight = $state(false);
  /** Colours as CSS has them now; another object after every change. */
  colours = $state.raw<Colours>(readColours());

  constructor() {
    if (typeof matchMedia === 'undefined') return;
    const query = matchMedia(LIGHT_QUERY);
    this.isSystemLight = query.matches;
    query.addEventListener('change', ({ matches }) => {
      this.isSystemLight = matches;
      this.show();
    });
    this.show();
  }

  readonly name: 'dark' | 'light' = $derived(
    this.choice === 'system' ? (this.isSystemLight ? 'light' : 'dark') : this.choice,
  );

  use(choice: ThemeChoice): void {
    this.choice = choice;
    this.show();
  }

  private show(): void {
    document.documentElement.dataset['theme'] = this.name;
    this.colours = readColours();
  }
}

function readColours(): Colours {
  const style = typeof document === 'undefined' ? undefined : getComputedStyle(document.documentElement);
  return Object.fromEntries(
    COLOURS.map((name) => [name, style?.getPropertyValue(`--${name}`) ?? '']),
  ) as Colours;
}

export const theme = new Theme();
