/** The user's settings file. */
import { join } from 'node:path';
import { settingsSchema, type Settings } from '#core/protocol/app.ts';
import { SerialQueue } from './serial-queue.ts';
import { StateFile } from './state-file.ts';

const { shape } = settingsSchema;
const schema = settingsSchema.extend({
  device: shape.device.default(null),
  isLoudnessMatched: shape.isLoudnessMatched.default(true),
  theme: shape.theme.default('system'),
  backend: shape.backend.default('auto'),
});

export class SettingsFile {
  private readonly queue = new SerialQueue();

  private constructor(
    private readonly file: StateFile<Settings>,
    private current: Settings,
    /** The program has never run for this user. */
    readonly isFirstStart: boolean,
    /** For the user, when the old settings could not be used. */
    readonly notice: string | null,
  ) {}

  static async open(userFolder: string): Promise<SettingsFile> {
    const file = new StateFile(join(userFolder, 'settings.json'), 'The settings', 1, schema);
    const { value, isNew, notice } = await file.read();
    return new SettingsFile(file, value, isNew, notice);
  }

  get all(): Settings {
    return this.current;
  }

  /** Holds for this run even when it cannot be written. Throws UserError('output') then. */
  async change(change: Partial<Settings>): Promise<Settings> {
    this.current = { ...this.current, ...change };
    await this.queue.run(() => this.file.write(this.current));
    return this.current;
  }
}
