/**
 * Keeps the engine process and the audio process alive: starts them, notices when one dies or hangs, starts it again, and
 * joins windows to them. A child counts as hung when it leaves pings unanswered for longer than its patience; patience is
 * counted in pings and not by the clock, so that a computer that slept does not look like a hung child.
 */
import { setPriority } from 'node:os';
import type { ChildAnswer, ChildOrder } from '#core/protocol/child.ts';
import type { Port } from '#core/protocol/port.ts';

export type ChildName = 'engine' | 'audio';

/** A running child, however it was started. */
export interface ChildProcess {
  /** `transfer`: a port that goes along with a `connect` order, where the carrier can do that. */
  send(order: ChildOrder, transfer?: unknown): void;
  onAnswer(listener: (answer: ChildAnswer) => void): void;
  onExit(listener: () => void): void;
  /** Ends it at once, whatever state it is in. */
  kill(): void;
  readonly pid: number | undefined;
}

export interface ChildSpec {
  readonly name: ChildName;
  spawn(): ChildProcess;
  /** The longest silence after a ping before it counts as hung. */
  readonly patienceMs: number;
  /** As of os.setPriority: 19 lowest … −20 highest; left as it is where that is not permitted. */
  readonly priority: number;
}

export interface TransferredPort {
  close(): void;
}

/** One end of a connection to a GPU, see core/protocol/gpu.ts. Rejects where there is none. */
export type LendGpu = () => Promise<TransferredPort>;

export type ChildListener = (child: ChildName, state: 'down' | 'up', message: string) => void;

const PING_MS = 1000;
/** Loading programs from a slow disk beside a busy processor takes its time. */
const START_PATIENCE_MS = 30_000;
const QUIT_PATIENCE_MS = 2000;
/** Waiting times before a restart, by how many deaths the last minute saw; with one more, the child stays down. */
const RESTART_DELAYS_MS = [0, 200, 1000, 5000];
const DEATHS_WINDOW_MS = 60_000;

const SUBJECTS = { engine: 'The engine', audio: 'Playback' } as const satisfies Record<ChildName, string>;
const CONSOLATIONS = {
  engine: '; a running fit goes on from where it was.',
  audio: '.',
} as const satisfies Record<ChildName, string>;

export class Supervisor {
  private readonly children: ReadonlyMap<ChildName, SupervisedChild>;

  /**
   * @param onChange told when a child goes down and when it is there again, with a sentence for the user
   * @param lendGpu absent where children reach GPUs themselves
   */
  constructor(specs: readonly ChildSpec[], onChange: ChildListener, lendGpu?: LendGpu) {
    this.children = new Map(specs.map((spec) => [spec.name, new SupervisedChild(spec, onChange, lendGpu)]));
  }

  /** Joins a window's port to the child by relaying; the port closes when the child goes. */
  connect(child: ChildName, port: Port): void {
    this.children.get(child)!.connect(port);
  }

  /** Hands the child a port of its own (Electron's MessagePortMain); the carrier closes it when the child goes. */
  connectTransferred(child: ChildName, port: TransferredPort): void {
    this.children.get(child)!.connectTransferred(port);
  }

  /** Every child may use this file from now on, also after a restart. */
  grant(file: string, path: string): void {
    for (const child of this.children.values()) child.grant(file, path);
  }

  /** Ends the children; resolves when they are gone. */
  async close(): Promise<void> {
    await Promise.all(Array.from(this.children.values(), (child) => child.close()));
  }
}

class SupervisedChild {
  private process: ChildProcess | undefined;
  /** Orders wait here until the child says that it is ready. */
  private waiting: { order: ChildOrder; transfer: TransferredPort | undefined }[] = [];
  private isReady = false;
  private readonly ports = new Map<number, Port>();
  private lastPort = 0;
  private readonly grants = new Map<string, string>();
  /** Pings that the child has let pass in silence. */
  private unanswered = 0;
  private lastPing = 0;
  private readonly pingMs: number;
  private readonly pinging: NodeJS.Timeout;
  private restarting: NodeJS.Timeout | undefined;
  private isHung = false;
  /** Why the child went last; undefined before its first end. */
  private reason: string | undefined;
  private deaths: number[] = [];
  private isClosing = false;
  private onGone: () => void = () => undefined;

  constructor(
    private readonly spec: ChildSpec,
    private readonly onChange: ChildListener,
    private readonly lendGpu?: LendGpu,
  ) {
    this.pingMs = Math.min(PING_MS, spec.patienceMs / 3);
    this.pinging = setInterval(() => {
      this.ping();
    }, this.pingMs);
    this.start();
  }

  connect(port: Port): void {
    if (this.isDown) {
      port.close();
      return;
    }
    const number = ++this.lastPort;
    this.ports.set(number, port);
    this.send({ t: 'connect', port: number });
    port.onMessage((data) => {
      if (this.ports.has(number)) this.send({ t: 'port', port: number, data });
    });
    port.onClose(() => {
      if (this.ports.delete(number)) this.send({ t: 'disconnect', port: number });
    });
  }

