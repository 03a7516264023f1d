import { describe, expect, test } from 'vitest';
import { big, bytes } from './byte-layout.ts';
import { id3Bytes, readMp3Stream } from './mp3-frames.ts';

/** MPEG-1 Layer III, 128 kbit/s, 44.1 kHz: frames of 417 bytes. */
const FRAME_BYTES = 417;
const frame = (modeBits = 0b00): Uint8Array =>
  bytes([0xff, 0xfb, 0x90, modeBits << 6], new Uint8Array(FRAME_BYTES - 4));
const frames = (count: number): Uint8Array => bytes(...Array.from({ length: count }, () => frame()));
const infoFrame = (declared: number): Uint8Array => {
  const info = frame();
  info.set(bytes('Xing', big(1, 4), big(declared, 4)), 4 + 32);
  return info;
};

test('counts frames', () => {
  expect(readMp3Stream(frames(10))).toEqual({
    sampleRateHz: 44100,
    channelCount: 2,
    frameSamples: 11_520,
    isTagged: false,
    isCutOff: false,
  });
  expect(readMp3Stream(bytes(frame(0b11), frame(0b11)))?.channelCount).toBe(1);
  expect(readMp3Stream(bytes(frame(0b01), frame(0b01)))?.channelCount).toBe(2);
});

test('MPEG-2 at 24 kHz, 64 kbit/s: frames of 192 bytes and 576 samples', () => {
  const half = bytes([0xff, 0xf3, 0x84, 0xc0], new Uint8Array(188));
  expect(readMp3Stream(bytes(half, half))).toMatchObject({ sampleRateHz: 24000, frameSamples: 1152 });
});

test('tags around and rubbish between are passed over', () => {
  const tag = bytes('ID3', [4, 0, 0, 0, 0, 1, 2], new Uint8Array(130));
  expect(id3Bytes(tag)).toBe(140);
  const file = bytes(tag, frames(3), new Uint8Array(50), frames(4), 'TAG', new Uint8Array(125));
  expect(readMp3Stream(file)).toMatchObject({ frameSamples: 7 * 1152, isCutOff: false });
});

describe('cut off', () => {
  test.each([1, 3, 4, 200, 416])('without a declared count: %i bytes of another frame', (extra) => {
    expect(readMp3Stream(bytes(frames(5), frame().subarray(0, extra)))?.isCutOff).toBe(true);
  });

  test('with a declared count: frames missing, however whole the others are', () => {
    expect(readMp3Stream(bytes(infoFrame(10), frames(5)))).toMatchObject({
      isCutOff: true,
      isTagged: true,
      frameSamples: 5 * 1152,
    });
    expect(readMp3Stream(bytes(infoFrame(10), frames(9), frame().subarray(0, 9)))?.isCutOff).toBe(true);
  });

  test('not when the declared count includes the frame that declares it', () => {
    expect(readMp3Stream(bytes(infoFrame(10), frames(10)))?.isCutOff).toBe(false);
    expect(readMp3Stream(bytes(infoFrame(10), frames(9)))?.isCutOff).toBe(false);
  });
});

test('other bytes are not MP3', () => {
  expect(readMp3Stream(new Uint8Array(0))).toBeUndefined();
  expect(readMp3Stream(new Uint8Array(5000).fill(255))).toBeUndefined();
  expect(readMp3Stream(bytes(frame(), 'no second frame'))).toBeUndefined();
});
