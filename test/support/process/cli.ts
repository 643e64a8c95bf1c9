/** Runs commands in this process, as a person would on a terminal or a program through a pipe. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Test } from 'tap';
import type { DeviceFile } from '../../../acs/app/device-file.ts';
import { deviceFile } from '../../../acs/app/device-file.ts';
import { deviceKey } from '../../../acs/device-key.ts';
import type { DeviceRecord, Parameter } from '../../../acs/store/store.ts';
import { main } from '../../../cli/main.ts';
import type { Io } from '../../../cli/support/io.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Terminal {
  readonly columns?: number;
  readonly colours?: boolean;
  readonly input?: string | Uint8Array;
}

export interface Running {
  readonly end: Promise<Ran>;
  /** Resolves with the first line of standard output; rejects if the command ends first. */
  readonly firstLine: Promise<string>;
  /** Resolves when this is true of all of standard output; rejects if the command ends first. */
  readonly until: (holds: (out: string) => boolean) => Promise<void>;
  /** The same for standard error. */
  readonly untilErr: (holds: (err: string) => boolean) => Promise<void>;
  readonly signal: () => void;
  readonly aborted: () => readonly number[];
  readonly outSoFar: () => string;
  readonly errSoFar: () => string;
}

/** Starts a command that may run until it is signalled. */
export const start = (argv: readonly string[], terminal: Terminal = {}): Running =>
  new CommandRun(argv, terminal);

class CommandRun implements Running {
  readonly end: Promise<Ran>;
  readonly firstLine: Promise<string>;
  #out = '';
  #err = '';
  readonly #watchers = new Set<() => void>();
  readonly #listeners = new Set<() => void>();
  readonly #aborted: number[] = [];

  constructor(argv: readonly string[], terminal: Terminal) {
    this.end = main(argv, this.#io(terminal)).then((code) => ({ code, out: this.#out, err: this.#err }));
    this.firstLine = this.until((out) => out.includes('\n')).then(() =>
      this.#out.slice(0, this.#out.indexOf('\n') + 1),
    );
    this.firstLine.catch(() => undefined);
  }

  readonly until = (holds: (out: string) => boolean): Promise<void> => this.#when(() => holds(this.#out));

  readonly untilErr = (holds: (err: string) => boolean): Promise<void> => this.#when(() => holds(this.#err));

  readonly signal = (): void => {
    for (const listener of this.#listeners) listener();
  };

  readonly aborted = (): readonly number[] => this.#aborted;
  readonly outSoFar = (): string => this.#out;
  readonly errSoFar = (): string => this.#err;

  async #when(holds: () => boolean): Promise<void> {
    const seen = new Promise<void>((resolve) => {
      const look = (): void => {
        if (holds()) resolve();
      };
      this.#watchers.add(look);
      look();
    });
    const over = this.end.then(({ code, err }) =>
      Promise.reject(new Error(`the command ended with ${code} and printed: ${err}`)),
    );
    await Promise.race([seen, over]);
  }

  #io({ columns, colours = false, input = '' }: Terminal): Io {
    const text = typeof input === 'string' ? input : '';
    const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n');
    const look = (): void => {
      for (const watcher of this.#watchers) watcher();
    };
    const err = (text: string): void => {
      this.#err += text;
      look();
    };
    return {
      out: (text) => {
        this.#out += text;
        look();
      },
      err,
      columns,
      rows: columns === undefined ? undefined : 50,
      colours: { out: colours, err: colours },
      readInput: async () => text,
      openPrompt: async () => ({
        ask: async (prompt) => {
          err(prompt);
          return lines.shift();
        },
        close: () => undefined,
      }),
      inputBytes: async function* () {
        yield Buffer.from(input);
      },
      onSignal: (callback) => {
        this.#listeners.add(callback);
        return () => {
          this.#listeners.delete(callback);
        };
      },
      abort: (code) => {
        this.#aborted.push(code);
      },
    };
  }
}

/** Runs a command to its end. */
export const run = (argv: readonly string[], terminal: Terminal = {}): Promise<Ran> =>
  start(argv, terminal).end;

/** The one JSON document that a command printed. */
export function json({ out }: Ran): unknown {
  return JSON.parse(out);
}

export async function temporaryFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'modemlab-test-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A device with a small tree, as a file of `device export`. */
export function sampleDevice(serial: string, change: Partial<DeviceRecord> = {}): DeviceFile {
  const deviceId = {
    Manufacturer: 'THOMSON',
    OUI: '00147F',
    ProductClass: 'SpeedTouch 780',
    SerialNumber: serial,
  };
  const at = '2026-01-31T12:00:00.000Z';
  const root = 'InternetGatewayDevice.';
  const parameters: readonly Parameter[] = [
    { name: root, writable: false },
    { name: `${root}DeviceInfo.`, writable: false },
    {
      name: `${root}DeviceInfo.SoftwareVersion`,
      value: '6.2.15.5',
      type: 'string',
      writable: false,
      readAt: at,
    },
    { name: `${root}DeviceInfo.UpTime`, value: '3600', type: 'unsignedInt', writable: false, readAt: at },
    { name: `${root}Layer3Forwarding.Forwarding.`, writable: true },
    {
      name: `${root}ManagementServer.URL`,
      value: 'http://192.0.2.9:7547/cwmp',
      type: 'string',
      writable: true,
    },
    {
      name: `${root}ManagementServer.PeriodicInformInterval`,
      value: '60',
      type: 'unsignedInt',
      writable: true,
    },
    {
      name: `${root}ManagementServer.PeriodicInformEnable`,
      value: '1',
      type: 'boolean',
      writable: true,
      notification: 2,
      accessList: ['Subscriber'],
    },
  ];
  const record: DeviceRecord = {
    key: deviceKey(deviceId),
    deviceId,
    firstContact: at,
    lastContact: at,
    lastInform: { events: ['1 BOOT'], currentTime: at, retryCount: 0 },
    informs: 3,
    address: '127.0.0.1',
    namespace: 'urn:dslforum-org:cwmp-1-0',
    softwareVersion: '6.2.15.5',
    discovery: { state: 'done', firmware: '6.2.15.5', names: 5, values: 5, doneAt: at },
    quirks: { 'Q-AT-08': 2 },
    ...change,
  };
  return deviceFile(record, parameters);
}
