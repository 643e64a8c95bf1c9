/**
 * Line breaks and indentation of an envelope, by the depth at which an element stands: Envelope 0, Header and
 * Body 1, the message 2. Thomson's client builds its Inform with one routine and its answers with others, and
 * each indents differently; 7.4 also runs the start tags of containers into what follows. ACSs have been seen
 * to care.
 */
import type { Dialect } from '../soap/dialect.ts';

export interface Layout {
  /** White space before a start tag, or before an element with text (`leaf`). */
  before(depth: number, name: string, leaf: boolean): string;
  /** After the start tag of a container; `depth` is that of its children. */
  afterStart(depth: number): string;
  /** Before the end tag of a container. */
  beforeEnd(depth: number): string;
  /** After an element. */
  readonly after: string;
}

const none = (): string => '';
const COMPACT: Layout = { before: none, afterStart: none, beforeEnd: none, after: '' };

export function layoutOf(layout: Dialect['layout']): Layout {
  return layout === 'compact' ? COMPACT : thomson(layout === 'thomson-g7');
}

/** Which routine of the client writes a message: it decides the indentation. */
type Routine = 'request' | 'methods' | 'names' | 'values' | 'answer';

function routineOf(message: string): Routine {
  const name = message.slice(message.indexOf(':') + 1);
  if (name === 'GetRPCMethodsResponse') return 'methods';
  if (name === 'GetParameterNamesResponse') return 'names';
  if (name === 'GetParameterValuesResponse') return 'values';
  return name.endsWith('Response') || name === 'Fault' ? 'answer' : 'request';
}

const MESSAGE_DEPTH = 2;

function thomson(runsOn: boolean): Layout {
  let routine: Routine = 'request';
  let body = false;
  let structs = 0;
  const indents: number[] = [];

  const indent = (depth: number, leaf: boolean): number => {
    if (depth < MESSAGE_DEPTH) return depth;
    switch (routine) {
      case 'methods':
        return 0;
      case 'request':
        // 7.4 writes the first value of an Inform separately and the others with the routine of its value
        // lists.
        if (runsOn && structs > 1 && depth > MESSAGE_DEPTH + 1) return depth + 1;
        return leaf && depth > MESSAGE_DEPTH + 1 ? 1 : 0;
      case 'names':
        return depth > MESSAGE_DEPTH + 1 ? depth - 1 : depth;
      case 'values':
        return runsOn && depth > MESSAGE_DEPTH + 1 ? depth + 1 : depth;
      case 'answer':
        return depth;
    }
  };

  return {
    before: (depth, name, leaf) => {
      if (depth === MESSAGE_DEPTH - 1) body = name.endsWith('Body');
      if (!body && depth >= MESSAGE_DEPTH) return '';
      if (depth === MESSAGE_DEPTH) routine = routineOf(name);
      if (name === 'ParameterValueStruct') structs += 1;
      const width = indent(depth, leaf);
      if (!leaf) indents[depth] = width;
      return ' '.repeat(width);
    },
    afterStart: (depth) => (runsOn && depth > MESSAGE_DEPTH ? '' : '\r\n'),
    beforeEnd: (depth) => (runsOn && depth >= MESSAGE_DEPTH ? '' : ' '.repeat(indents[depth] ?? 0)),
    after: '\r\n',
  };
}
