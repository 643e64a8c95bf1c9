/**
 * The protocol core as a library: messages in both directions, the two session machines, the table of quirks.
 * Pure: no sockets, no files, no clock. The auto-configuration server is `modemlab/acs`, modems
 * `modemlab/simulator`.
 */
export type { Decoded, DecodeOptions } from './protocol/cwmp/decode.ts';
export { decode, decodeString } from './protocol/cwmp/decode.ts';
export { encode, encodeBytes } from './protocol/cwmp/encode.ts';
export * from './protocol/cwmp/faults.ts';
export * from './protocol/cwmp/messages.ts';
export * from './protocol/cwmp/parameter-value.ts';
/** The ACS's side of a session: `acsSession.step(state, event, settings)`. */
export * as acsSession from './protocol/cwmp/session-acs.ts';
/** The CPE's side of a session: `cpeSession.step(state, event, settings)`. */
export * as cpeSession from './protocol/cwmp/session-cpe.ts';
export * from './protocol/errors.ts';
export * from './protocol/limits.ts';
export * from './protocol/quirks/quirk.ts';
export { QUIRKS, quirk } from './protocol/quirks.ts';
export * from './protocol/result.ts';
export * from './protocol/soap/dialect.ts';
