/**
 * The long-term spectra of the dry and the target, measured by the engine when they are wanted, once per recording.
 * Follows the sources: {@link dryDb} and {@link targetDb} are always those of the pair that is ready.
 */
import type { engineContract } from '#core/protocol/engine.ts';
import { newJob } from './jobs.ts';
import type { Link } from './link.ts';
import type { Notices } from './notices.svelte.ts';
import type { Sources } from './sources.svelte.ts';

/** What it needs of the application. */
interface Surroundings {
  readonly engine: Pick<Link<typeof engineContract>, 'call'>;
  readonly sources: Pick<Sources, 'ready'>;
  readonly notices: Pick<Notices, 'failure'>;
}

export class LongTermSpectra {
  private static readonly known = new WeakMap<Surroundings, LongTermSpectra>();

  /** Levels of SPECTRUM_BANDS bands in dB, by the recording's name in the cache. */
  private levels = $state.raw<Readonly<Record<string, Float32Array>>>({});
  /** Names of the recordings that are being measured. */
  private underway = $state.raw<readonly string[]>([]);

  private constructor(private readonly surroundings: Surroundings) {}

  /** Those of an application, which keeps them while panels come and go. */
  static of(surroundings: Surroundings): LongTermSpectra {
    const known = LongTermSpectra.known.get(surroundings) ?? new LongTermSpectra(surroundings);
    LongTermSpectra.known.set(surroundings, known);
    return known;
  }

  /** Null until measured, and without a dry. */
  get dryDb(): Float32Array | null {
    return this.levelsOf(this.surroundings.sources.ready?.dry.cache);
  }

  /** Null until measured, and without a target. */
  get targetDb(): Float32Array | null {
    return this.levelsOf(this.surroundings.sources.ready?.target?.cache);
  }

  get isMeasuring(): boolean {
    return this.underway.length > 0;
  }

  /**
   * Has what is ready measured, as far as it is not. Call it again when the sources change or the engine comes back:
   * what failed is tried again then.
   */
  async measure(): Promise<void> {
    const { ready } = this.surroundings.sources;
    const wanted = [ready?.dry.cache, ready?.target?.cache].filter((cache) => cache !== undefined);
    const missing = wanted.filter((cache) => !(cache in this.levels) && !this.underway.includes(cache));
    await Promise.all(missing.map((cache) => this.measureOne(cache)));
  }

  private async measureOne(cache: string): Promise<void> {
    const { engine, notices } = this.surroundings;
    this.underway = [...this.underway, cache];
    try {
      const { levelsDb } = await engine.call('sound.spectrum', { job: newJob('spectrum'), cache });
      // Recordings of other sessions are forgotten.
      const { ready } = this.surroundings.sources;
      const kept = Object.entries({ ...this.levels, [cache]: levelsDb }).filter(
        ([name]) => name === ready?.dry.cache || name === ready?.target?.cache,
      );
      this.levels = Object.fromEntries(kept);
    } catch (error) {
      notices.failure(error);
    } finally {
      this.underway = this.underway.filter((name) => name !== cache);
    }
  }

  private levelsOf(cache: string | undefined): Float32Array | null {
    return (cache === undefined ? undefined : this.levels[cache]) ?? null;
  }
}
