/** The most that we accept from a peer, in one place, each with its reason. */
export const LIMITS = {
  /** Bytes of one HTTP body. The largest real answer on record is 1.13 MB (Q-LG-01); 16 MiB leaves room. */
  bodyBytes: 16 * 1024 * 1024,
  /**
   * Bytes of a file that a simulated modem is made from, and of all that it imports. The largest model of the
   * Broadband Forum has 8 MB, a device file of 100,000 parameters 30 MB.
   */
  fileBytes: 64 * 1024 * 1024,
  /** Nested elements. The deepest CWMP message (SetParameterValuesFault in a fault) nests seven. */
  depth: 32,
  /** Attributes of one start tag. The longest real envelope declares five namespaces and encodingStyle. */
  attributes: 64,
  /** Members of one list. The largest real list on record has 9,263 names (Q-LG-01). */
  members: 100_000,
  /** Characters of a parameter name; TR-069 says 256, a store key allows 1,024. */
  nameLength: 1024,
  /** Characters of a cwmp:ID that we echo; the schema sets none. */
  idLength: 1024,
  /** Bytes of all header lines of one HTTP request. */
  headerBytes: 16 * 1024,
  /** Parameters and schemes of one Authorization or WWW-Authenticate; the fullest real one has ten. */
  headerParameters: 64,
  /** Cookies that a simulated modem keeps of one session, as RFC 6265 6.1 asks for at least. */
  cookies: 50,
  /** Events of one Inform (TR-069a6 A.3.3.1). */
  events: 64,
  /**
   * Requests of the CPE in one session. Lawful ones are few; modems that report every local transfer
   * (Q-EV-16) send dozens.
   */
  requestsPerSession: 1000,
  /**
   * Informs in one session that we answer with "retry request": a CPE repeats one three times (TR-069a6
   * 3.7.1.4).
   */
  informRetries: 4,
  /**
   * IDs of settled requests that a session remembers to know a late answer by; a line does not delay more
   * than a few.
   */
  settledIds: 8,
  /** Lines of the head of one MDAP message. The longest known, a search reply, has eight. */
  mdapHeadLines: 64,
  /** Bytes of one MDAP header value. The longest known is a command line, and a CLI takes fewer. */
  mdapValueBytes: 1024,
  /** Bytes of the text of one MDAP message: what a UDP datagram can carry. */
  mdapBodyBytes: 64 * 1024,
  /** Bytes of all that one MDAP command puts out. A whole configuration printed has about 100 KB. */
  mdapOutputBytes: 1024 * 1024,
  /** Conversations that an ant remembers, running or over; each is kept for seconds only. */
  mdapConversations: 64,
  /** Pieces of the output of one MDAP command: each has a kilobyte, so that mdapOutputBytes is met first. */
  mdapPieces: 8192,
  /** MAC addresses seen with one ANT-ID: one is right, and two are already a conflict. */
  mdapMacs: 8,
  /** Ants that one search distinguishes; a bench has as many as its switches have ports. */
  mdapAnts: 4096,
  /** Times that one message may hold a quirk noted before further ones are only counted. */
  notesPerMessage: 64,
  /** Bytes of one captured frame: what libpcap takes at most (MAXIMUM_SNAPLEN). */
  frameBytes: 256 * 1024,
  /** Bytes of one block of a pcapng file: what Wireshark takes at most. */
  captureBlockBytes: 16 * 1024 * 1024,
  /** Interfaces of one section of a pcapng file; a merge of a day's hourly files has dozens. */
  captureInterfaces: 4096,
  /** Fragmented IP packets that are put together at a time; each has at most 64 KiB. */
  fragmented: 256,
  /** TCP streams of a capture that are followed at a time. */
  streams: 16_384,
  /**
   * Bytes of one direction of a TCP stream that wait for what goes before them: a large window of a fast
   * line.
   */
  streamHeldBytes: 4 * 1024 * 1024,
  /** Segments that wait so; small ones would cost more than their bytes. */
  streamHeldPieces: 4096,
  /** Bytes that wait so in all streams together. */
  streamsHeldBytes: 64 * 1024 * 1024,
  /** Bytes of one BOOTP or DHCP message: what a UDP datagram over Ethernet carries in one frame. */
  bootpBytes: 1472,
  /** Bytes of a TFTP request with its options (RFC 2347). */
  tftpRequestBytes: 512,
  /** Options of one TFTP request; the RFCs name five in all. */
  tftpOptions: 8,
  /** Bytes of bodies that a capture's open HTTP messages hold together. */
  captureBodiesBytes: 64 * 1024 * 1024,
  /** Requests of one connection that wait for their responses. */
  pipelined: 1024,
  /**
   * CWMP sessions of a capture that a further POST is looked for in: a large ACS has some hundred open at a
   * time.
   */
  captureSessions: 4096,
  /**
   * Characters that one device may have said in the captures that a profile is made from. A modem with the
   * largest tree on record says 5 million in its first contact.
   */
  cloneCharacters: 128 * 1024 * 1024,
  /** TFTP transfers of a capture that are followed at a time; a bench flashes some dozens. */
  captureTransfers: 1024,
  /** Chunks of one HTTP body whose lengths and places are kept: a body of 16 MiB in chunks of a frame. */
  captureChunks: 16_384,
  /** Bytes of messages that a replay holds; a first contact has 2 MB, a boot storm of 20 modems 40. */
  replayBytes: 512 * 1024 * 1024,
  /** Differences that one replay reports individually. */
  replayDifferences: 10_000,
  /**
   * Words of protocols and data models that anonymising remembers; the largest tree on record has some
   * thousands.
   */
  anonymiseWords: 200_000,
  /**
   * Pieces of one output of MDAP that anonymising joins: 256 of a datagram's size are more than
   * mdapOutputBytes has.
   */
  anonymisePieces: 1024,
  /** Frames of a capture that wait for the fragments of a packet while it is rewritten. */
  anonymiseWaiting: 1024,
  /** Bytes of a capture that a process records and that wait for the disk. */
  recordBufferBytes: 64 * 1024 * 1024,
  /**
   * Modems that a recording proxy relays at a time: two sockets each, and 4096 open files are allowed nearly
   * everywhere.
   */
  proxyConnections: 1024,
  /**
   * Milliseconds in which the ACS behind the proxy, or TLS with a modem, has to come about: a modem waits 30
   * s or longer.
   */
  proxyConnectMs: 20_000,
  /**
   * Milliseconds of silence after which a relayed connection is ended: no session and no transfer pauses so
   * long.
   */
  proxySilentMs: 900_000,
} as const;
