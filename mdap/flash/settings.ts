/** Times and limits of flashing; each can be set in the plan. They have not been measured on many modems. */
export interface FlashSettings {
  /** Milliseconds for finding all expected modems. */
  readonly discoverMs: number;
  /** Milliseconds of one request, and how often it is sent. */
  readonly askMs: number;
  readonly asks: number;
  /**
   * Milliseconds from the upgrade command to the first BOOTP request, and how often the command is given
   * again.
   */
  readonly triggerMs: number;
  readonly triggerRetries: number;
  /** Milliseconds from a BOOTP reply to the request for the file. */
  readonly offerMs: number;
  /**
   * Milliseconds in which a boot loader whose transfer broke, or that fell silent, is to ask by BOOTP again.
   */
  readonly againMs: number;
  /** BOOTP requests without a request for the file, after which the modem has failed. */
  readonly bootpRepeats: number;
  /** Milliseconds without progress after which a transfer is stuck, and of a whole transfer. */
  readonly stallMs: number;
  readonly transferMs: number;
  /** How often the transfer to one modem may begin. */
  readonly transfers: number;
  /** How often a modem gets the image again if its boot loader says that writing was interrupted. */
  readonly rewrites: number;
  /**
   * Milliseconds after a sign of life in which a BOOTP request of the same boot is a late copy of one before.
   */
  readonly lateMs: number;
  /** Milliseconds that a boot loader may take to check and write, and then the restart. */
  readonly writeMs: number;
  readonly restartMs: number;
  /** Milliseconds that one command may take. */
  readonly commandMs: number;
  /** Milliseconds for the final checks to pass. */
  readonly checkMs: number;
  /** Milliseconds between two searches while a modem is waited for. */
  readonly searchEveryMs: number;
  /** Requests to modems at the same time. */
  readonly conversations: number;
}

export const FLASH_SETTINGS: FlashSettings = {
  discoverMs: 30_000,
  askMs: 20_000,
  asks: 3,
  triggerMs: 60_000,
  triggerRetries: 2,
  offerMs: 30_000,
  againMs: 60_000,
  bootpRepeats: 20,
  stallMs: 15_000,
  transferMs: 600_000,
  transfers: 3,
  rewrites: 0,
  // Modems write for minutes, without any sign: manufacturers say to wait for five.
  lateMs: 2000,
  writeMs: 240_000,
  restartMs: 180_000,
  commandMs: 30_000,
  checkMs: 30_000,
  searchEveryMs: 5000,
  conversations: 8,
};
