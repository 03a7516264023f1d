/** Export of the processed sound as a wav file, with progress. */
import type { Input } from '#core/protocol/contract.ts';
import type { engineContract } from '#core/protocol/engine.ts';
import type { Host } from '../../host/host.ts';
import { newJob } from './jobs.ts';
import type { Link } from './link.ts';
import type { Notices } from './notices.svelte.ts';
import type { Session } from './session.svelte.ts';
import type { Sources } from './sources.svelte.ts';

export interface ExportChoices {
  readonly sampleRateHz: number;
  readonly depth: Input<typeof engineContract, 'export.wav'>['depth'];
  readonly tailSeconds: number;
  /** Integrated loudness to bring the result to; null leaves it at the target's own level. */
  readonly lufs: number | null;
}

const describeLoudness = (lufs: number | null): string =>
  lufs === null ? 'too quiet to measure' : `${lufs.toFixed(1)} LUFS`;

export class Export {
  /** 0..1 while a file is written; null otherwise. */
  fraction = $state.raw<number | null>(null);
  private job: string | undefined;

  constructor(
    private readonly engine: Link<typeof engineContract>,
    private readonly session: Session,
    private readonly sources: Sources,
    private readonly notices: Notices,
    private readonly host: Host,
  ) {
    engine.on('progress', ({ job, fraction }) => {
      if (job === this.job) this.fraction = fraction ?? 0;
    });
  }

  /** True when a file was written. */
  async run(choices: ExportChoices): Promise<boolean> {
    const { ready, facts } = this.sources;
    if (!ready || !facts.dry) return false;
    try {
      const file = await this.host.pickToSave('wav', `${this.session.document.name} (processed)`);
      if (!file) return false;
      this.job = newJob('export');
      this.fraction = 0;
      const { inputGain, outputGain } = ready.alignment;
      const written = await this.engine.call('export.wav', {
        job: this.job,
        dry: facts.dry.source,
        file: file.id,
        raw: this.session.heard,
        inputGain,
        outputGain,
        bypassed: [...this.session.silenced],
        ...choices,
      });
      const clipped =
        written.clippedSamples > 0
          ? ` ${written.clippedSamples} samples were clipped: choose 32-bit float or a lower loudness.`
          : '';
      this.notices.info(
        `Wrote “${file.name}”: ${written.seconds.toFixed(1)} s, ${describeLoudness(written.lufs)}, true peak ${written.truePeakDb.toFixed(1)} dBTP.${clipped}`,
      );
      this.host.offerDownload?.(file);
      return true;
    } catch (error) {
      this.notices.failure(error);
      return false;
    } finally {
      this.fraction = null;
      this.job = undefined;
    }
  }

  cancel(): void {
    if (this.job) void this.engine.call('cancel', { job: this.job }).catch(() => undefined);
  }
}
