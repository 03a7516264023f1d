/** Changes of many raw values at once, always from where they were when the gesture began; one undo step. */
import type { Session } from '../../../lib/state/session.svelte.ts';

type SettingGestures = Pick<
  Session,
  'beginSetting' | 'showParameters' | 'commit' | 'cancel' | 'raw' | 'stored'
>;

export class RawGesture {
  private start = new Float64Array(0);

  constructor(private readonly session: SettingGestures) {}

  begin(label: string): void {
    this.session.beginSetting(label);
    this.start = this.session.raw.slice();
  }

  /** Within the gesture: shows what `edit` makes of the setting that it began with. */
  change(edit: (start: Float64Array) => Float64Array): void {
    const { stored } = this.session;
    const changes: [number, number][] = [];
    edit(this.start).forEach((value, index) => {
      if (value !== stored[index]) changes.push([index, value]);
    });
    if (changes.length > 0) this.session.showParameters(changes);
  }

  commit(): void {
    this.session.commit();
  }

  cancel(): void {
    this.session.cancel();
  }
}
