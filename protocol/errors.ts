/**
 * Every error of modemlab by its stable code: what is wrong, and the way out.
 * docs/errors.md is generated from this table (`npm run docs`) and a test compares the two.
 */
export const ERRORS = {
  E_XML_TRUNCATED: {
    says: 'the document ends inside an element',
    remedy: 'look for a cut connection or a wrong Content-Length',
  },
  E_XML_NOT_WELL_FORMED: {
    says: 'the markup is not well-formed XML',
    remedy: 'look at the byte named: a tag is misspelt or out of place there',
  },
  E_XML_MISMATCHED_TAG: {
    says: 'an end tag does not match its start tag',
    remedy: 'look at the byte named: the element that is open there has another name',
  },
  E_XML_DTD: {
    says: 'a document type declaration is refused',
    remedy: 'send the envelope without DOCTYPE: SOAP 1.1 section 3 forbids it',
  },
  E_XML_TOO_DEEP: {
    says: 'elements are nested deeper than the limit',
    remedy: 'no CWMP message nests that deep; raise LIMITS.depth only with a capture that needs it',
  },
  E_XML_TOO_MANY_ATTRIBUTES: {
    says: 'a start tag has more attributes than the limit',
    remedy: 'no CWMP message needs that many; see LIMITS.attributes',
  },
  E_XML_NO_ELEMENT: { says: 'there is no element in the document', remedy: 'send one SOAP envelope' },
  E_TOO_LARGE: {
    says: 'the message is larger than the limit',
    remedy: 'raise the limit with --max-body if your modems need more',
  },
  E_TOO_MANY_MEMBERS: {
    says: 'a list has more members than the limit',
    remedy: 'ask for a smaller part of the tree; see LIMITS.members',
  },
  E_TOO_LONG: { says: 'a name is longer than the limit', remedy: 'see LIMITS.nameLength' },
  E_ENCODING: {
    says: 'the body cannot be decoded: its Content-Encoding or charset is not supported',
    remedy: 'send gzip, deflate or plain bodies in UTF-8, UTF-16 or ISO-8859-1',
  },
  E_BODY_CUT: {
    says: 'the connection broke inside the body',
    remedy: 'nothing is lost: the modem begins a new session by its retry policy',
  },
  E_BODY_IDLE: {
    says: 'the rest of the body did not come',
    remedy: 'look at the line, or at what stands between: the modem stopped sending',
  },
  E_SOAP_NOT_ENVELOPE: { says: 'the root element is not a SOAP envelope', remedy: 'send SOAP 1.1' },
  E_SOAP_NO_BODY: { says: 'the envelope has no Body', remedy: 'put one Body into the envelope' },
  E_SOAP_SEVERAL_ENVELOPES: {
    says: 'more than one envelope in one HTTP message',
    remedy: 'send one envelope a message: MaxEnvelopes is always 1 (TR-069a6 section 3.5)',
  },
  E_SOAP_SEVERAL_MESSAGES: {
    says: 'more than one message in one Body',
    remedy: 'send one RPC, response or fault a Body (TR-069a6 section 3.5)',
  },
  E_CWMP_NO_DEVICE: {
    says: 'the Inform names no device: OUI and SerialNumber are both missing',
    remedy: 'let the modem fill DeviceId (TR-069a6 A.3.3.1)',
  },
  E_SESSION_OUT_OF_ORDER: {
    says: 'a message arrived that the session does not wait for',
    remedy: 'begin again with Inform',
  },
  E_SESSION_UNKNOWN: {
    says: 'a message arrived that belongs to no open session',
    remedy: 'begin with Inform and return the cookie of its answer',
  },
  E_SESSION_LOST: {
    says: 'the session broke before the answer came',
    remedy: 'nothing is lost: it is done again in the next session of the modem',
  },
  E_AUTH_FAILED: {
    says: 'the credentials are missing or wrong',
    remedy: 'check --auth and the credentials in the modem',
  },
  E_DEVICE_UNKNOWN: {
    says: 'no such device is known',
    remedy: 'list the devices with: modemlab device list',
  },
  E_DEVICE_AMBIGUOUS: {
    says: 'several devices have this serial number',
    remedy: 'give the whole key, as shown by: modemlab device list',
  },
  E_DEVICE_EXISTS: {
    says: 'a device with this key is already in the data folder',
    remedy: 'give --replace to put what the file holds in its place',
  },
  E_PARAMETER_READ_ONLY: {
    says: 'the modem said that this parameter or object is not writable',
    remedy: 'give --force to let the modem decide',
  },
  E_PARAMETER_VALUE: {
    says: 'the value does not fit the type of the parameter',
    remedy: 'give a value of the type, or name another with NAME:TYPE=VALUE, or give --force',
  },
  E_PARAMETER_UNKNOWN: {
    says: 'the modem has no parameter of this name',
    remedy: 'give the full name, as in: modemlab device tree DEVICE',
  },
  E_TIMEOUT: {
    says: 'what was waited for did not come in time',
    remedy: 'look at what happened instead, or wait longer',
  },
  E_TASK_UNKNOWN: { says: 'no such task is known', remedy: 'list the tasks with: modemlab task list' },
  E_TASK_INVALID: {
    says: 'the arguments do not fit the RPC',
    remedy: 'see the RPC in TR-069 Annex A; modemlab call --help shows the form',
  },
  E_TASK_STATE: {
    says: 'the task is not in a state in which this can be done',
    remedy: 'look at it with: modemlab task show ID',
  },
  E_TASK_FAILED: { says: 'the modem answered with a fault', remedy: 'the fault code tells what it refused' },
  E_TASK_UNANSWERED: {
    says: 'the modem did not answer the request',
    remedy: 'look at the device: modemlab device show KEY; then modemlab task retry ID',
  },
  E_TASK_UNSURE: {
    says: 'the connection broke after the request was sent, and nothing the modem said since tells whether it was done',
    remedy: 'look at the modem, then: modemlab task retry ID or modemlab task cancel ID',
  },
  E_TASK_TIMEOUT: {
    says: 'the task did not end in the time given',
    remedy: 'it stays in the queue; raise --timeout, or look at it with: modemlab task show ID',
  },
  E_DATA_UNREADABLE: {
    says: 'a file of the data folder cannot be read',
    remedy: 'the file is named; move it away, or restore it from a copy',
  },
  E_DATA_MISSING: {
    says: 'there is no data folder',
    remedy: 'give the folder of your server with --data, or make one with: modemlab acs --data DIR',
  },
  E_DATA_IN_USE: {
    says: 'the data folder is of another kind or version',
    remedy: 'give the --store and --queue that the folder was made with',
  },
  E_FILE_INVALID: { says: 'the file does not hold what is wanted', remedy: 'see the place named in it' },
  E_CAPTURE_FORMAT: {
    says: 'this is no capture file of a known format',
    remedy: 'give a pcap (version 2) or pcapng file, plain or gzip; editcap -F pcapng converts others',
  },
  E_CAPTURE_CUT: {
    says: 'the capture file ends inside a record',
    remedy: 'all before that place was read; the file was copied while it grew, or the disk was full',
  },
  E_CAPTURE_DAMAGED: {
    says: 'a record of the capture file is not possible',
    remedy: 'all before that place was read; look at the byte named',
  },
  E_REPLAY_NOTHING: {
    says: 'the capture holds nothing that could be replayed so',
    remedy: 'look at it with capture show: sessions with their Inform are wanted, or messages of MDAP',
  },
  E_REPLAY_SIZE: {
    says: 'the messages to be replayed are larger than the limit',
    remedy: 'choose with --session or --device; see LIMITS.replayBytes',
  },
  E_CAPTURE_LARGE: {
    says: 'a device says more in these captures than a profile is made from',
    remedy: 'give captures of fewer sessions: editcap -A and -B cut by time',
  },
  E_CAPTURE_DEVICE: {
    says: 'a profile is made of one device, and these captures do not have just that one',
    remedy: 'choose with --device: a key, or a serial number; capture show lists the sessions',
  },
  E_CAPTURE_GAP: {
    says: 'the capture lacks bytes of this message',
    remedy:
      'what is shown of it has a hole; capture with a larger buffer (tcpdump -B) and without a length limit (-s 0)',
  },
  E_HTTP_MALFORMED: {
    says: 'the bytes are no well-formed HTTP message',
    remedy: 'look at the raw text: a chunk, a length or a start line is wrong',
  },
  E_PLAN: {
    says: 'the flash plan is wrong',
    remedy: 'docs/flash-plan.md has its form; nothing was touched',
  },
  E_CONFIG: { says: 'a setting is wrong', remedy: 'see --help of the command' },
  E_ADDRESS_IN_USE: {
    says: 'the address is in use',
    remedy: 'stop what listens there, or give another --port (0 picks a free one)',
  },
  E_BOOTP_SHORT: {
    says: 'the datagram ends inside the fixed part of a BOOTP message',
    remedy: 'a BOOTP message has at least 236 bytes (RFC 951 section 3); look whether it is one',
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
    says: 'the TFTP packet is of an unknown kind',
    remedy: 'RFC 1350 knows the opcodes 1 to 5, RFC 2347 adds 6; look whether it is TFTP at all',
  },
  E_TFTP_LONG: {
    says: 'the TFTP request is longer than 512 bytes',
    remedy: 'give the file a shorter name, or ask for fewer options (RFC 2347)',
  },
  E_TFTP_FAILED: {
    says: 'the file could not be transferred by TFTP',
    remedy:
      'look at what the other side says; when it says nothing, at addresses, firewalls and the name of the file',
  },
  E_CONNECT: { says: 'the peer cannot be reached', remedy: 'check the address and whether it listens' },
  E_MDAP_SHORT: {
    says: 'the datagram is too short to be an MDAP message',
    remedy: 'something else sends to the group and port of MDAP',
  },
  E_MDAP_CHECK: {
    says: 'the check value does not match the MDAP message',
    remedy: 'nothing is lost: it counts as a lost datagram, and is sent again',
  },
  E_MDAP_START_LINE: {
    says: 'the first line is not that of an MDAP message',
    remedy: 'send VERB MDAP/x.y and a line end first',
  },
  E_MDAP_LIMIT: {
    says: 'the MDAP message has more lines, a longer value or a longer text than the limit',
    remedy: 'see LIMITS.mdapHeadLines, mdapValueBytes and mdapBodyBytes',
  },
  E_MDAP_COMMAND: {
    says: 'the command cannot be sent: it is empty, too long, or has characters that no command line has',
    remedy: 'send one line of ISO 8859-1 text that fits into one datagram',
  },
  E_MDAP_INTERFACE: {
    says: 'there is no network interface that MDAP can be spoken on',
    remedy: 'give the address or the name of the interface that the modems are at with --iface',
  },
  E_MDAP_DEFAULT_ROUTE: {
    says: 'the way to the rest of the world leads over this interface: it is no network of a lab',
    remedy:
      'choose another --iface; passwords are sent in the clear to everybody on it, unless you --force it',
  },
  E_MDAP_ANT_UNKNOWN: {
    says: 'no ant of this ANT-ID answers the search',
    remedy: 'list those that answer with: modemlab mdap discover; MDAP may be switched off in the modem',
  },
  E_MDAP_CONFLICT: {
    says: 'two ants with different MAC addresses answer under one ANT-ID',
    remedy: 'take one of them off the line; --force commands both, and mixes their answers',
  },
  E_MDAP_CREDENTIALS: {
    says: 'the ant refuses the user or the password, or the user may not do this',
    remedy: 'give --user and --password; some firmware has the serial number as password',
  },
  E_MDAP_REFUSED: {
    says: 'the ant refuses the command',
    remedy: '-2 is a lost step or a busy ant, -3 an unknown command, -5 a message it could not read',
  },
  E_MDAP_UNANSWERED: {
    says: 'the ant does not answer',
    remedy: 'look at the line; whether the command was carried out is not known: ask the ant',
  },
  E_MDAP_ANSWER: {
    says: 'the ant answered what cannot be: a step that is not due, or output without end',
    remedy: 'whether the command was carried out is not known: ask the ant',
  },
  E_USAGE: { says: 'the command line is wrong', remedy: 'see --help of the command' },
} as const satisfies Record<string, { says: string; remedy: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** Why bytes gave no message. `at` is the offset in bytes from the start of the body. */
export interface WireError {
  readonly code: ErrorCode;
  readonly at: number;
  /** What stood there, cut to a few characters. */
  readonly found?: string;
}

/** An error that is thrown or rejects a promise outside protocol/: code, place, and the table's sentence. */
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

/** One line for a person: code, sentence, place, way out. */
export function describeWireError(error: WireError): string {
  const found = error.found === undefined ? '' : `, found ${JSON.stringify(error.found)}`;
  return `${error.code}: ${ERRORS[error.code].says} at byte ${error.at}${found}`;
}
