/** The secrets of one UDP datagram: learnt, and replaced in place. */
import { macText } from '../../protocol/ipv4.ts';
import { byteText } from '../file/octets.ts';
import { addressText } from '../packet/ip.ts';
import type { BootpField } from './bootp-fields.ts';
import { bootpFields } from './bootp-fields.ts';
import { blanked } from './edits.ts';
import { checkPlaces, reseal } from './mdap-seal.ts';
import type { DatagramPassage } from './passage.ts';
import type { Secrets } from './secrets.ts';
import type { Tally } from './tally.ts';
import type { Replacement } from './texts.ts';
import { learnText, replaceText } from './texts.ts';

export function learnDatagram(secrets: Secrets, passage: DatagramPassage, payload: Uint8Array): void {
  switch (passage.is) {
    case 'blank':
      return;
    case 'bootp':
      for (const field of bootpFields(payload)) learnField(secrets, field, payload);
      return;
    case 'mdap':
      learnText(secrets, 'lines', mdapText(payload).text);
      return;
    default:
      learnText(secrets, passage.is, passage.text);
  }
}

function learnField(secrets: Secrets, { at, is, length }: BootpField, payload: Uint8Array): void {
  const bytes = payload.subarray(at, at + length);
  if (is === 'mac') secrets.learnMac(macText(bytes));
  else if (is === 'address') secrets.learnAddress(bytes.join('.'));
  else if (is === 'text') learnText(secrets, 'lines', byteText(bytes));
  else if (is !== 'blank') secrets.learn(is, byteText(bytes));
}

/** Without its check values, which would be taken for parts of words. */
function mdapText(payload: Uint8Array): { readonly text: string; readonly checks: readonly number[] } {
  const checks = checkPlaces(payload);
  return { text: byteText(payload.subarray(0, checks[0] ?? payload.length)), checks };
}

/**
 * Changes the bytes of a payload, never their number. `body`: known replacements in the body of MDAP.
 */
export function replaceDatagram(
  secrets: Secrets,
  passage: DatagramPassage,
  payload: Uint8Array,
  tally: Tally,
  body?: readonly Replacement[],
): void {
  switch (passage.is) {
    case 'blank':
      for (const { at, length } of passage.spans) {
        tally.blank(passage.what, length);
        const part = payload.subarray(at, at + length);
        part.set(part.map((byte) => blanked(byte, passage.how)));
      }
      return;
    case 'bootp':
      for (const field of bootpFields(Uint8Array.from(payload))) replaceField(secrets, field, payload, tally);
      return;
    case 'mdap': {
      const old = Uint8Array.from(payload);
      const { checks, text } = mdapText(old);
      const head = body === undefined ? text : text.slice(0, text.indexOf('\r\n\r\n'));
      const replacements = [...replaceText(secrets, 'lines', head, tally.replace), ...(body ?? [])];
      for (const { at, bytes } of replacements) payload.set(bytes, at);
      reseal(old, payload, checks);
      return;
    }
    default:
      for (const { at, bytes } of replaceText(secrets, passage.is, passage.text, tally.replace))
        payload.set(bytes, at);
  }
}

function replaceField(secrets: Secrets, field: BootpField, payload: Uint8Array, tally: Tally): void {
  const { at, is, length } = field;
  const bytes = payload.subarray(at, at + length);
  if (is === 'blank') {
    if (bytes.some((byte) => byte !== 0)) tally.blank('unknown fields of BOOTP and DHCP', length);
    bytes.fill(0);
  } else if (is === 'mac' || is === 'address') replaceOctets(secrets, field, payload, tally);
  else {
    const text = byteText(bytes);
    if (is === 'text')
      for (const part of replaceText(secrets, 'lines', text, tally.replace)) bytes.set(part.bytes, part.at);
    else {
      const other = secrets.replace(is, text);
      if (other !== text) tally.replace(is, text);
      bytes.set(Buffer.from(other, 'latin1'));
    }
  }
}

/** Replaces a binary address, in a header or in a message. */
export function replaceOctets(
  secrets: Secrets,
  { at, is, length }: { readonly at: number; readonly length: number; readonly is: BootpField['is'] },
  bytes: Uint8Array,
  tally: Tally,
): void {
  const old = Uint8Array.from(bytes.subarray(at, at + length));
  if (old.length < length) return;
  const other = is === 'mac' ? secrets.mac(old) : secrets.addressOctets(old);
  if (other.every((byte, index) => byte === old[index])) return;
  if (is === 'mac') tally.replace('MAC address', macText(old));
  else tally.replace('IP address', addressText(old));
  bytes.set(other, at);
}
