/**
 * A sound card for tests: a private PulseAudio server whose card plays into nothing, at real-time pace and sample
 * exact, and can be recorded. Programs reach it through ALSA (PortAudio does), or through PulseAudio (Chromium does),
 * when they are started with its environment. Debian: pulseaudio, pulseaudio-utils, libasound2-plugins.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { constants, setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a card has played, from the call of `record` to that of `stop`. */
export interface Stereo {
  readonly left: Float32Array<ArrayBuffer>;
  readonly right: Float32Array<ArrayBuffer>;
}

export interface Recording {
  /** Samples recorded so far; what is played now comes within {@link RECORDING_LAG_SECONDS}. */
  recordedSamples(): number;
  /** Ends the recording with all that was played before the call. */
  stop(): Promise<Stereo>;
}

export interface SoundCard {
  readonly rateHz: number;
  /** For the environment of the program under test. */
  readonly env: Readonly<Record<string, string>>;
  /** Records what one of the outputs plays; by default the first. Resolves once it is recording. */
  record(output?: SoundCardOutput): Promise<Recording>;
  /** Kills the server as a crash would; what plays gets no more news from it. */
  kill(): Promise<void>;
  /** Ends the server and removes its files. */
  stop(): Promise<void>;
}

/** ALSA names of the card's outputs; the first is also the `default`. */
export const SOUND_CARD_OUTPUTS = ['speakers', 'headphones'] as const;
export type SoundCardOutput = (typeof SOUND_CARD_OUTPUTS)[number];

const RECORDING_LAG_SECONDS = 0.02;
const START_LIMIT_MS = 15_000;

/** Why no sound card can be started here; undefined where it can. */
export function missingForSoundCard(): string | undefined {
  const missing = ['pulseaudio', 'parec'].filter(
    (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).error !== undefined,
  );
  return missing.length === 0
    ? undefined
    : `${missing.join(' and ')} not found: install pulseaudio, pulseaudio-utils and libasound2-plugins.`;
}

