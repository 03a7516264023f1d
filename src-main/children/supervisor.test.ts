import { spawnSync } from 'node:child_process';
import { getPriority } from 'node:os';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ChildAnswer, ChildOrder } from '#core/protocol/child.ts';
import { joinedPorts, type Port } from '#core/protocol/port.ts';
import { forkChild } from './forked-child.ts';
import { Supervisor, type ChildName, type ChildProcess, type ChildSpec } from './supervisor.ts';
import { buildTestChild } from './test-program.ts';

let program: string;
beforeAll(async () => {
  program = await buildTestChild();
});

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

interface Change {
  readonly child: ChildName;
  readonly state: 'down' | 'up';
  readonly message: string;
}

/** Real children under supervision. */
class Fixture {
  readonly changes: Change[] = [];
  readonly spawned: ChildProcess[] = [];
  readonly supervisor: Supervisor;
  private wake: () => void = () => undefined;

  constructor({ flags = [], ...spec }: Partial<ChildSpec> & { flags?: string[] } = {}) {
    const spawn = (): ChildProcess => {
      const child = forkChild('engine', program, flags);
      this.spawned.push(child);
      return child;
    };
    this.supervisor = new Supervisor(
      [{ name: 'engine', patienceMs: 900, priority: 0, spawn, ...spec }],
      (child, state, message) => {
        this.changes.push({ child, state, message });
        this.wake();
      },
    );
    closing.push(() => this.supervisor.close());
  }

  connect(): Window {
    const [here, there] = joinedPorts();
    this.supervisor.connect('engine', there);
    return new Window(here);
  }

  async change(index: number): Promise<Change> {
    while (this.changes.length <= index)
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    return this.changes[index]!;
  }

  get pid(): number {
    return this.spawned.at(-1)!.pid!;
  }
}

/** A window's end of a connection. */
class Window {
  readonly closed: Promise<void>;
  private readonly answers: unknown[] = [];
  private wake: () => void = () => undefined;

  constructor(readonly port: Port) {
    port.onMessage((message) => {
      this.answers.push(message);
      this.wake();
    });
    this.closed = new Promise((resolve) => {
      port.onClose(resolve);
    });
  }