  connectTransferred(port: TransferredPort): void {
    if (this.isDown) port.close();
    else this.send({ t: 'connect', port: ++this.lastPort }, port);
  }

  grant(file: string, path: string): void {
    this.grants.set(file, path);
    // A child that is not ready yet gets all grants when it is.
    if (this.isReady) this.send({ t: 'grant', file, path });
  }

  async close(): Promise<void> {
    this.isClosing = true;
    clearInterval(this.pinging);
    clearTimeout(this.restarting);
    const { process } = this;
    if (process) {
      const gone = new Promise<void>((resolve) => {
        this.onGone = resolve;
      });
      if (this.isReady) process.send({ t: 'quit' });
      // One that is not ready has nothing to finish.
      const impatience = setTimeout(
        () => {
          process.kill();
        },
        this.isReady ? QUIT_PATIENCE_MS : 0,
      );
      await gone;
      clearTimeout(impatience);
    }
    this.closePorts();
  }

  /** Whether the child is gone and will not be started again. */
  private get isDown(): boolean {
    return this.isClosing || (!this.process && !this.restarting);
  }

  private start(): void {
    this.restarting = undefined;
    this.isReady = false;
    this.isHung = false;
    this.unanswered = 0;
    const child = this.spec.spawn();
    this.process = child;
    child.onAnswer((answer) => {
      if (this.process === child) this.receive(answer);
    });
    child.onExit(() => {
      if (this.process === child) this.ended();
    });
    // At once: threads take over the priority that the process has when they begin.
    if (child.pid !== undefined) {
      try {
        setPriority(child.pid, this.spec.priority);
      } catch {
        // Not permitted, or gone already; it works at any priority.
      }
    }
  }

  private send(order: ChildOrder, transfer?: TransferredPort): void {
    if (this.isDown) return;
    if (this.isReady) this.process?.send(order, transfer);
    else this.waiting.push({ order, transfer });
  }

  private receive(answer: ChildAnswer): void {
    this.unanswered = 0;
    switch (answer.t) {
      case 'ready':
        this.becomeReady();
        break;
      case 'pong':
        break;
      case 'gpu':
        void this.giveGpu();
        break;
      case 'port':
        this.ports.get(answer.port)?.send(answer.data);
        break;
      case 'disconnect': {
        const port = this.ports.get(answer.port);
        this.ports.delete(answer.port);
        port?.close();
        break;
      }
      default:
        answer satisfies never;
    }
  }

  private async giveGpu(): Promise<void> {
    const child = this.process;
    const port = await this.lendGpu?.().catch(() => undefined);
    if (this.process === child) child?.send({ t: 'gpu' }, port);
    else port?.close();
  }

  private becomeReady(): void {
    if (this.isReady) return;
    this.isReady = true;
    for (const [file, path] of this.grants) this.send({ t: 'grant', file, path });
    const { waiting } = this;
    this.waiting = [];
    for (const { order, transfer } of waiting) this.send(order, transfer);
    if (this.reason === undefined) return;
    const { name } = this.spec;
    this.onChange(name, 'up', `${SUBJECTS[name]} ${this.reason} and was started again${CONSOLATIONS[name]}`);
  }

  private ping(): void {
    if (!this.process || this.isHung) return;
    const patienceMs = this.isReady ? this.spec.patienceMs : START_PATIENCE_MS;
    if (this.unanswered * this.pingMs > patienceMs) {
      this.isHung = true;
      this.process.kill();
      return;
    }
    this.unanswered++;
    this.process.send({ t: 'ping', id: ++this.lastPing });
  }

  private ended(): void {
    this.process = undefined;
    this.isReady = false;
    this.onGone();
    const now = performance.now();
    this.deaths = [...this.deaths.filter((time) => now - time < DEATHS_WINDOW_MS), now];
    this.reason = this.isHung ? 'stopped responding' : 'stopped unexpectedly';
    const delayMs = this.isClosing ? undefined : RESTART_DELAYS_MS[this.deaths.length - 1];
    if (delayMs !== undefined)
      this.restarting = setTimeout(() => {
        this.start();
      }, delayMs);
    this.closePorts();
    if (this.isClosing) return;
    const { name } = this.spec;
    this.onChange(
      name,
      'down',
      delayMs === undefined
        ? `${SUBJECTS[name]} keeps stopping and is not started again; save your work and restart Voxfit.`
        : `${SUBJECTS[name]} ${this.reason} and is being started again.`,
    );
  }

  private closePorts(): void {
    const ports = [...this.ports.values(), ...this.waiting.map(({ transfer }) => transfer)];
    this.ports.clear();
    this.waiting = [];
    for (const port of ports) port?.close();
  }
}
