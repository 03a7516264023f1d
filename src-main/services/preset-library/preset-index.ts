/**
 * What is known of the library's presets, so that ten thousand need not be read at every start. Whatever is in the file can
 * be made again, and one that is missing, damaged, of another folder or of another format counts as empty.
 *
 *   8 bytes    'VOXPRES' and the format's version
 *   uint32     length of the header in bytes
 *   uint32     CRC-32 of all that follows
 *   header     JSON: folder, presets (entry, stamp), unreadable (file, stamp); padded with spaces to a multiple of 4
 *   float32    151 raw values of each preset, in the header's order
 *
 * All little-endian.
 */
import { readFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { writeFileAtomically } from '#audio/write-file.ts';
import { PARAMETER_COUNT } from '#core/chain/parameters.ts';
import { presetEntrySchema, type PresetEntry } from '#core/protocol/preset-library.ts';

/** Its last character changes whenever a file would be read differently from before. */
const MAGIC = 'VOXPRES1';
const HEAD_BYTES = 16;
const PRESET_BYTES = 4 * PARAMETER_COUNT;

const stampSchema = z.object({ size: z.number(), mtimeMs: z.number(), ctimeMs: z.number() });
/** A file with the same stamp has not changed. */
export type Stamp = z.infer<typeof stampSchema>;

export const isSameStamp = (a: Stamp, b: Stamp): boolean =>
  a.size === b.size && a.mtimeMs === b.mtimeMs && a.ctimeMs === b.ctimeMs;

export interface KnownPreset {
  readonly entry: PresetEntry;
  readonly stamp: Stamp;
  /** 151 values. */
  readonly raw: Float32Array;
}

export interface KnownFiles {
  /** By id. */
  readonly presets: Map<string, KnownPreset>;
  /** Files that are no presets. */
  readonly unreadable: Map<string, Stamp>;
}

const headerSchema = z.object({
  folder: z.string(),
  presets: z.array(z.object({ entry: presetEntrySchema, stamp: stampSchema })),
  unreadable: z.array(z.object({ file: z.string(), stamp: stampSchema })),
});

const nothingKnown = (): KnownFiles => ({ presets: new Map(), unreadable: new Map() });

export class PresetIndex {
  constructor(
    private readonly path: string,
    /** Of the presets. */
    private readonly folder: string,
  ) {}

  async read(): Promise<KnownFiles> {
    try {
      return this.parse(await readFile(this.path)) ?? nothingKnown();
    } catch {
      return nothingKnown();
    }
  }

  /** Throws UserError('output'). */
  async write({ presets, unreadable }: KnownFiles): Promise<void> {
    const known = [...presets.values()];
    const header: z.infer<typeof headerSchema> = {
      folder: this.folder,
      presets: known.map(({ entry, stamp }) => ({ entry, stamp })),
      unreadable: Array.from(unreadable, ([file, stamp]) => ({ file, stamp })),
    };
    const json = Buffer.from(JSON.stringify(header));
    const headerBytes = Math.ceil(json.length / 4) * 4;
    const bytes = Buffer.alloc(HEAD_BYTES + headerBytes + known.length * PRESET_BYTES, ' ');
    bytes.write(MAGIC, 'latin1');
    bytes.set(json, HEAD_BYTES);
    known.forEach(({ raw }, i) => {
      bytes.set(
        new Uint8Array(raw.buffer, raw.byteOffset, PRESET_BYTES),
        HEAD_BYTES + headerBytes + i * PRESET_BYTES,
      );
    });
    bytes.writeUInt32LE(headerBytes, 8);
    bytes.writeUInt32LE(crc32(bytes.subarray(HEAD_BYTES)), 12);
    await writeFileAtomically(this.path, bytes);
  }

  private parse(bytes: Buffer): KnownFiles | undefined {
    if (bytes.length < HEAD_BYTES || bytes.toString('latin1', 0, 8) !== MAGIC) return undefined;
    const dataStart = HEAD_BYTES + bytes.readUInt32LE(8);
    if (dataStart > bytes.length || crc32(bytes.subarray(HEAD_BYTES)) !== bytes.readUInt32LE(12))
      return undefined;
    const header = headerSchema.parse(JSON.parse(bytes.toString('utf8', HEAD_BYTES, dataStart)));
    if (header.folder !== this.folder || bytes.length !== dataStart + header.presets.length * PRESET_BYTES)
      return undefined;
    const start = bytes.byteOffset + dataStart;
    const raws = new Float32Array(bytes.buffer.slice(start, start + header.presets.length * PRESET_BYTES));
    return {
      presets: new Map(
        header.presets.map(({ entry, stamp }, i) => [
          entry.id,
          { entry, stamp, raw: raws.subarray(i * PARAMETER_COUNT, (i + 1) * PARAMETER_COUNT) },
        ]),
      ),
      unreadable: new Map(header.unreadable.map(({ file, stamp }) => [file, stamp])),
    };
  }
}