  async ask(message: unknown): Promise<unknown> {
    this.port.send(message);
    while (this.answers.length === 0)
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    return this.answers.shift();
  }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('a supervised child', () => {
  it('talks with every window by itself', async () => {
    const fixture = new Fixture();
    const [first, second] = [fixture.connect(), fixture.connect()];
    const sound = new Float32Array([0.5, -0, NaN]);
    expect(await first.ask({ sound })).toEqual({ echo: { sound } });
    expect(await second.ask('two')).toEqual({ echo: 'two' });
    expect(await second.ask('pid')).toBe(fixture.pid);
    expect(fixture.changes).toEqual([]);
  });

  it('hears when a window goes, and a window when the child hangs up', async () => {
    const fixture = new Fixture();
    const [first, second] = [fixture.connect(), fixture.connect()];
    first.port.close();
    expect(await second.ask('grants')).toEqual([['closed', '']]);
    second.port.send('hang up');
    await second.closed;
    expect(await fixture.connect().ask(1)).toEqual({ echo: 1 });
  });

  it('is started again when it dies, with the files it may use', async () => {
    const fixture = new Fixture();
    fixture.supervisor.grant('f-1', '/music/one.wav');
    const window = fixture.connect();
    const before = await window.ask('pid');
    fixture.supervisor.grant('f-2', '/music/two.wav');
    window.port.send('die');
    await window.closed;
    fixture.supervisor.grant('f-3', '/music/three.wav');
    // Connected before it is there again: it is answered when it is.
    const again = fixture.connect();
    expect(await again.ask('pid')).not.toBe(before);
    expect(await again.ask('grants')).toEqual([
      ['f-1', '/music/one.wav'],
      ['f-2', '/music/two.wav'],
      ['f-3', '/music/three.wav'],
    ]);
    expect(fixture.changes).toEqual([
      {
        child: 'engine',
        state: 'down',
        message: 'The engine stopped unexpectedly and is being started again.',
      },
      {
        child: 'engine',
        state: 'up',
        message:
          'The engine stopped unexpectedly and was started again; a running fit goes on from where it was.',
      },
    ]);
  });

  it.each(['busy', 'stopped'])('is killed and started again when it is %s for too long', async (how) => {
    const fixture = new Fixture();
    const window = fixture.connect();
    const { pid } = fixture;
    await window.ask('pid');
    if (how === 'busy') window.port.send('hang');
    else process.kill(pid, 'SIGSTOP');
    await window.closed;
    expect(isAlive(pid)).toBe(false);
    expect((await fixture.change(1)).message).toBe(
      'The engine stopped responding and was started again; a running fit goes on from where it was.',
    );
    expect(await fixture.connect().ask(1)).toEqual({ echo: 1 });
  });

  it('may be silent for as long as its patience lasts', async () => {
    const fixture = new Fixture({ patienceMs: 3000 });
    const window = fixture.connect();
    const before = await window.ask('pid');
    process.kill(fixture.pid, 'SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 1200));
    process.kill(fixture.pid, 'SIGCONT');
    expect(await window.ask('pid')).toBe(before);
    expect(fixture.changes).toEqual([]);
  });

  it('that dies again and again stays down, and says so', async () => {
    const fixture = new Fixture({ flags: ['--die-at-start'] });
    const window = fixture.connect();
    await window.closed;
    expect(await fixture.change(4)).toEqual({
      child: 'engine',
      state: 'down',
      message: 'The engine keeps stopping and is not started again; save your work and restart Voxfit.',
    });
    expect(fixture.spawned).toHaveLength(5);
    await fixture.connect().closed;
    let isClosed = false;
    fixture.supervisor.connectTransferred('engine', {
      close: () => {
        isClosed = true;
      },
    });
    expect(isClosed).toBe(true);
  });

  it('whose program is not there is down', async () => {
    const fixture = new Fixture({ spawn: () => forkChild('audio', `${program}.not-there`, []) });
    expect((await fixture.change(0)).state).toBe('down');
  });

  it('has sentences of its own', async () => {
    const message = await new Promise<string>((resolve) => {
      const audio = new Supervisor(
        [{ name: 'audio', patienceMs: 900, priority: 0, spawn: () => forkChild('audio', program, []) }],
        (child, state, sentence) => {
          if (child === 'audio' && state === 'up') resolve(sentence);
        },
      );
      closing.push(() => audio.close());
      const [here, there] = joinedPorts();
      audio.connect('audio', there);
      here.send('hang');
    });
    expect(message).toBe('Playback stopped responding and was started again.');
  });

  it('gets its priority', async () => {
    const fixture = new Fixture({ priority: 7 });
    await fixture.connect().ask('pid');
    expect(getPriority(fixture.pid)).toBe(7);
  });
});

describe('a child that asks for a GPU', () => {
  /** In the place of Electron's utility process, whose ports travel with orders. */
  class Utility implements ChildProcess {
    readonly pid = undefined;
    readonly sent: [ChildOrder, unknown][] = [];
    private answer: (answer: ChildAnswer) => void = () => undefined;
    private exit: () => void = () => undefined;

    send(order: ChildOrder, transfer?: unknown): void {
      this.sent.push([order, transfer]);
    }
    onAnswer(listener: (answer: ChildAnswer) => void): void {
      this.answer = listener;
    }
    onExit(listener: () => void): void {
      this.exit = listener;
    }
    kill(): void {
      this.exit();
    }
    ask(): void {
      this.answer({ t: 'ready' });
      this.answer({ t: 'gpu' });
    }
  }

  const start = (lendGpu?: () => Promise<{ close(): void }>): Utility => {
    const child = new Utility();
    const spec: ChildSpec = { name: 'engine', patienceMs: 900, priority: 0, spawn: () => child };
    const supervisor = new Supervisor([spec], () => undefined, lendGpu);
    closing.push(() => {
      setTimeout(() => {
        child.kill();
      });
      return supervisor.close();
    });
    return child;
  };
  const answerOf = async ({ sent }: Utility): Promise<unknown> => {
    const isAnswer = ([{ t }]: [ChildOrder, unknown]): boolean => t === 'gpu';
    await vi.waitUntil(() => sent.some(isAnswer));
    return sent.find(isAnswer)![1];
  };

  it('gets one', async () => {
    const end = { close: () => undefined };
    const child = start(() => Promise.resolve(end));
    child.ask();
    expect(await answerOf(child)).toBe(end);
  });

  it.each([undefined, () => Promise.reject(new Error('no window'))])(
    'is told that there is none',
    async (lend) => {
      const child = start(lend);
      child.ask();
      expect(await answerOf(child)).toBeUndefined();
    },
  );

  it('leaves none behind when it goes meanwhile', async () => {
    let lend: (end: { close(): void }) => void = () => undefined;
    const child = start(() => new Promise((resolve) => (lend = resolve)));
    child.ask();
    child.kill();
    const isClosed = new Promise<void>((resolve) => {
      lend({ close: resolve });
    });
    await isClosed;
    expect(child.sent.some(([{ t }]) => t === 'gpu')).toBe(false);
  });
});

describe('closing', () => {
  it.each([[[]], [['--ignore-quit']], [['--never-ready']]])('ends a child with %j', async (flags) => {
    const fixture = new Fixture({ flags });
    const window = fixture.connect();
    if (!flags.includes('--never-ready')) await window.ask('pid');
    const { pid } = fixture;
    await fixture.supervisor.close();
    await window.closed;
    expect(isAlive(pid)).toBe(false);
    expect(fixture.changes).toEqual([]);
    await fixture.connect().closed;
    expect(fixture.spawned).toHaveLength(1);
  });

  it('ends a stopped child', async () => {
    const fixture = new Fixture({ patienceMs: 60_000 });
    await fixture.connect().ask('pid');
    process.kill(fixture.pid, 'SIGSTOP');
    await fixture.supervisor.close();
    expect(isAlive(fixture.pid)).toBe(false);
  });
});

describe('what a child prints', () => {
  const shown = (debug: string): string => {
    const script = `
      import { fork } from 'node:child_process';
      const { forkChild } = await import(${JSON.stringify(`${program}.forked.mjs`)});
      const child = forkChild('audio', ${JSON.stringify(program)}, ['--noise']);
      child.onAnswer(() => child.send({ t: 'quit' }));
      child.onExit(() => undefined);`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      env: { ...process.env, VOXFIT_DEBUG: debug },
    });
    return stdout + stderr;
  };

  it('is seen only on request, without the noise of audio libraries', async () => {
    const { rolldown } = await import('rolldown');
    const bundle = await rolldown({ input: `${import.meta.dirname}/forked-child.ts`, platform: 'node' });
    await bundle.write({ file: `${program}.forked.mjs`, format: 'esm' });
    await bundle.close();
    expect(shown('')).toBe('');
    expect(shown('1').split('\n').sort().join('\n').trim()).toBe(
      '[audio] a line on stderr\n[audio] a line on stdout',
    );
  });
});
