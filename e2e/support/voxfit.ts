/** The built program, started as a user starts it in a browser, with folders of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../bin/voxfit.js', import.meta.url));
const START_LIMIT_MS = 30_000;

export interface Voxfit {
  readonly pid: number;
  /** The one-time link. */
  readonly url: string;
  readonly folders: Folders;
  /** Process ids of the children whose command line has this in it. */
  children(name: 'engine-process' | 'audio-process'): number[];
  /** As a crash would: no child is told. */
  kill(): Promise<void>;
  /** As Ctrl-C. */
  stop(): Promise<void>;
}

/** Where a program under test keeps its things; made by {@link newFolders}. */
export interface Folders {
  readonly user: string;
  readonly library: string;
  remove(): void;
}

export function newFolders(): Folders {
  const root = mkdtempSync(join(tmpdir(), 'voxfit-e2e-'));
  return {
    user: join(root, 'user'),
    library: join(root, 'library'),
    remove: () => {
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** Starts it; resolves once it says where it runs. */
export async function startVoxfit(
  folders: Folders,
  { env = {}, args = [] }: { env?: Readonly<Record<string, string>>; args?: readonly string[] } = {},
): Promise<Voxfit> {
  const child = spawn(
    process.execPath,
    [
      PROGRAM,
      'serve',
      '--no-open',
      '--port',
      '0',
      '--user-folder',
      folders.user,
      '--library',
      folders.library,
      ...args,
    ],
    { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const errors: string[] = [];
  child.stderr.on('data', (data: Buffer) => errors.push(data.toString()));
  const exited = new Promise<void>((resolve) =>
    child.once('exit', () => {
      resolve();
    }),
  );
  const url = await new Promise<string>((resolve, reject) => {
    const fail = (): void => {
      reject(new Error(`Voxfit did not start: ${errors.join('')}`));
    };
    const timer = setTimeout(fail, START_LIMIT_MS);
    child.once('exit', fail);
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = /http:\/\/127\.0\.0\.1:\d+\/\S*/.exec(line);
      if (!found) return;
      clearTimeout(timer);
      child.off('exit', fail);
      resolve(found[0]);
    });
  });
  return {
    pid: child.pid!,
    url,
    folders,
    children: (name) => childrenOf(child, name),
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

function childrenOf(parent: ChildProcess, name: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((entry) => {
      try {
        const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
        const parentId = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
        return parentId === parent.pid && readFileSync(`/proc/${entry}/cmdline`, 'utf8').includes(name);
      } catch {
        // It ended meanwhile.
        return false;
      }
    })
    .map(Number);
}
