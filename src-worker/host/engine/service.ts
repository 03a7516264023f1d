/** The engine's service: one for the process, with a connection for every window. */
import { UserError } from '#core/errors.ts';
import type { OpenGpu } from '#engine/backend.ts';
import { serve, type Emit, type Handlers } from '#core/protocol/contract.ts';
import { engineContract, type EngineContract } from '#core/protocol/engine.ts';
import type { Port } from '#core/protocol/port.ts';
import { alignPair } from './alignment.ts';
import { CacheFolder } from './cache-folder.ts';
import { exportWav } from './export.ts';
import { Fitting, type Listener } from './fitting.ts';
import { Jobs } from './jobs.ts';
import { spectrumOf, tempoOf } from './listening.ts';
import { prepareDry, prepareTarget, samplesOf } from './playback.ts';
import { learnPrior } from './prior-training.ts';
import { measureProcessed } from './processed.ts';
import { ReverbPictures } from './reverb-pictures.ts';
import { Sources } from './sources.ts';

/** How long sounds and a fit wait for a window that lost its connection. */
const PATIENCE_MS = 60_000;

export interface EngineOptions {
  /** Where prepared sound and checkpoints go. */
  readonly cacheFolder: string;
  /** Sees what was thrown that is no UserError. */
  readonly onDefect: (error: unknown) => void;
  readonly patienceMs?: number;
  /** How fits reach a GPU; absent where they cannot. */
  readonly openGpu?: OpenGpu;
}

export class EngineService {
  private readonly paths = new Map<string, string>();
  private readonly sources = new Sources();
  private readonly cache: CacheFolder;
  private readonly fitting: Fitting;
  private readonly reverbPictures = new ReverbPictures();
  private readonly patienceMs: number;
  private readonly connections = new Set<Connection>();

  constructor(private readonly options: EngineOptions) {
    this.patienceMs = options.patienceMs ?? PATIENCE_MS;
    this.cache = new CacheFolder(options.cacheFolder);
    this.fitting = new Fitting(this.cache, this.patienceMs, options.openGpu);
  }

  async open(): Promise<void> {
    await this.cache.open();
  }

  /** The file may be read and written from now on. */
  grant(file: string, path: string): void {
    this.paths.set(file, path);
  }

  /** Serves a window. */
  connect(port: Port): void {
    serve(
      engineContract,
      port,
      (emit) => {
        const connection = new Connection(emit);
        this.connections.add(connection);
        port.onClose(() => {
          this.disconnect(connection);
        });
        return this.handlers(connection);
      },
      this.options.onDefect,
    );
  }

  /** A window is gone: its jobs end, except for a fit, which waits like its sounds for the window to come back. */
  private disconnect(connection: Connection): void {
    this.connections.delete(connection);
    connection.jobs.cancelAll();
    this.fitting.release(connection);
    setTimeout(() => {
      this.sources.release(connection);
    }, this.patienceMs).unref();
  }

  /** Ends everything that is under way; nothing half-done is left behind. */
  async close(): Promise<void> {
    const { connections } = this;
    for (const { jobs } of connections) jobs.cancelAll();
    await Promise.all([this.fitting.end(), ...Array.from(connections, ({ jobs }) => jobs.ended())]);
  }

  private pathOf(file: string): string {
    const path = this.paths.get(file);
    if (path === undefined)
      throw new UserError('bad-input', 'Voxfit does not know this file any more; open it again.');
    return path;
  }

  /** Throws UserError('usage') for a file that is one of the sources. */
  private pathToWrite(file: string): string {
    const path = this.pathOf(file);
    if (this.sources.isLoaded(path))
      throw new UserError('usage', `“${path}” is a source of this session; choose another name.`);
    return path;
  }

  private handlers(connection: Connection): Handlers<EngineContract> {
    const { sources, cache, fitting } = this;
    const { jobs } = connection;
    const optional = (id: string | null) => (id === null ? null : sources.get(id));
    return {
      'source.load': ({ job, file, role }) =>
        jobs.run(job, async (run) => sources.load(connection, role, this.pathOf(file), run)),
      'source.forget': ({ source }) => {
        sources.forget(connection, source);
        return {};
      },
      'pair.align': ({ job, dry, target }) =>
        jobs.run(job, async (run) => alignPair(sources.get(dry), optional(target), run)),
      'playback.prepare': ({ job, dry, target, ...request }) =>
        jobs.run(job, async (run) => {
          const [drySource, targetSource] = [sources.get(dry), optional(target)];
          return {
            dry: await prepareDry(drySource, request.sampleRateHz, cache, run),
            target: targetSource && (await prepareTarget(targetSource, request, cache, run)),
          };
        }),
      'playback.samples': (request) => samplesOf(request, cache),
      'processed.measure': ({ job, ...request }) => {
        connection.measures(job);
        return jobs.run(job, (run) => measureProcessed(request, cache, run));
      },
      'fit.start': (request) =>
        fitting.start(request, sources.get(request.dry), sources.get(request.target), connection),
      'fit.pause': ({ job }) => {
        fitting.pause(job);
        return {};
      },
      'fit.continue': ({ job }) => {
        fitting.continue(job);
        return {};
      },
      'export.wav': ({ job, dry, file, ...request }) =>
        jobs.run(job, async (run) =>
          exportWav(sources.get(dry), this.pathToWrite(file), request, cache, run),
        ),
      'sound.spectrum': ({ job, cache: id }) => jobs.run(job, (run) => spectrumOf(id, cache, run)),
      'tempo.detect': ({ job, cache: id }) => jobs.run(job, (run) => tempoOf(id, cache, run)),
      'reverb.picture': (request) => this.reverbPictures.draw(request),
      'prior.train': ({ job, ...request }) => jobs.run(job, (run) => learnPrior(request, run)),
      cancel: ({ job }) => {
        jobs.cancel(job);
        fitting.cancel(job);
        return {};
      },
    };
  }
}

/** One window. */
class Connection implements Listener {
  readonly jobs: Jobs;
  private measuring: string | undefined;

  constructor(readonly emit: Emit<EngineContract>) {
    this.jobs = new Jobs((progress) => {
      emit('progress', progress);
    });
  }

  /** A measurement begins; an older one is of no use any more. */
  measures(job: string): void {
    if (this.measuring !== undefined) this.jobs.cancel(this.measuring);
    this.measuring = job;
  }
}
