/** The decoded files of all windows. A file is kept while a window has it as its dry or target, and is decoded once. */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { decodeFile, type DecodedAudio } from '#audio/decode.ts';
import { resample } from '#audio/resample.ts';
import { UserError } from '#core/errors.ts';
import type { SourceFacts } from '#core/protocol/engine.ts';
import type { SourceRole } from '#core/protocol/schemas.ts';
import { averageToMono, type Audio } from '#core/signal/audio.ts';
import { FIT_SAMPLE_RATE_HZ } from '#core/units.ts';
import { stereoOf } from '#engine/calibrate.ts';
import type { Job } from './jobs.ts';
import { describeSource, requireManageable } from './source-facts.ts';

/** A window that holds sources; compared by identity. */
export type Holder = object;

export class Source {
  private readonly atFitRate = new Map<SourceRole, Audio>();

  constructor(
    readonly id: string,
    readonly path: string,
    readonly sound: DecodedAudio,
  ) {}

  /** How messages call it. */
  get name(): string {
    return basename(this.path);
  }

  /** What the chain plays (mono, the average of all channels), or what it is to sound like (stereo). */
  in(role: SourceRole): Audio {
    const { sound } = this;
    return {
      sampleRateHz: sound.sampleRateHz,
      channels: role === 'dry' ? [averageToMono(sound)] : stereoOf(sound),
    };
  }

  /** {@link in} at another rate. */
  async at(role: SourceRole, sampleRateHz: number, job: Job): Promise<Audio> {
    return resample(this.in(role), sampleRateHz, (fraction) => {
      job.progress(`Resampling ${this.name}`, fraction);
    });
  }

  /** {@link in} at the rate of fits; kept for the next fit. */
  async forFit(role: SourceRole, job: Job): Promise<Audio> {
    const audio = this.atFitRate.get(role) ?? (await this.at(role, FIT_SAMPLE_RATE_HZ, job));
    this.atFitRate.set(role, audio);
    return audio;
  }
}

async function identityOf(path: string): Promise<string> {
  // A file that cannot be examined is one that decoding has a sentence for.
  const { size, mtimeMs } = await stat(path).catch(() => ({ size: 0, mtimeMs: 0 }));
  return createHash('sha256')
    .update(JSON.stringify([path, size, mtimeMs]))
    .digest('hex')
    .slice(0, 32);
}

export class Sources {
  private readonly loaded = new Map<string, Source>();
  private readonly held = new Map<Holder, Partial<Record<SourceRole, string>>>();

  /**
   * Decodes a file, or takes it as it is known, and gives it to a holder in place of what had the role before.
   * Throws UserError('bad-input') for a file that is not sound, or too much of it.
   */
  async load(holder: Holder, role: SourceRole, path: string, job: Job): Promise<SourceFacts> {
    const id = await identityOf(path);
    const source = this.loaded.get(id) ?? (await this.decode(id, path, job));
    this.loaded.set(id, source);
    this.held.set(holder, { ...this.held.get(holder), [role]: id });
    this.dropUnheld();
    return { source: id, role, name: source.name, ...describeSource(source.sound, role, source.name) };
  }

  private async decode(id: string, path: string, job: Job): Promise<Source> {
    const name = basename(path);
    const text = `Reading ${name}`;
    job.progress(text, 0);
    const sound = await decodeFile(path, {
      name,
      onDeclared: (declared) => {
        requireManageable(declared, name);
      },
      onProgress: (fraction) => {
        job.progress(text, fraction);
      },
    });
    const { sampleRateHz, channels } = sound;
    requireManageable(
      { sampleRateHz, channelCount: channels.length, leastSamples: channels[0]!.length },
      name,
    );
    return new Source(id, path, sound);
  }

  /** Throws UserError('bad-input') for a source that is not loaded. */
  get(id: string): Source {
    const source = this.loaded.get(id);
    if (!source) throw new UserError('bad-input', 'This sound is not loaded any more; open its file again.');
    return source;
  }

  /** Whether a file is one of those that are loaded. */
  isLoaded(path: string): boolean {
    return [...this.loaded.values()].some((source) => source.path === path);
  }

  /** Takes a source from a holder. One that is both its dry and its target stays: the other role still needs it. */
  forget(holder: Holder, id: string): void {
    const roles = this.held.get(holder) ?? {};
    const { dry, target } = roles;
    if (dry === target) return;
    if (dry === id) delete roles.dry;
    if (target === id) delete roles.target;
    this.dropUnheld();
  }

  /** Takes all sources from a holder. */
  release(holder: Holder): void {
    this.held.delete(holder);
    this.dropUnheld();
  }

  private dropUnheld(): void {
    const needed = new Set([...this.held.values()].flatMap(({ dry, target }) => [dry, target]));
    for (const id of this.loaded.keys()) if (!needed.has(id)) this.loaded.delete(id);
  }
}
