/**
 * The command line of one modem by telnet: login, banner, prompt, until `exit`, a timeout or three wrong
 * passwords.
 */
import net from 'node:net';
import { ModemlabError } from '../../protocol/errors.ts';
import type { Scheduler } from '../time/scheduler.ts';
import type { Box } from './box.ts';
import type { Effect } from './effect.ts';
import { createKeyboard } from './keyboard.ts';
import { Shell } from './shell.ts';

export interface TelnetOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: a free one. */
  readonly port?: number;
  readonly scheduler: Scheduler;
  /** Effects that are not the modem's own: `boot-mode`. */
  readonly perform?: (effect: Effect) => void;
}

export interface TelnetServer {
  readonly port: number;
  /** Ends all sessions. */
  close(): Promise<void>;
}

/** WILL ECHO, WILL SUPPRESS-GO-AHEAD. */
const GREETING = Uint8Array.of(255, 251, 1, 255, 251, 3);
const MAX_SESSIONS = 8;
const TRIES = 3;
const RULE = '-'.repeat(72);

/** Rejects with ModemlabError E_ADDRESS_IN_USE when the port is taken. */
export async function serveTelnet(box: Box, options: TelnetOptions): Promise<TelnetServer> {
  const { host = '127.0.0.1', port = 0 } = options;
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    new Session(box, options, socket);
  });
  server.maxConnections = MAX_SESSIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(new ModemlabError('E_ADDRESS_IN_USE', `${host}:${port}`, { cause })),
    );
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function banner({ modem: { device } }: Box): string {
  const { productClass, manufacturer } = device.profile.identity;
  const picture = [
    `             .-----------.   ${productClass}`,
    '            /  o  o  o  /|',
    `           /___________/ |   ${device.firmware}`,
    '           |  s i m    | /',
    `           |___________|/    a simulated ${manufacturer} modem`,
  ];
  return [RULE, '', ...picture, '', RULE, '', ''].join('\r\n');
}

class Session {
  readonly #box: Box;
  readonly #socket: net.Socket;
  readonly #options: TelnetOptions;
  #user: string | undefined;
  #shell: Shell | undefined;
  #failures = 0;
  #forget: () => void = () => undefined;

  constructor(box: Box, options: TelnetOptions, socket: net.Socket) {
    this.#box = box;
    this.#options = options;
    this.#socket = socket;
    const keyboard = createKeyboard(() => this.#user !== undefined && this.#shell === undefined);
    socket.write(GREETING);
    socket.write('Username : ');
    this.#watch();
    socket.on('data', (bytes) => {
      this.#watch();
      for (const typed of keyboard.type(bytes)) {
        if (typed.is === 'echo') socket.write(typed.text, 'latin1');
        else this.#enter(typed.text);
      }
    });
    socket.on('close', () => this.#forget());
  }

  /** The session ends after this many simulated seconds without input; 0: never. */
  #watch(): void {
    this.#forget();
    const seconds = Number(this.#box.state.environment.get('SESSIONTIMEOUT') ?? 120);
    if (seconds > 0) this.#forget = this.#options.scheduler.after(seconds * 1000, () => this.#socket.end());
  }

  #enter(line: string): void {
    if (this.#socket.writableEnded) return;
    this.#socket.write('\r\n');
    if (this.#shell !== undefined) this.#command(this.#shell, line);
    else if (this.#user === undefined) {
      this.#user = line.trim();
      this.#socket.write('Password : ');
    } else this.#login(this.#user, line);
  }

  #login(user: string, password: string): void {
    if (this.#box.check(user, password)) {
      this.#shell = new Shell(this.#box, user);
      this.#box.log(`LOGIN User ${user} logged in on telnet (${this.#socket.remoteAddress ?? ''})`);
      this.#socket.write(`${banner(this.#box)}${this.#shell.prompt}`, 'latin1');
      return;
    }
    this.#user = undefined;
    this.#failures += 1;
    this.#socket.write('Invalid username/password\r\n');
    if (this.#failures < TRIES) this.#socket.write('Username : ');
    else this.#socket.end();
  }

  #command(shell: Shell, line: string): void {
    const { text, effects } = shell.run(line);
    this.#socket.write(text, 'latin1');
    for (const effect of effects)
      if (!this.#box.perform(effect) && effect.do !== 'logout') this.#options.perform?.(effect);
    // Every effect ends the session.
    if (effects.length > 0) this.#socket.end();
    else this.#socket.write(shell.prompt, 'latin1');
  }
}
