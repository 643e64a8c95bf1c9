/**
 * Netascii (RFC 764 by way of RFC 1350): on the wire a line ends with CR LF, and a CR that ends no line is CR
 * NUL.
 */

const [NUL, LF, CR] = [0x00, 0x0a, 0x0d] as const;

/** Bytes of a file as they go onto the wire. Pieces may be encoded one by one: nothing is carried over. */
export function encodeNetascii(bytes: Uint8Array): Uint8Array {
  let extra = 0;
  for (const byte of bytes) if (byte === LF || byte === CR) extra += 1;
  const encoded = new Uint8Array(bytes.length + extra);
  let at = 0;
  for (const byte of bytes) {
    if (byte === LF) encoded[at++] = CR;
    encoded[at++] = byte;
    if (byte === CR) encoded[at++] = NUL;
  }
  return encoded;
}

export interface NetasciiDecoded {
  readonly bytes: Uint8Array;
  /** Whether the piece ends with a CR whose second half is still to come: an argument of the next call. */
  readonly pending: boolean;
}

/**
 * One piece of what came off the wire, as the file has it. Lenient: a CR before any other byte stays, as it
 * is. After the last piece call it with `last`: a CR that is still pending stays too.
 */
export function decodeNetascii(piece: Uint8Array, pending = false, last = false): NetasciiDecoded {
  const decoded = new Uint8Array(piece.length + 1);
  let at = 0;
  let open = pending;
  for (const byte of piece) {
    if (open && byte !== LF) decoded[at++] = CR;
    // A NUL after a CR is only the other half of it.
    const half = open && byte === NUL;
    open = byte === CR;
    if (!open && !half) decoded[at++] = byte;
  }
  if (open && last) decoded[at++] = CR;
  return { bytes: decoded.subarray(0, at), pending: open && !last };
}
