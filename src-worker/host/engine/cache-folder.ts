/**
 * The cache folder: prepared sound as `<id>.f32` (planar float32, see the `audio` contract), what is known of it as
 * `<id>.peaks`, and checkpoints of fits. Whatever is in there can be made again; the least recently used goes first.
 */
import { createHash } from 'node:crypto';
import { mkdir, open, readFile, readdir, rm, stat, utimes, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { writeFileAtomically, type Chunks } from '#audio/write-file.ts';
import { UserError } from '#core/errors.ts';
import type { Peaks } from '#core/protocol/engine.ts';

const MAX_BYTES = 4e9;
const OURS = /^[\w-]+\.(f32|peaks|checkpoint)$/;
/** Temporary files of writeFileAtomically; older ones were left by a process that died. */
const TEMPORARY = /^\.voxfit-.*\.tmp$/;
const TEMPORARY_MAX_AGE_MS = 60_000;
/** Changes whenever a file of an earlier version must not be taken for what would be written now. */
const FORMAT = 2;
const BYTES_PER_SAMPLE = 4;
const PIECE_SAMPLES = 1 << 15;

/** What a `.peaks` file says of the sound beside it. */
export interface PreparedFacts {
  readonly sampleRateHz: number;
  readonly channels: number;
  readonly lengthSamples: number;
  readonly peaks: Peaks;
  readonly lufs: number | null;
}

/** The id of what is made from these ingredients. */
export function cacheIdOf(...ingredients: readonly (string | number)[]): string {
  return createHash('sha256')
    .update(JSON.stringify([FORMAT, ...ingredients]))
    .digest('hex')
    .slice(0, 40);
}

const missing = (): UserError =>
  new UserError('bad-input', 'Prepared sound is missing from the cache; open the files again.');

async function readSamples(handle: FileHandle, into: Float32Array, position: number): Promise<void> {
  const bytes = new Uint8Array(into.buffer, into.byteOffset, into.byteLength);
  for (let done = 0; done < bytes.length;) {
    const at = position * BYTES_PER_SAMPLE + done;
    const { bytesRead } = await handle.read(bytes, done, bytes.length - done, at);
    if (bytesRead === 0) throw missing();
    done += bytesRead;
  }
}

export class CacheFolder {
  private readonly known = new Map<string, PreparedFacts>();

  constructor(readonly path: string) {}

  /** Makes the folder and frees space. A folder that cannot be made shows when something is to be written. */
  async open(): Promise<void> {
    await mkdir(this.path, { recursive: true }).catch(() => undefined);
    await this.trim(MAX_BYTES);
  }

  /** Deletes leftovers, and what was used the longest ago until at most `maxBytes` are left. */
  async trim(maxBytes: number): Promise<void> {
    const names = await readdir(this.path).catch(() => []);
    const found = await Promise.all(
      names
        .filter((name) => OURS.test(name) || TEMPORARY.test(name))
        .map(async (name) => {
          const path = join(this.path, name);
          const stats = await stat(path).catch(() => undefined);
          return { name, path, bytes: stats?.size ?? 0, usedMs: stats?.mtimeMs ?? 0 };
        }),
    );
    const remove = (path: string) => rm(path, { force: true }).catch(() => undefined);
    const isLeftover = ({ name, usedMs }: (typeof found)[number]): boolean =>
      TEMPORARY.test(name) && Date.now() - usedMs > TEMPORARY_MAX_AGE_MS;
    let bytes = 0;
    for (const file of found.sort((a, b) => b.usedMs - a.usedMs)) {
      if (!isLeftover(file)) bytes += file.bytes;
      if (isLeftover(file) || bytes > maxBytes) await remove(file.path);
    }
  }

  soundPath(id: string): string {
    return join(this.path, `${id}.f32`);
  }

  private peaksPath(id: string): string {
    return join(this.path, `${id}.peaks`);
  }

  checkpointPath(job: string): string {
    return join(this.path, `fit-${job}.checkpoint`);
  }

  /** What was prepared under this id, if all of it is still there; marks it as used. */
  async find(id: string): Promise<PreparedFacts | undefined> {
    try {
      const facts = this.known.get(id) ?? (deserialize(await readFile(this.peaksPath(id))) as PreparedFacts);
      const { size } = await stat(this.soundPath(id));
      if (size !== facts.channels * facts.lengthSamples * BYTES_PER_SAMPLE) return undefined;
      const now = new Date();
      for (const path of [this.soundPath(id), this.peaksPath(id)]) await utimes(path, now, now);
      this.known.set(id, facts);
      return facts;
    } catch {
      return undefined;
    }
  }

  /** As {@link find}. Throws UserError('bad-input') when it is gone. */
  async require(id: string): Promise<PreparedFacts> {
    const facts = await this.find(id);
    if (!facts) throw missing();
    return facts;
  }

  /** Throws UserError('output') when the disk does not take it. */
  async write(id: string, sound: Chunks, facts: PreparedFacts): Promise<void> {
    await writeFileAtomically(this.soundPath(id), sound);
    await writeFileAtomically(this.peaksPath(id), serialize(facts));
    this.known.set(id, facts);
  }

  /** Samples [from, to) of each channel, cut where the sound ends. */
  async samples(id: string, from: number, to: number): Promise<Float32Array<ArrayBuffer>[]> {
    const { channels, lengthSamples } = await this.require(id);
    const start = Math.min(from, lengthSamples);
    const length = Math.max(0, Math.min(to, lengthSamples) - start);
    const handle = await open(this.soundPath(id), 'r');
    try {
      const read: Float32Array<ArrayBuffer>[] = [];
      for (let c = 0; c < channels; c++) {
        const piece = new Float32Array(length);
        await readSamples(handle, piece, c * lengthSamples + start);
        read.push(piece);
      }
      return read;
    } finally {
      await handle.close();
    }
  }

  /** All channels from start to end; each piece is valid until the next. */
  async *pieces(id: string): AsyncGenerator<readonly Float32Array[]> {
    const { channels, lengthSamples } = await this.require(id);
    const handle = await open(this.soundPath(id), 'r');
    try {
      const pieces = Array.from({ length: channels }, () => new Float32Array(PIECE_SAMPLES));
      for (let start = 0; start < lengthSamples; start += PIECE_SAMPLES) {
        const length = Math.min(PIECE_SAMPLES, lengthSamples - start);
        const next = pieces.map((piece) => piece.subarray(0, length));
        for (const [c, piece] of next.entries()) await readSamples(handle, piece, c * lengthSamples + start);
        yield next;
      }
    } finally {
      await handle.close();
    }
  }
}
