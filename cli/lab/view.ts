/** The live view of the lab: a table that is redrawn on a terminal, lines elsewhere, JSON for programs. */
import process from 'node:process';
import { stripVTControlCharacters } from 'node:util';
import type { AcsEvent, DeviceRecord, DeviceStore, Task } from '../../acs/index.ts';
import { counted } from '../../protocol/counted.ts';
import { styled } from '../support/colour.ts';
import type { Io } from '../support/io.ts';
import { safe } from '../support/table.ts';
import type { AntStep } from './ant.ts';
import { antLine, discoverWords } from './ant.ts';
import type { LabDevice } from './stored.ts';

export interface LabView {
  began(url: string, folder: string): void;
  see(observation: AcsEvent): void;
  /** What happens on MDAP to the device of this key. */
  seeAnt(key: string, step: AntStep): void;
  stop(): void;
}

export function createLabView(
  io: Io,
  store: DeviceStore,
  devices: readonly LabDevice[],
  { json, once }: { readonly json: boolean; readonly once: boolean },
): LabView {
  if (json) return once ? SILENT : jsonView(io);
  return io.columns === undefined ? lineView(io, store, devices) : new TableView(io, store, devices);
}

const SILENT: LabView = {
  began: () => undefined,
  see: () => undefined,
  seeAnt: () => undefined,
  stop: () => undefined,
};

function jsonView(io: Io): LabView {
  const line = (document: object): void => io.out(`${JSON.stringify(document)}\n`);
  return {
    began: (url) => line({ event: 'listening', url, pid: process.pid }),
    see: ({ is, ...rest }) => line({ event: is, ...rest }),
    seeAnt: (device, { step, ...rest }) => line({ event: `ant-${step}`, device, ...rest }),
    stop: () => undefined,
  };
}

const ESCAPE = '\u001b';
const HINT = 'Try in another terminal: npm run -s modemlab -- device list';

/** A task whose state has changed; `undefined` for the intermediate states. */
function taskLine(task: Task): string | undefined {
  const { id, device, request, state } = task;
  const what = `${device}: ${request.rpc} (task ${id})`;
  switch (state) {
    case 'done':
      return `${what} done`;
    case 'failed':
      return `${what} failed: ${reasonOf(task)}`;
    case 'running':
      return `${what} accepted, waiting for TransferComplete`;
    case 'sent':
    case 'new':
    case 'claimed':
    case 'unsure':
      return undefined;
  }
}

const reasonOf = ({ error, fault }: Task): string =>
  fault === undefined ? (error?.code ?? '') : `${fault.FaultCode} ${fault.FaultString}`;

/** Lines for a log: each modem's first contact in quarters, and the outcome of tasks. */
function lineView(io: Io, store: DeviceStore, devices: readonly LabDevice[]): LabView {
  const quarters = new Map<string, number>();
  const say = (text: string): void => io.err(`${new Date().toISOString().slice(11, 19)} ${safe(text)}\n`);
  const progress = (record: DeviceRecord | undefined): void => {
    if (record === undefined || record.discovery.names === 0) return;
    const { names, values } = record.discovery;
    const quarter = Math.floor((4 * values) / names);
    if (quarter <= (quarters.get(record.key) ?? -1)) return;
    quarters.set(record.key, quarter);
    say(`${record.key}: ${values} of ${counted(names, 'parameter')} read`);
  };
  return {
    began: (url, folder) => {
      say(`the ACS is listening on ${url}, with its data in ${folder}`);
      for (const { key, title } of devices) say(`${key}: ${title} is booting`);
      say(HINT);
    },
    see: (observation) => {
      if (observation.is === 'session-began' && !observation.events.includes('2 PERIODIC'))
        say(`${observation.device}: Inform ${observation.events.join(', ')}`);
      if (observation.is === 'task') {
        const line = taskLine(observation.task);
        if (line !== undefined) say(line);
      } else store.get(observation.device).then(progress, () => undefined);
    },
    seeAnt: (_key, step) => say(antLine(step)),
    stop: () => undefined,
  };
}

/** How many of the latest events are shown below the table. */
const MAX_EVENTS = 8;

const ANT_STATES: Readonly<Record<AntStep['step'], string>> = {
  on: 'booting, without an ACS',
  found: 'found by MDAP',
  ran: 'configured by MDAP',
  configured: 'has its ACS',
  failed: 'not reached by MDAP',
};

interface Row {
  sessions: number;
  last: string;
}

class TableView implements LabView {
  readonly #io: Io;
  readonly #store: DeviceStore;
  readonly #devices: readonly LabDevice[];
  readonly #rows: ReadonlyMap<string, Row>;
  readonly #timer: NodeJS.Timeout;
  readonly #events: string[] = [];
  readonly #hints = [`${HINT} (Ctrl+C to quit)`];
  #head = '';
  /** Lines of the last drawing. */
  #drawn = 0;
  /** Columns and rows of the terminal then. */
  #size = '';
  #drawing = false;

  constructor(io: Io, store: DeviceStore, devices: readonly LabDevice[]) {
    this.#io = io;
    this.#store = store;
    this.#devices = devices;
    this.#rows = new Map(devices.map(({ key }) => [key, { sessions: 0, last: 'booting' }]));
    this.#timer = setInterval(() => this.#redraw(), 250);
  }

