/** Every fault that a line can have, by name. */
import { ModemlabError } from '../../protocol/errors.ts';
import { corrupt, drop, reset, slice } from './damage.ts';
import { bandwidth, jitter, latency, stall } from './delays.ts';
import { Parameters, splitLine, wrong } from './fault-text.ts';
import type { LineFault, Stage } from './flow.ts';
import { PRESETS } from './presets.ts';

interface Kind {
  readonly title: string;
  readonly form: string;
  /** The parameter that a value without a name sets. */
  readonly bare: string;
  readonly stage: (parameters: Parameters) => Stage;
}

const FAULTS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  [
    'latency',
    {
      title: 'every byte arrives this many milliseconds later',
      form: 'latency:MS,after=',
      bare: 'ms',
      stage: (of) => latency(of.ms('ms'), of.begin()),
    },
  ],
  [
    'jitter',
    {
      title: 'every packet arrives up to this many milliseconds later; the order stays',
      form: 'jitter:MS,after=',
      bare: 'ms',
      stage: (of) => jitter(of.ms('ms'), of.begin()),
    },
  ],
  [
    'bandwidth',
    {
      title: 'at most this many bytes arrive per second',
      form: 'bandwidth:BYTES,after=',
      bare: 'rate',
      stage: (of) => bandwidth(of.bytes('rate', 1e9), of.begin()),
    },
  ],
  [
    'slice',
    {
      title: 'the stream is cut into packets of min to max bytes (1 to 16)',
      form: 'slice:MAX,min=,after=',
      bare: 'max',
      stage: (of) => {
        const max = of.bytes('max', 65_536, 16);
        return slice(of.bytes('min', max, 1), max, of.begin());
      },
    },
  ],
  [
    'stall',
    {
      title: 'nothing arrives for this long, or for ever',
      form: 'stall:MS|forever,after=,p=,times=',
      bare: 'ms',
      stage: (of) => stall(of.ms('ms', Infinity, true), of.occurrence()),
    },
  ],
  [
    'drop',
    {
      title: 'pieces of this many bytes (64) are dropped',
      form: 'drop:P,size=,after=,times=',
      bare: 'p',
      stage: (of) => drop(of.bytes('size', 1e6, 64), of.occurrence()),
    },
  ],
  [
    'corrupt',
    {
      title: 'a byte is changed in pieces of this many bytes (64)',
      form: 'corrupt:P,size=,after=,times=',
      bare: 'p',
      stage: (of) => corrupt(of.bytes('size', 1e6, 64), of.occurrence()),
    },
  ],
  [
    'reset',
    {
      title: 'the connection is reset (RST) on both sides',
      form: 'reset:AFTER,p=,times=',
      bare: 'after',
      stage: (of) => reset(of.occurrence()),
    },
  ],
]);

export interface ListedFault {
  readonly name: string;
  readonly title: string;
  /** How it is written; for a preset, its definition. */
  readonly form: string;
  readonly kind: 'fault' | 'preset';
}

/** Faults, followed by the presets made of them. */
export function listFaults(): ListedFault[] {
  return [
    ...Array.from(FAULTS, ([name, { title, form }]) => ({ name, title, form, kind: 'fault' as const })),
    ...Array.from(PRESETS, ([name, { title, line }]) => ({
      name,
      title,
      form: line,
      kind: 'preset' as const,
    })),
  ];
}

/** The faults that a text names, in its order. Throws ModemlabError E_USAGE with the place. */
export function parseLine(text: string): LineFault[] {
  return splitLine(text).flatMap((words) => {
    const preset = PRESETS.get(words.name);
    if (preset !== undefined) {
      if (words.given.size > 0) throw wrong(text, words.name, 'takes no parameters: it has its own');
      return parseLine(preset.line);
    }
    const kind = FAULTS.get(words.name);
    if (kind === undefined) {
      const names = listFaults().map(({ name }) => name);
      throw wrong(text, words.name, `no such fault; there are ${names.join(', ')}`);
    }
    const parameters = new Parameters(text, words, kind.bare);
    const stage = kind.stage(parameters);
    const direction = parameters.direction();
    parameters.done();
    return [{ name: words.name, direction, stage }];
  });
}

/** Like `parseLine`, for a text inside a file: its error, or its faults. */
export function readLine(
  text: string,
):
  | { readonly ok: true; readonly faults: readonly LineFault[] }
  | { readonly ok: false; readonly why: string } {
  try {
    return { ok: true, faults: parseLine(text) };
  } catch (error) {
    if (error instanceof ModemlabError) return { ok: false, why: error.place ?? error.message };
    throw error;
  }
}
