/** How the score is sung: pitch with glides and vibrato, effort, levels of voice and noise, and the mouth's movements. */
import type { Random } from '#core/optimise/random.ts';
import { dbToGain } from '#core/units.ts';
import type { Frication } from './phonemes.ts';
import { DEMO_SECONDS, timeline, type SungNote, type SungPhrase, type SungSound } from './score.ts';
import { CONTROL_HZ, hold, smoothed, wander, type Track } from './tracks.ts';

export interface Performance {
  /** Fundamental frequency in Hz. */
  readonly pitchHz: Track;
  /** 0..1 */
  readonly effort: Track;
  /** Linear level of the voice. */
  readonly voice: Track;
  /** Linear level of breath through the open glottis while singing, and of breathing in. */
  readonly breath: Track;
  readonly frication: Readonly<Record<Frication['kind'], Track>>;
  /** Centres of the five formants in Hz. */
  readonly formants: readonly Track[];
  readonly nasality: Track;
  readonly nasalZeroHz: Track;
}

const LENGTH = Math.round(DEMO_SECONDS * CONTROL_HZ);

/** Pitch follows the notes as a damped spring, so that it overshoots a little (Saitou et al., Speech Comm. 46, 2005). */
const GLIDE_HZ = 4.6;
const GLIDE_DAMPING = 0.72;
/** The singer is on the way to a note before its vowel. */
const GLIDE_LEAD_SECONDS = 0.07;
const SCOOP_SEMITONES = 1.2;
const VIBRATO_HZ = 5.4;
const VIBRATO_CENTS = 60;
/** Vibrato begins this long into a note, and takes as long again to reach its depth. */
const VIBRATO_ONSET_SECONDS = 0.2;
const VIBRATO_LEVEL_DB = 0.7;
const DRIFT_CENTS = 6;
const FLUTTER_CENTS = 4;
const FINAL_FALL_CENTS = 25;

const MOUTH_SECONDS = 0.085;
const LEVEL_SECONDS = 0.024;
const FRICATION_SECONDS = 0.02;
const BURST_SECONDS = 0.004;
const EFFORT_SECONDS = 0.22;
/** Level between no and full effort. */
const EFFORT_RANGE_DB = 19;
const UNSTEADINESS = 0.03;
/** A note begins and ends this much below its middle. */
const SWELL = 0.16;
const FADE_SECONDS = 0.34;
const BREATH_DB = -33;
const INHALE_DB = -38;
const INHALE_SECONDS = 0.34;
const INHALE_GAP_SECONDS = 0.06;

const centsToRatio = (cents: number): number => 2 ** (cents / 1200);

/** The note that counts at every point, held from the first to the last. */
function noteTargets(notes: readonly SungNote[]): Track {
  const targets = new Float64Array(LENGTH).fill(notes[0]!.midi);
  for (const { start, midi } of notes) hold(targets, start - GLIDE_LEAD_SECONDS, DEMO_SECONDS, midi);
  for (const { start, midi, isFirstOfPhrase } of notes)
    if (isFirstOfPhrase) hold(targets, start - 0.6, start - GLIDE_LEAD_SECONDS, midi - SCOOP_SEMITONES);
  return targets;
}

/** Semitones after a spring of the second order. */
function glided(targets: Track): Track {
  const omega = (2 * Math.PI * GLIDE_HZ) / CONTROL_HZ;
  let value = targets[0]!;
  let speed = 0;
  return targets.map((target) => {
    speed += omega * omega * (target - value) - 2 * GLIDE_DAMPING * omega * speed;
    return (value += speed);
  });
}

/** Depth 0..1 of the vibrato: only notes long enough to bear it have it in full. */
function vibratoDepth(notes: readonly SungNote[]): Track {
  const depth = new Float64Array(LENGTH);
  for (const { start, end } of notes)
    for (let i = Math.round(start * CONTROL_HZ); i < Math.min(LENGTH, Math.round(end * CONTROL_HZ)); i++) {
      const into = i / CONTROL_HZ - start;
      depth[i] = Math.max(0.12, Math.min(1, into / VIBRATO_ONSET_SECONDS - 1));
    }
  return smoothed(depth, 0.12);
}

function fallAtEnds(phrases: readonly SungPhrase[]): Track {
  const fall = new Float64Array(LENGTH);
  for (const { end } of phrases) hold(fall, end - 0.12, end + 0.2, -FINAL_FALL_CENTS);
  return smoothed(fall, 0.25);
}

function pitchHz(notes: readonly SungNote[], phrases: readonly SungPhrase[], random: Random) {
  const semitones = glided(noteTargets(notes));
  const depth = vibratoDepth(notes);
  const drift = wander(LENGTH, 0.5, random);
  const flutter = wander(LENGTH, 0.06, random);
  const rate = wander(LENGTH, 0.6, random);
  const fall = fallAtEnds(phrases);
  let turns = 0;
  const vibrato = depth.map((value, i) => {
    turns += (VIBRATO_HZ + 0.25 * rate[i]!) / CONTROL_HZ;
    return value * Math.sin(2 * Math.PI * turns);
  });
  const pitch = semitones.map(
    (midi, i) =>
      440 *
      2 ** ((midi - 69) / 12) *
      centsToRatio(
        VIBRATO_CENTS * vibrato[i]! + DRIFT_CENTS * drift[i]! + FLUTTER_CENTS * flutter[i]! + fall[i]!,
      ),
  );
  return { pitch, vibrato };
}

