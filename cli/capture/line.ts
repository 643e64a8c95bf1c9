/** One message of a capture as a line for a terminal, and in full. */
import type { Mark, StoryRecord } from '../../captures/story/story-record.ts';
import { styled } from '../support/colour.ts';
import type { Io } from '../support/io.ts';
import { writeArguments } from '../support/render-value.ts';
import { safe } from '../support/table.ts';

const GAP = '  ';

/**
 * Time, session, sender and receiver, message, main arguments, marks. Cut to the terminal except for the
 * marks.
 */
export function writeRecord(io: Io, record: StoryRecord): void {
  const { breaches, fault, from, protocol, quirks, session, telling, time, to, what } = record;
  const marks = [...breaches, ...quirks];
  const clock = time.slice(11, 23);
  const number = (session === undefined ? '' : `#${session}`).padEnd(4);
  const way = from === '' ? '' : `${from} > ${to}`;
  const ends = marks.map(({ id }) => id).join(' ');
  const name = safe(what);
  const room =
    io.columns === undefined
      ? Number.POSITIVE_INFINITY
      : io.columns -
        clock.length -
        number.length -
        way.length -
        7 -
        [...name].length -
        5 * GAP.length -
        ends.length;
  const shown = cut(safe(telling), Math.max(room, 12));
  const style = fault === undefined ? 'bold' : 'red';
  const parts = [
    styled(io, 'out', 'dim', clock),
    styled(io, 'out', 'cyan', number),
    styled(io, 'out', 'dim', protocol.padEnd(5)),
    way,
    styled(io, 'out', style, name),
    fault === undefined ? shown : styled(io, 'out', 'red', shown),
    styled(io, 'out', 'yellow', ends),
  ];
  io.out(`${parts.filter((part) => part !== '').join(GAP)}\n`);
}

const cut = (text: string, width: number): string => {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, width - 1).join('')}…`;
};

/**
 * What `--full` adds: the marks explained, and the decoded message, or the raw text if nothing was decoded.
 */
export function writeWhole(io: Io, record: StoryRecord): void {
  for (const mark of [...record.breaches, ...record.quirks])
    io.out(`${styled(io, 'out', 'yellow', markLine(mark))}\n`);
  const { decoded, raw } = record;
  if (decoded !== undefined) writeArguments(io, argumentsOf(decoded));
  else if (raw !== undefined) for (const line of raw.split('\n')) io.out(`${safe(line)}\n`);
  io.out('\n');
}

const markLine = ({ detail, id, title }: Mark): string =>
  safe(`  ${id}: ${title}${detail === '' ? '' : ` (${detail})`}`);

/** Of a CWMP envelope only its arguments; the line above has the rest. */
function argumentsOf(decoded: unknown): unknown {
  if (typeof decoded !== 'object' || decoded === null || !('message' in decoded)) return decoded;
  const { message } = decoded;
  if (typeof message !== 'object' || message === null) return decoded;
  if ('args' in message) return message.args;
  return 'fault' in message ? message.fault : message;
}
