/** Colours, where the stream supports them. */
import { styleText } from 'node:util';
import type { Io } from './io.ts';

export type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'cyan' | 'gray' | 'green';

/** The Io decides about colours, so node's own check of process.stdout is off. */
export const styled = (io: Io, stream: 'out' | 'err', style: Style, text: string): string =>
  io.colours[stream] ? styleText(style, text, { validateStream: false }) : text;