/** 1 within the phrases, rising gently and dying away slowly. */
function phraseFades(phrases: readonly SungPhrase[]): Track {
  const fade = new Float64Array(LENGTH);
  for (const { start, end } of phrases)
    for (let i = Math.round(start * CONTROL_HZ); i < Math.round(end * CONTROL_HZ); i++) {
      const left = end - i / CONTROL_HZ;
      fade[i] = left >= FADE_SECONDS ? 1 : Math.sin((Math.PI / 2) * (left / FADE_SECONDS)) ** 2;
    }
  return fade;
}

/** −1 where notes meet, 0 in their middle: every note swells and gives way. */
function swells(notes: readonly SungNote[]): Track {
  const track = new Float64Array(LENGTH);
  for (const { start, end } of notes)
    for (let i = Math.round(start * CONTROL_HZ); i < Math.min(LENGTH, Math.round(end * CONTROL_HZ)); i++) {
      const place = Math.max(0, (i / CONTROL_HZ - start) / (end - start));
      // The fullest moment comes early.
      track[i] = Math.sin(Math.PI * place ** 0.7) - 1;
    }
  return smoothed(track, 0.05);
}

/** Values of all sounds one after the other, each held until the next begins. */
function ofSounds(sounds: readonly SungSound[], value: (sound: SungSound) => number): Track {
  const track = new Float64Array(LENGTH).fill(value(sounds[0]!));
  for (const sound of sounds) hold(track, sound.start, DEMO_SECONDS, value(sound));
  return track;
}

function frications(sounds: readonly SungSound[]): Performance['frication'] {
  const tracks = {
    hiss: new Float64Array(LENGTH),
    burst: new Float64Array(LENGTH),
    buzz: new Float64Array(LENGTH),
  };
  for (const { start, end, phoneme, effort } of sounds) {
    if (!phoneme.frication) continue;
    const { kind, levelDb, part } = phoneme.frication;
    hold(tracks[kind], end - part * (end - start), end, dbToGain(levelDb + 8 * (effort - 1)));
  }
  return {
    hiss: smoothed(tracks.hiss, 0.05),
    burst: smoothed(tracks.burst, BURST_SECONDS),
    buzz: smoothed(tracks.buzz, FRICATION_SECONDS),
  };
}

/** Breathing in before each phrase. */
function inhales(phrases: readonly SungPhrase[]): Track {
  const track = new Float64Array(LENGTH);
  for (const { start } of phrases) {
    const first = Math.max(0, Math.round((start - INHALE_GAP_SECONDS - INHALE_SECONDS) * CONTROL_HZ));
    const last = Math.round((start - INHALE_GAP_SECONDS) * CONTROL_HZ);
    for (let i = first; i < last; i++)
      track[i] = dbToGain(INHALE_DB) * Math.sin((Math.PI * (i - first)) / (last - first)) ** 1.5;
  }
  return track;
}

/** Everything the synthesiser needs to sing the score; the same for the same random numbers. */
export function perform(random: Random): Performance {
  const { sounds, notes, phrases } = timeline();
  const { pitch, vibrato } = pitchHz(notes, phrases, random);
  const fades = phraseFades(phrases);
  const unsteadiness = wander(LENGTH, 0.25, random);
  const swell = swells(notes);
  const effort = smoothed(
    ofSounds(sounds, (sound) => sound.effort),
    EFFORT_SECONDS,
  ).map((value, i) =>
    Math.max(
      0,
      Math.min(1, value * (0.55 + 0.45 * fades[i]!) + SWELL * swell[i]! + UNSTEADINESS * unsteadiness[i]!),
    ),
  );
  const open = smoothed(
    ofSounds(sounds, ({ phoneme }) => dbToGain(phoneme.voiceDb)).map((level, i) => level * fades[i]!),
    LEVEL_SECONDS,
  );
  const voice = open.map(
    (level, i) => level * dbToGain(EFFORT_RANGE_DB * (effort[i]! - 1) + VIBRATO_LEVEL_DB * vibrato[i]!),
  );
  const inhale = inhales(phrases);
  const mouth = (value: (sound: SungSound) => number): Track =>
    smoothed(ofSounds(sounds, value), MOUTH_SECONDS);
  return {
    pitchHz: pitch,
    effort,
    voice,
    // A soft voice is breathier than a loud one.
    breath: voice.map((level, i) => level * dbToGain(BREATH_DB + 9 * (1 - effort[i]!)) + inhale[i]!),
    frication: frications(sounds),
    formants: Array.from({ length: 5 }, (_, k) => mouth(({ phoneme }) => phoneme.formants[k]!)),
    nasality: mouth(({ phoneme }) => phoneme.nasality),
    nasalZeroHz: mouth(({ phoneme }) => phoneme.nasalZeroHz),
  };
}