  began(url: string, folder: string): void {
    this.#head = `modemlab: ACS on ${url}, data in ${folder}`;
    this.#redraw();
  }

  see(observation: AcsEvent): void {
    if (observation.is === 'task') {
      const line = taskLine(observation.task);
      if (line !== undefined) this.#addEvent(line);
      return;
    }
    const row = this.#rows.get(observation.device);
    if (row !== undefined) follow(row, observation);
    if (observation.is === 'session-began' && !observation.events.includes('2 PERIODIC'))
      this.#addEvent(`${observation.device}: ${observation.events.join(', ')}`);
  }

  seeAnt(key: string, step: AntStep): void {
    const row = this.#rows.get(key);
    if (row !== undefined) row.last = ANT_STATES[step.step];
    if (step.step === 'on') {
      const [command, place] = discoverWords(step);
      this.#hints.push(`  npm run -s modemlab -- ${command} \\`, `    ${place}`);
    }
    this.#addEvent(antLine(step));
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#redraw();
  }

  #addEvent(text: string): void {
    this.#events.push(`${new Date().toISOString().slice(11, 19)} ${safe(text)}`);
    if (this.#events.length > MAX_EVENTS) this.#events.shift();
  }

  #redraw(): void {
    if (this.#drawing) return;
    this.#drawing = true;
    void this.#draw().finally(() => {
      this.#drawing = false;
    });
  }

  async #draw(): Promise<void> {
    const io = this.#io;
    const { columns = 80, rows = 24 } = io;
    const measure = columns < WIDE_FROM ? NARROW : WIDE;
    const lines = [styled(io, 'out', 'bold', this.#head), ''];
    lines.push(
      styled(io, 'out', 'bold', cells(measure, 'MODEM', 'FIRMWARE', 'PARAMETERS', 'SESSIONS', 'NOW')),
    );
    for (const { key, title } of this.#devices) {
      const record = await this.#store.get(key).catch(() => undefined);
      lines.push(
        deviceLine(io, measure, title, record, this.#rows.get(key)),
        styled(io, 'out', 'dim', `  ${key}`),
      );
    }
    // The row below the last line is the cursor's. The oldest events make room first.
    const room = Math.max(1, rows - 1);
    const spare = room - lines.length - this.#hints.length - 2;
    if (spare > 0) lines.push('', ...this.#events.slice(-spare));
    lines.push('', ...this.#hints.map((hint) => styled(io, 'out', 'dim', hint)));
    const shown = lines.slice(0, room).map((line) => cutLine(line, columns));
    const size = `${columns} ${rows}`;
    io.out(`${this.#over(size)}${shown.join('\n')}\n`);
    this.#drawn = shown.length;
    this.#size = size;
  }

  /** Moves the cursor to where the last drawing began: no flicker, and what is above stays. */
  #over(size: string): string {
    if (this.#drawn === 0) return '';
    // A terminal of another size has wrapped the lines differently, so their start is unknown.
    return size === this.#size ? `${ESCAPE}[${this.#drawn}F${ESCAPE}[J` : `${ESCAPE}[2J${ESCAPE}[H`;
  }
}

function follow(row: Row, observation: Exclude<AcsEvent, { is: 'task' }>): void {
  switch (observation.is) {
    case 'session-began':
      row.sessions += 1;
      row.last = observation.events.join(', ');
      return;
    case 'request':
      row.last = observation.rpc;
      return;
    case 'session-ended':
      row.last = observation.why === 'done' ? 'idle' : observation.why;
      return;
  }
}

/** Widths of the columns before the last, and the length of the bar, for wide terminals and for others. */
const WIDE = { widths: [34, 10, 34, 8], bar: 20 } as const;
const NARROW = { widths: [24, 9, 22, 8], bar: 8 } as const;
const WIDE_FROM = 110;

type Measure = typeof WIDE | typeof NARROW;

const cells = ({ widths }: Measure, ...texts: readonly string[]): string =>
  texts.map((text, index) => text.slice(0, widths[index]).padEnd(widths[index] ?? 0)).join(' ');

function deviceLine(
  io: Io,
  measure: Measure,
  title: string,
  record: DeviceRecord | undefined,
  row: Row | undefined,
): string {
  const { names = 0, values = 0 } = record?.discovery ?? {};
  const done = record?.discovery.state === 'done';
  const share = names === 0 ? 0 : values / names;
  const filled = Math.round(share * measure.bar);
  const bar = '#'.repeat(filled) + '.'.repeat(measure.bar - filled);
  const progress = `${bar} ${done ? `${names} stored` : `${values}/${names}`}`;
  const text = cells(
    measure,
    title,
    record?.softwareVersion ?? '',
    progress,
    String(row?.sessions ?? 0).padStart(8),
    row?.last ?? '',
  );
  return done ? styled(io, 'out', 'green', text) : text;
}

/** Cut to the terminal's width, not counting colours. */
function cutLine(line: string, columns: number): string {
  const excess = stripVTControlCharacters(line).length - columns;
  if (excess <= 0) return line;
  const tail = line.endsWith('m') ? line.slice(line.lastIndexOf(ESCAPE)) : '';
  return line.slice(0, line.length - tail.length - excess) + tail;
}
