/**
 * The command line `voxfit`: finds the subcommand, loads only what it needs, and turns whatever it throws into one sentence
 * on stderr and an exit code: 0 ok, 1 a defect of ours, 2 usage, 3 bad input or output, 130 interrupted.
 */
import manifest from '../../../package.json' with { type: 'json' };
import { UserError, type UserErrorCode } from '#core/errors.ts';
import { didYouMean } from '#core/preset/closest.ts';
import { asksForHelp, usageError } from './arguments.ts';
import type { Command } from './command.ts';
import { EXIT_INTERRUPTED, listenForInterrupts } from './interrupts.ts';

interface Entry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<Command>;
}

const COMMANDS: readonly Entry[] = [
  {
    name: 'fit',
    summary: 'find the settings that turn a dry vocal into its finished version',
    load: async () => (await import('./fit.ts')).fitCommand,
  },
  {
    name: 'render',
    summary: 'play a file through a preset into a new file',
    load: async () => (await import('./render.ts')).renderCommand,
  },
  {
    name: 'metrics',
    summary: 'how far one file is from another',
    load: async () => (await import('./metrics.ts')).metricsCommand,
  },
  {
    name: 'objective',
    summary: 'the loss of a preset on a pair, and its gradient',
    load: async () => (await import('./objective.ts')).objectiveCommand,
  },
  {
    name: 'preset',
    summary: 'import, export or show presets',
    load: async () => (await import('./preset.ts')).presetCommand,
  },
  {
    name: 'prior',
    summary: 'learn what presets are like, sample and score them',
    load: async () => (await import('./prior.ts')).priorCommand,
  },
  {
    name: 'sheet',
    summary: 'a preset as a page to print',
    load: async () => (await import('./sheet.ts')).sheetCommand,
  },
  {
    name: 'loudness',
    summary: 'loudness and peaks of a file',
    load: async () => (await import('./loudness.ts')).loudnessCommand,
  },
  {
    name: 'devices',
    summary: 'what fits can run on, and how fast each is',
    load: async () => (await import('./devices.ts')).devicesCommand,
  },
  {
    name: 'serve',
    summary: 'the app in your browser',
    load: async () => (await import('./serve.ts')).serveCommand,
  },
];

const HELP = `voxfit ${manifest.version} - ${manifest.description}

Usage: voxfit <command> [arguments] [options]

Commands:
${COMMANDS.map(({ name, summary }) => `  ${name.padEnd(10)} ${summary}`).join('\n')}

Options:
  --help     this text, or that of a command: voxfit fit --help
  --version  the version

Example:
  voxfit fit dry.wav wet.wav --out preset.json --render matched.wav

Exit codes: 0 done, 2 wrong usage, 3 unusable input or output, 130 interrupted.
`;

const EXIT_CODES: Readonly<Record<UserErrorCode, number>> = {
  usage: 2,
  'bad-input': 3,
  output: 3,
  interrupted: EXIT_INTERRUPTED,
};

async function dispatch(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === '--version' || name === '-V') {
    process.stdout.write(`${manifest.version}\n`);
    return 0;
  }
  const [wanted, args] = name === 'help' ? [rest[0], ['--help']] : [name, rest];
  if (wanted === undefined && name === undefined) {
    process.stderr.write(HELP);
    return 2;
  }
  if (wanted === undefined || wanted === '--help' || wanted === '-h') {
    process.stdout.write(HELP);
    return 0;
  }
  const entry = COMMANDS.find((command) => command.name === wanted);
  if (!entry) {
    const suggestion = didYouMean(
      wanted,
      COMMANDS.map((command) => command.name),
    );
    throw usageError('', `“${wanted}” is not a command of voxfit.${suggestion}`);
  }
  const command = await entry.load();
  if (asksForHelp(args)) {
    process.stdout.write(command.help);
    return 0;
  }
  return command.run(args);
}

/** One sentence on stderr, and the exit code. */
function reportFailure(error: unknown): number {
  const debug = Boolean(process.env['VOXFIT_DEBUG']);
  if (error instanceof UserError) {
    process.stderr.write(`voxfit: ${debug ? error.stack : error.message}\n`);
    return EXIT_CODES[error.code];
  }
  const message = error instanceof Error ? error.message.split('\n')[0] : String(error);
  process.stderr.write(
    `voxfit: unexpected error, please report it: ${message}${debug ? '' : ' (VOXFIT_DEBUG=1 shows where it happened)'}\n`,
  );
  if (debug && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return 1;
}

/** Resolves when everything written so far has left the process. */
const flushed = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => {
    stream.write('', () => {
      resolve();
    });
  });

// A reader that goes away (`| head`) does not stop the work: its files are still wanted.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.exit(EXIT_CODES.output);
  });
listenForInterrupts();
process.on('uncaughtException', (error) => {
  process.exit(reportFailure(error));
});
const exitCode = await dispatch(process.argv.slice(2)).catch(reportFailure);
await flushed(process.stdout);
await flushed(process.stderr);
process.exit(exitCode);
