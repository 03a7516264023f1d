/** What stands in a menu. */
export interface MenuItem {
  readonly id: string;
  readonly label: string;
  /** At the right: a shortcut, or a remark. */
  readonly remark?: string | undefined;
  readonly isEnabled?: boolean | undefined;
  /** For one that is on or off. */
  readonly isChecked?: boolean | undefined;
  readonly testid?: string | undefined;
  readonly run: () => void;
}

export interface MenuSection {
  readonly title?: string | undefined;
  readonly items: readonly MenuItem[];
}
