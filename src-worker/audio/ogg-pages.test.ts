import { describe, expect, test } from 'vitest';
import type { Piece } from './byte-layout.ts';
import { big, bytes, little } from './byte-layout.ts';
import { readOggStream } from './ogg-pages.ts';

interface PageFields {
  readonly flags?: number;
  readonly stamp?: number;
  readonly serial?: number;
}
const FIRST = 2;
const LAST = 4;

/** The checksum bit by bit, as RFC 3533 describes it. */
function checksum(page: Uint8Array): number {
  return page.reduce((start, byte) => {
    let crc = start;
    for (let bit = 7; bit >= 0; bit--) {
      const carry = (crc >>> 31) ^ ((byte >> bit) & 1);
      crc = ((crc << 1) ^ (carry ? 0x04c11db7 : 0)) >>> 0;
    }
    return crc;
  }, 0);
}

function page({ flags = 0, stamp = 0, serial = 1 }: PageFields, ...contents: readonly Piece[]): Uint8Array {
  const body = bytes(...contents);
  const segments = [...new Array<number>(Math.floor(body.length / 255)).fill(255), body.length % 255];
  const open = bytes('OggS', [0, flags], little(stamp, 8), little(serial, 4), little(0, 4));
  const rest = bytes([segments.length], segments, body);
  return bytes(open, little(checksum(bytes(open, new Uint8Array(4), rest)), 4), rest);
}

const vorbisHead = bytes('\x01vorbis', little(0, 4), [2], little(48000, 4));
const vorbis = (...pages: readonly Uint8Array[]): Uint8Array =>
  bytes(page({ flags: FIRST }, vorbisHead), page({}, 'comments'), ...pages);

test('a whole stream', () => {
  const file = vorbis(
    page({ stamp: 1000 }, new Uint8Array(600)),
    page({ stamp: 5000, flags: LAST }, new Uint8Array(300)),
  );
  expect(readOggStream(file)).toEqual({
    codec: 'vorbis',
    channelCount: 2,
    sampleRateHz: 48000,
    leastSamples: 4000,
    state: 'whole',
  });
});

test('streams that follow one another add up', () => {
  const one = vorbis(page({ stamp: 100 }, 'x'), page({ stamp: 350, flags: LAST }, 'x'));
  expect(readOggStream(bytes(one, one))).toMatchObject({ leastSamples: 500, state: 'whole' });
});

test.each([
  ['opus', bytes('OpusHead', [1, 6], little(312, 2), little(44100, 4)), 6, 48000],
  ['flac', bytes('\x7fFLAC', [1, 0, 0, 1], 'fLaC', big(0, 20)), 0, 0],
  ['speex', bytes('Speex   1.2', new Uint8Array(60)), 0, 0],
  ['unknown', bytes('\x80theora'), 0, 0],
])('%s', (codec, head, channelCount, sampleRateHz) => {
  const file = page({ flags: FIRST | LAST }, head);
  expect(readOggStream(file)).toMatchObject({ codec, channelCount, sampleRateHz, state: 'whole' });
});

describe('what is wrong', () => {
  const whole = vorbis(page({ stamp: 9 }, new Uint8Array(300)), page({ stamp: 99, flags: LAST }, 'x'));

  test('no last page, or a part of one', () => {
    expect(readOggStream(vorbis(page({ stamp: 9 }, 'x'))).state).toBe('cut off');
    for (const missing of [1, 5, 27, 29, 100, 330]) {
      expect(readOggStream(whole.subarray(0, whole.length - missing)).state).toBe('cut off');
    }
  });

  test('any bit', () => {
    for (let at = 0; at < whole.length; at += 13) {
      const damaged = whole.slice();
      damaged[at] ^= 4;
      expect(readOggStream(damaged).state).not.toBe('whole');
    }
  });
});
