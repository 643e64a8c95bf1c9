/** What the ACS answers to a POST, before it is written as HTTP. */
import type { WireError } from '../../protocol/errors.ts';
import { describeWireError } from '../../protocol/errors.ts';

export interface Answer {
  readonly status: number;
  /** ASCII. */
  readonly text: string;
  /** Set-Cookie of a session that begins. */
  readonly cookie?: string;
  /** Whether the connection is closed afterwards. */
  readonly close?: boolean;
}

export const EMPTY: Answer = { status: 204, text: '' };

/** The modem is to try again later. */
export const BUSY: Answer = { status: 503, text: '', close: true };

export const refuse = (error: WireError): Answer => ({
  status: 400,
  text: `${describeWireError(error)}\n`,
  close: true,
});
