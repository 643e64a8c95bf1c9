/**
 * The log of servers: lines for people on a terminal, otherwise one JSON document per line. Always standard
 * error.
 */
import type { Log } from '../../acs/index.ts';
import { styled } from './colour.ts';
import type { Io } from './io.ts';
import type { LogLevel } from './log-levels.ts';
import { LOG_LEVELS } from './log-levels.ts';
import { safe } from './table.ts';

const LOOKS = { error: 'red', warn: 'yellow', info: 'cyan', debug: 'gray' } as const;
type Line = keyof typeof LOOKS;

/** `people`: lines for people rather than programs. */
export async function createLog(io: Io, level: LogLevel, people: boolean): Promise<Log> {
  if (people) return createLines(io, level);
  const { pino } = await import('pino');
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, { write: io.err });
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
  };
}

function createLines(io: Io, level: LogLevel): Log {
  const line =
    (name: Line) =>
    (fields: object, message: string): void => {
      if (LOG_LEVELS.indexOf(name) > LOG_LEVELS.indexOf(level)) return;
      const time = new Date().toISOString().slice(11, 19);
      const details = Object.entries(fields).map(([key, value]) => ` ${key}=${safe(textOf(value))}`);
      const label = name.padEnd(5);
      io.err(`${time} ${styled(io, 'err', LOOKS[name], label)} ${safe(message)}${details.join('')}\n`);
    };
  return { error: line('error'), warn: line('warn'), info: line('info'), debug: line('debug') };
}

function textOf(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
