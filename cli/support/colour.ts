/** Colours, where the stream that is written to bears them. */
import { styleText } from 'node:util';
import type { Io } from './io.ts';

export type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'cyan' | 'gray' | 'green';

/** Whether colours are wanted was decided when the Io was made; node's own look at process.stdout is not asked again. */
export const styled = (io: Io, stream: 'out' | 'err', style: Style, text: string): string =>
  io.colours[stream] ? styleText(style, text, { validateStream: false }) : text;
