/** Which kind of file the first bytes belong to. */

export type Container = 'wav' | 'aiff' | 'flac' | 'ogg' | 'mp3';

export type Identified =
  | { readonly container: Container }
  | { readonly unsupported: string }
  /** Perhaps an MP3 without a tag, which only a search for frames can tell. */
  | undefined;

/** Files that people may well try, by what stands at which byte. */
const UNSUPPORTED: readonly (readonly [at: number, magic: string, name: string])[] = [
  [4, 'ftyp', 'an MPEG-4 file (m4a, mp4)'],
  [0, 'caff', 'a Core Audio file (caf)'],
  [0, 'RIFX', 'a big-endian WAV file (RIFX)'],
  [0, 'riff\x2e\x91\xcf\x11', 'a Wave64 file (w64)'],
  [0, '\x30\x26\xb2\x75\x8e\x66\xcf\x11', 'a Windows Media file (wma)'],
  [0, '\x1a\x45\xdf\xa3', 'a Matroska or WebM file'],
  [0, 'wvpk', 'a WavPack file'],
  [0, 'MAC ', "a Monkey's Audio file (ape)"],
  [0, 'TTA1', 'a True Audio file (tta)'],
  [0, 'MPCK', 'a Musepack file'],
  [0, 'MP+', 'a Musepack file'],
  [0, 'DSD ', 'a DSD file (dsf)'],
  [0, 'FRM8', 'a DSD file (dff)'],
  [0, '#!AMR', 'an AMR file'],
  [0, '.snd', 'an AU file'],
  [0, 'MThd', 'a MIDI file, which has notes and no sound'],
  [0, '\xff\xf1', 'an AAC stream'],
  [0, '\xff\xf9', 'an AAC stream'],
];

function hasAt(bytes: Uint8Array, at: number, magic: string): boolean {
  return [...magic].every((character, i) => bytes[at + i] === character.charCodeAt(0));
}

/** `head`: the first 12 bytes or more, after any ID3 tag. */
export function identifyContainer(head: Uint8Array): Identified {
  if (['RIFF', 'RF64', 'BW64'].some((magic) => hasAt(head, 0, magic)) && hasAt(head, 8, 'WAVE'))
    return { container: 'wav' };
  if (hasAt(head, 0, 'FORM') && (hasAt(head, 8, 'AIFF') || hasAt(head, 8, 'AIFC')))
    return { container: 'aiff' };
  if (hasAt(head, 0, 'fLaC')) return { container: 'flac' };
  if (hasAt(head, 0, 'OggS')) return { container: 'ogg' };
  const known = UNSUPPORTED.find(([at, magic]) => hasAt(head, at, magic));
  return known && { unsupported: known[2] };
}
