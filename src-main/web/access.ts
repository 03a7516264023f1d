/**
 * Who may use the local web host: a browser that opened a link which the program gave out, at the program's own address.
 *
 * Every other page in the user's browser, every other user and program of the computer can reach the port. They are kept
 * out by a key that works once and is exchanged for a cookie, by the Host header (a name that was rebound to 127.0.0.1
 * gives itself away) and by the Origin header (so do the pages of others).
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Refusal } from './refusal.ts';

const SECRET_BYTES = 32;
/** More links than anybody opens; the oldest ones go. */
const MAX_LINKS = 50;

/** 256 random bits that fit into an address, a cookie and a header. */
export const newSecret = (): string => randomBytes(SECRET_BYTES).toString('base64url');

const digestOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();

/** Takes the same time whatever the two have in common. */
export const isSameSecret = (a: string, b: string): boolean => timingSafeEqual(digestOf(a), digestOf(b));

/** Throws a {@link Refusal} unless the request is for the program's own address and comes from a page of it. */
export function requireLocal(request: IncomingMessage, port: number, needsOrigin: boolean): void {
  const { host, origin } = request.headers;
  if (host !== `127.0.0.1:${port}` && host !== `localhost:${port}`)
    throw new Refusal(403, 'Voxfit answers only at its own address on this computer.');
  if (origin === undefined ? needsOrigin : origin !== `http://${host}`)
    throw new Refusal(403, 'Voxfit answers only to its own pages.');
}

export class Access {
  private keys: string[] = [];
  private readonly sessions: string[] = [];
  private readonly cookieName: string;

  constructor(port: number) {
    // Cookies do not know ports; two Voxfits must not take each other's away.
    this.cookieName = `voxfit-${port}`;
  }

  /** A key that lets one browser in, once. */
  newKey(): string {
    const key = newSecret();
    this.keys = [...this.keys, key].slice(-MAX_LINKS);
    return key;
  }

  /** Uses up a key. Answers the Set-Cookie header that lets the browser in from now on; undefined for a wrong key. */
  redeem(key: string): string | undefined {
    const found = this.keys.filter((known) => isSameSecret(known, key));
    if (found.length === 0) return undefined;
    this.keys = this.keys.filter((known) => !found.includes(known));
    const session = newSecret();
    this.sessions.push(session);
    return `${this.cookieName}=${session}; HttpOnly; SameSite=Strict; Path=/`;
  }

  isKnown(request: IncomingMessage): boolean {
    const given = (request.headers.cookie ?? '')
      .split(';')
      .map((pair) => pair.trim().split('='))
      .filter(([name]) => name === this.cookieName);
    return given.some(([, value]) => this.sessions.some((session) => isSameSecret(session, value ?? '')));
  }

  /** Throws a {@link Refusal} for a browser that was never let in. */
  require(request: IncomingMessage): void {
    if (!this.isKnown(request))
      throw new Refusal(
        403,
        'Open Voxfit with the link that it printed when it started; a link works once, and starting Voxfit again prints a new one.',
      );
  }
}
