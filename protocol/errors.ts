/**
 * Every error of modemlab by its stable code: what is wrong, and what to do about it.
 * docs/errors.md is generated from this table (`npm run docs`), and a test compares the two.
 */
export const ERRORS = {
  E_XML_TRUNCATED: {
    says: 'the document ends inside an element',
    remedy: 'look for a dropped connection or a wrong Content-Length',
  },
  E_XML_NOT_WELL_FORMED: {
    says: 'the markup is not well-formed XML',
    remedy: 'look at the given byte: a tag there is misspelt or out of place',
  },
  E_XML_MISMATCHED_TAG: {
    says: 'an end tag does not match its start tag',
    remedy: 'look at the given byte: the element that is open there has another name',
  },
  E_XML_DTD: {
    says: 'document type declarations are not accepted',
    remedy: 'send the envelope without DOCTYPE: SOAP 1.1 section 3 forbids it',
  },
  E_XML_TOO_DEEP: {
    says: 'elements are nested deeper than the limit',
    remedy: 'no CWMP message is nested that deeply; raise LIMITS.depth only if a capture shows that you must',
  },
  E_XML_TOO_MANY_ATTRIBUTES: {
    says: 'a start tag has more attributes than the limit',
    remedy: 'no CWMP message needs that many; see LIMITS.attributes',
  },
  E_XML_NO_ELEMENT: { says: 'the document has no element', remedy: 'send one SOAP envelope' },
  E_TOO_LARGE: {
    says: 'the message is larger than the limit',
    remedy: 'raise the limit with --max-body if your modems need more',
  },
  E_TOO_MANY_MEMBERS: {
    says: 'a list has more members than the limit',
    remedy: 'request a smaller part of the tree; see LIMITS.members',
  },
  E_TOO_LONG: { says: 'a name is longer than the limit', remedy: 'see LIMITS.nameLength' },
  E_ENCODING: {
    says: 'the body cannot be decoded: its Content-Encoding or charset is not supported',
    remedy: 'send gzip, deflate or plain bodies in UTF-8, UTF-16 or ISO-8859-1',
  },
  E_BODY_CUT: {
    says: 'the connection broke in the middle of the body',
    remedy: 'nothing is lost: the modem starts a new session by its retry policy',
  },
  E_BODY_IDLE: {
    says: 'the rest of the body did not arrive',
    remedy: 'check the line, and any proxy in between: the modem stopped sending',
  },
  E_SOAP_NOT_ENVELOPE: { says: 'the root element is not a SOAP envelope', remedy: 'send SOAP 1.1' },
  E_SOAP_NO_BODY: { says: 'the envelope has no Body', remedy: 'put one Body into the envelope' },
  E_SOAP_SEVERAL_ENVELOPES: {
    says: 'one HTTP message contains more than one envelope',
    remedy: 'send one envelope per message: MaxEnvelopes is always 1 (TR-069a6 section 3.5)',
  },
  E_SOAP_SEVERAL_MESSAGES: {
    says: 'one Body contains more than one message',
    remedy: 'send one RPC, response or fault per Body (TR-069a6 section 3.5)',
  },
  E_CWMP_NO_DEVICE: {
    says: 'the Inform does not identify a device: OUI and SerialNumber are both missing',
    remedy: 'make the modem fill in DeviceId (TR-069a6 A.3.3.1)',
  },
  E_SESSION_OUT_OF_ORDER: {
    says: 'a message arrived that the session does not expect',
    remedy: 'start again with Inform',
  },
  E_SESSION_UNKNOWN: {
    says: 'a message arrived that belongs to no open session',
    remedy: 'start with Inform and return the cookie of its answer',
  },
  E_SESSION_LOST: {
    says: 'the session broke before the answer came',
    remedy: "nothing is lost: it is repeated in the modem's next session",
  },
  E_AUTH_FAILED: {
    says: 'the credentials are missing or wrong',
    remedy: 'check --auth and the credentials in the modem',
  },
  E_DEVICE_UNKNOWN: { says: 'no such device', remedy: 'list the devices with: modemlab device list' },
  E_DEVICE_AMBIGUOUS: {
    says: 'several devices have this serial number',
    remedy: 'give the whole key, as shown by: modemlab device list',
  },
  E_DEVICE_EXISTS: {
    says: 'a device with this key is already in the data folder',
    remedy: 'use --replace to replace it with the contents of the file',
  },
  E_PARAMETER_READ_ONLY: {
    says: 'the modem says that this parameter or object is not writable',
    remedy: 'use --force to let the modem decide',
  },
  E_PARAMETER_VALUE: {
    says: 'the value does not fit the type of the parameter',
    remedy: 'give a value of that type, choose another type with NAME:TYPE=VALUE, or use --force',
  },
  E_PARAMETER_UNKNOWN: {
    says: 'the modem has no parameter of this name',
    remedy: 'give the full name, as shown by: modemlab device tree DEVICE',
  },
  E_TIMEOUT: {
    says: 'the expected result did not arrive in time',
    remedy: 'look at what happened instead, or wait longer',
  },
  E_TASK_UNKNOWN: { says: 'no such task', remedy: 'list the tasks with: modemlab task list' },
  E_TASK_INVALID: {
    says: 'the arguments do not fit the RPC',
    remedy: 'see the RPC in TR-069 Annex A; modemlab call --help shows the form',
  },
  E_TASK_STATE: {
    says: 'this cannot be done with a task in its present state',
    remedy: 'look at it with: modemlab task show ID',
  },
  E_TASK_FAILED: { says: 'the modem answered with a fault', remedy: 'the fault code says what it refused' },
  E_TASK_UNANSWERED: {
    says: 'the modem did not answer the request',
    remedy: 'look at the device with: modemlab device show KEY; then run: modemlab task retry ID',
  },
  E_TASK_UNSURE: {
    says: 'the connection broke after the request was sent, and nothing from the modem since then shows whether it was carried out',
    remedy: 'check the modem, then run: modemlab task retry ID or modemlab task cancel ID',
  },
  E_TASK_TIMEOUT: {
    says: 'the task did not finish in the given time',
    remedy: 'it stays in the queue; raise --timeout, or look at it with: modemlab task show ID',
  },
  E_DATA_UNREADABLE: {
    says: 'a file in the data folder cannot be read',
    remedy: 'move the named file away, or restore it from a backup',
  },
  E_DATA_MISSING: {
    says: 'there is no data folder',
    remedy: 'give the folder of your server with --data, or create one with: modemlab acs --data DIR',
  },
  E_DATA_IN_USE: {
    says: 'the data folder is of another kind or version',
    remedy: 'use the --store and --queue that the folder was created with',
  },
  E_FILE_INVALID: { says: 'the file is not valid for this purpose', remedy: 'look at the place named in it' },
  E_CAPTURE_FORMAT: {
    says: 'this is not a capture file of a known format',
    remedy: 'use a pcap (version 2) or pcapng file, plain or gzipped; editcap -F pcapng converts others',
  },
  E_CAPTURE_CUT: {
    says: 'the capture file ends inside a record',
    remedy:
      'everything before that place was read; the file was copied while it was growing, or the disk was full',
  },
  E_CAPTURE_DAMAGED: {
    says: 'a record of the capture file is damaged',
    remedy: 'everything before that place was read; look at the given byte',
  },
  E_REPLAY_NOTHING: {
    says: 'the capture contains nothing that can be replayed this way',
    remedy: 'look at it with capture show: a replay needs sessions with their Inform, or MDAP messages',
  },
  E_REPLAY_SIZE: {
    says: 'the messages to replay are larger than the limit',
    remedy: 'narrow the choice with --session or --device; see LIMITS.replayBytes',
  },
  E_CAPTURE_LARGE: {
    says: 'a device says more in these captures than a profile can be made from',
    remedy: 'use captures of fewer sessions: editcap -A and -B cut by time',
  },
  E_CAPTURE_DEVICE: {
    says: 'a profile is made from one device, and these captures do not contain exactly one',
    remedy: 'choose one with --device: a key or a serial number; capture show lists the sessions',
  },
  E_CAPTURE_GAP: {
    says: 'bytes of this message are missing from the capture',
    remedy:
      'the message is shown with a gap; capture with a larger buffer (tcpdump -B) and without a length limit (-s 0)',
  },
  E_HTTP_MALFORMED: {
    says: 'this is not a well-formed HTTP message',
    remedy: 'look at the raw text: a chunk, a length or a start line is wrong',
  },
  E_PLAN: {
    says: 'the flash plan is wrong',
    remedy: 'see docs/flash-plan.md for its form; nothing was changed',
  },
  E_CONFIG: { says: 'a setting is wrong', remedy: 'see --help of the command' },
  E_ADDRESS_IN_USE: {
    says: 'the address is in use',
    remedy: 'stop the program that is listening there, or choose another --port (0 picks a free one)',
  },
  E_BOOTP_SHORT: {
    says: 'the datagram ends inside the fixed part of a BOOTP message',
    remedy: 'a BOOTP message has at least 236 bytes (RFC 951 section 3); check whether this is one',
  },
  E_BOOTP_LONG: {
    says: 'the BOOTP message is longer than the limit',
    remedy: 'see LIMITS.bootpBytes',
  },
  E_TFTP_SHORT: {
    says: 'the TFTP packet ends too early',
    remedy: 'compare it with RFC 1350 section 5, and its options with RFC 2347',
  },
  E_TFTP_OPCODE: {
    says: 'the TFTP packet has an unknown opcode',
    remedy: 'RFC 1350 defines the opcodes 1 to 5, RFC 2347 adds 6; check whether it is TFTP at all',
  },
  E_TFTP_LONG: {
    says: 'the TFTP request is longer than 512 bytes',
    remedy: 'give the file a shorter name, or ask for fewer options (RFC 2347)',
  },
  E_TFTP_FAILED: {
    says: 'the file could not be transferred by TFTP',
    remedy:
      'look at what the other side says; if it says nothing, check addresses, firewalls and the name of the file',
  },
  E_CONNECT: {
    says: 'the peer cannot be reached',
    remedy: 'check the address, and whether the peer is listening',
  },
  E_MDAP_SHORT: {
    says: 'the datagram is too short to be an MDAP message',
    remedy: 'some other program is sending to the group and port of MDAP',
  },
  E_MDAP_CHECK: {
    says: 'the check value does not match the MDAP message',
    remedy: 'nothing is lost: it counts as a lost datagram and is sent again',
  },
  E_MDAP_START_LINE: {
    says: 'the first line is not that of an MDAP message',
    remedy: 'start with VERB MDAP/x.y and a line end',
  },
  E_MDAP_LIMIT: {
    says: 'the MDAP message has more lines, a longer value or a longer text than the limit',
    remedy: 'see LIMITS.mdapHeadLines, mdapValueBytes and mdapBodyBytes',
  },
  E_MDAP_COMMAND: {
    says: 'the command cannot be sent: it is empty, too long, or contains characters that a command line cannot have',
    remedy: 'send one line of ISO 8859-1 text that fits into one datagram',
  },
  E_MDAP_INTERFACE: {
    says: 'there is no network interface for MDAP',
    remedy: 'give the address or name of the interface that the modems are connected to with --iface',
  },
  E_MDAP_DEFAULT_ROUTE: {
    says: 'the default route uses this interface, so it is not a lab network',
    remedy:
      'choose another --iface; passwords are sent unencrypted to everyone on it, so only --force allows it',
  },
  E_MDAP_ANT_UNKNOWN: {
    says: 'no ant with this ANT-ID answers the search',
    remedy: 'list the ants that answer with: modemlab mdap discover; MDAP may be disabled in the modem',
  },
  E_MDAP_CONFLICT: {
    says: 'two ants with different MAC addresses have the same ANT-ID',
    remedy: 'disconnect one of them; --force sends commands to both and mixes their answers',
  },
  E_MDAP_CREDENTIALS: {
    says: 'the ant refuses the user or the password, or the user lacks the rights',
    remedy: 'give --user and --password; on some firmware the serial number is the password',
  },
  E_MDAP_REFUSED: {
    says: 'the ant refuses the command',
    remedy: '-2 means a lost step or a busy ant, -3 an unknown command, -5 a message it could not read',
  },
  E_MDAP_UNANSWERED: {
    says: 'the ant does not answer',
    remedy: 'check the line; the command may or may not have been carried out: ask the ant',
  },
  E_MDAP_ANSWER: {
    says: 'the ant gave an impossible answer: an unexpected step, or output without end',
    remedy: 'the command may or may not have been carried out: ask the ant',
  },
  E_USAGE: { says: 'the command line is wrong', remedy: 'see --help of the command' },
} as const satisfies Record<string, { says: string; remedy: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** Why bytes could not be read as a message. `at` is the offset in bytes from the start of the body. */
export interface WireError {
  readonly code: ErrorCode;
  readonly at: number;
  /** The text found there, shortened to a few characters. */
  readonly found?: string;
}

/**
 * What code outside protocol/ throws, or rejects a promise with: a code, a place, and the sentence of the
 * table.
 */
export class ModemlabError extends Error {
  readonly code: ErrorCode;
  /** Where: a parameter, a file and line, an address. */
  readonly place: string | undefined;

  constructor(code: ErrorCode, place?: string, options?: ErrorOptions) {
    super(`${code}: ${ERRORS[code].says}${place === undefined ? '' : ` (${place})`}`, options);
    this.name = 'ModemlabError';
    this.code = code;
    this.place = place;
  }
}

/** One line for a person: code, sentence, place and what was found. */
export function describeWireError(error: WireError): string {
  const found = error.found === undefined ? '' : `, found ${JSON.stringify(error.found)}`;
  return `${error.code}: ${ERRORS[error.code].says} at byte ${error.at}${found}`;
}
