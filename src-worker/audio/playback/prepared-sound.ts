/** Reads sound that the engine has prepared: `<cacheId>.f32`, little-endian float32, one channel after the other. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '#core/errors.ts';

/** A single read cannot be of any size. */
const READ_BYTES = 64 * 2 ** 20;

export interface PreparedSound {
  readonly cache: string;
  readonly lengthSamples: number;
}

/**
 * Channels of a prepared sound, each of its length. Throws a UserError `bad-input` when the file is missing, of another
 * size, or too large for the memory.
 */
export async function readPreparedSound(
  folder: string,
  { cache, lengthSamples }: PreparedSound,
  channels: number,
): Promise<Float32Array[]> {
  const gone = (): UserError =>
    new UserError(
      'bad-input',
      'The sound that was prepared for playback is no longer there: open the file again.',
    );
  const file = await open(join(folder, `${cache}.f32`)).catch(() => {
    throw gone();
  });
  try {
    const sizeBytes = 4 * channels * lengthSamples;
    if ((await file.stat()).size !== sizeBytes) throw gone();
    const bytes = new Uint8Array(allocate(sizeBytes));
    for (let position = 0; position < sizeBytes;) {
      const { bytesRead } = await file.read(
        bytes,
        position,
        Math.min(READ_BYTES, sizeBytes - position),
        position,
      );
      if (bytesRead === 0) throw gone();
      position += bytesRead;
    }
    return Array.from(
      { length: channels },
      (_, channel) => new Float32Array(bytes.buffer, 4 * channel * lengthSamples, lengthSamples),
    );
  } finally {
    await file.close();
  }
}

function allocate(sizeBytes: number): ArrayBuffer {
  try {
    return new ArrayBuffer(sizeBytes);
  } catch {
    throw new UserError(
      'bad-input',
      'This sound is too long to be played: there is not enough memory for it.',
    );
  }
}