/** Starts a server with the {@link SOUND_CARD_OUTPUTS}, stereo in 32-bit float. Throws an Error where it cannot. */
export async function startSoundCard({ rateHz }: { readonly rateHz: number }): Promise<SoundCard> {
  const missing = missingForSoundCard();
  if (missing) throw new Error(missing);
  const folder = mkdtempSync(join(tmpdir(), 'voxfit-sound-card-'));
  const running = new Set<ChildProcess>();
  const clean = (): void => {
    for (const child of running) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', clean);

  const socket = `unix:${join(folder, 'native')}`;
  const runtime = join(folder, 'run');
  mkdirSync(runtime, { mode: 0o700 });
  const configuration = join(folder, 'asound.conf');
  const pcm = (name: string, output?: string): string =>
    `pcm.${name} { type pulse server "${socket}"${output ? ` device "${output}"` : ''} hint { show on } }\n` +
    `ctl.${name} { type pulse server "${socket}"${output ? ` device "${output}"` : ''} }\n`;
  writeFileSync(
    configuration,
    [...SOUND_CARD_OUTPUTS.map((output) => pcm(output, output)), pcm('default')].join(''),
  );

  const start = (program: string, args: readonly string[], env: Record<string, string>): ChildProcess => {
    const child = spawn(program, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'ignore'],
      // A session of its own, as a sound server has: Linux shares the processor out among sessions first.
      detached: true,
    });
    raisePriority(child.pid);
    running.add(child);
    child.once('exit', () => running.delete(child));
    return child;
  };
  const server = start(
    'pulseaudio',
    [
      ...[
        '-n',
        '--daemonize=no',
        '--exit-idle-time=-1',
        '--use-pid-file=no',
        '--realtime=no',
        '--high-priority=no',
      ],
      ...['-L', `module-native-protocol-unix auth-anonymous=1 socket=${join(folder, 'native')}`],
      // Without norewinds a program that stops would be heard as if it had never sent its last sounds.
      ...SOUND_CARD_OUTPUTS.flatMap((name) => [
        '-L',
        `module-null-sink sink_name=${name} norewinds=1 rate=${rateHz} channels=2 format=float32le`,
      ]),
      ...['-L', 'module-always-sink'],
    ],
    {
      HOME: folder,
      XDG_RUNTIME_DIR: runtime,
      PULSE_RUNTIME_PATH: runtime,
      PULSE_STATE_PATH: join(folder, 'state'),
    },
  );

  const ended = (child: ChildProcess): Promise<void> =>
    running.has(child) ? new Promise((resolve) => child.once('exit', () => resolve())) : Promise.resolve();

  const record = async (output: SoundCardOutput = SOUND_CARD_OUTPUTS[0]): Promise<Recording> => {
    const path = join(folder, `recording-${Date.now()}-${Math.random()}.raw`);
    const recorder = start(
      'parec',
      [
        ...['-d', `${output}.monitor`, '--raw', '--format=float32le', `--rate=${rateHz}`, '--channels=2'],
        `--latency-msec=${RECORDING_LAG_SECONDS * 1000}`,
      ],
      { PULSE_SERVER: socket, HOME: folder, PULSE_COOKIE: join(folder, 'cookie') },
    );
    const file = createWriteStream(path);
    const written = new Promise<void>((resolve) => file.once('finish', resolve));
    recorder.stdout!.pipe(file);
    const frameBytes = 8;
    const recordedSamples = (): number => Math.floor(file.bytesWritten / frameBytes);
    const until = async (isTrue: () => boolean): Promise<void> => {
      const deadline = Date.now() + START_LIMIT_MS;
      while (!isTrue()) {
        if (Date.now() > deadline || !running.has(recorder))
          throw new Error('The sound card does not record.');
        await wait(2);
      }
    };
    await until(() => recordedSamples() > 0);
    return {
      recordedSamples,
      stop: async () => {
        // What was played by now has been recorded once as much as the recorder lags has come on top.
        const all = recordedSamples() + Math.ceil(5 * RECORDING_LAG_SECONDS * rateHz);
        await until(() => recordedSamples() >= all);
        recorder.kill('SIGTERM');
        await written;
        const bytes = readFileSync(path);
        rmSync(path);
        const frames = Math.floor(bytes.length / frameBytes);
        const left = new Float32Array(frames);
        const right = new Float32Array(frames);
        for (let n = 0; n < frames; n++) {
          left[n] = bytes.readFloatLE(n * frameBytes);
          right[n] = bytes.readFloatLE(n * frameBytes + 4);
        }
        return { left, right };
      },
    };
  };

  const kill = async (): Promise<void> => {
    const end = ended(server);
    server.kill('SIGKILL');
    await end;
  };
  const stop = async (): Promise<void> => {
    const ends = [...running].map(ended);
    for (const child of running) child.kill('SIGKILL');
    await Promise.all(ends);
    clean();
    process.off('exit', clean);
  };

  const deadline = Date.now() + START_LIMIT_MS;
  while (!isThere(join(folder, 'native'))) {
    if (Date.now() > deadline || !running.has(server)) {
      await stop();
      throw new Error('The sound server does not start.');
    }
    await wait(10);
  }
  return {
    rateHz,
    env: { ALSA_CONFIG_PATH: configuration, PULSE_SERVER: socket, PULSE_COOKIE: join(folder, 'cookie') },
    record,
    kill,
    stop,
  };
}

/** A real card is never late, and its server has real-time priority; so do these, as far as that is permitted. */
function raisePriority(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, constants.priority.PRIORITY_HIGHEST);
    writeFileSync(`/proc/${pid}/autogroup`, String(constants.priority.PRIORITY_HIGHEST));
  } catch {
    // Not permitted: the card may be late when the machine is busy.
  }
}

const wait = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
