/** Pictures of reverbs, one after another, for all windows. */
import type { Output, ParsedInput } from '#core/protocol/contract.ts';
import type { EngineContract } from '#core/protocol/engine.ts';
import { loadKernelModule } from '#engine/kernel-module.ts';
import { ReverbPainter } from '#engine/reverb-picture.ts';
import { Turns } from './jobs.ts';

type Request = ParsedInput<EngineContract, 'reverb.picture'>;
type Picture = Output<EngineContract, 'reverb.picture'>;

export class ReverbPictures {
  /** Of the rate that was asked for last. */
  private painter: ReverbPainter | undefined;
  private turn: Promise<unknown> = Promise.resolve();

  draw(request: Request): Promise<Picture> {
    const picture = this.turn.then(() => this.drawNow(request));
    this.turn = picture.catch(() => undefined);
    return picture;
  }

  private async drawNow({ raw, sampleRateHz, seconds, columns }: Request): Promise<Picture> {
    if (this.painter?.sampleRateHz !== sampleRateHz)
      this.painter = new ReverbPainter(await loadKernelModule(), sampleRateHz);
    return new Turns().through(this.painter.draw(raw, seconds, columns));
  }
}
