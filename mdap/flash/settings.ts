/** Times and numbers of flashing; each may be set in the plan. Nobody has measured them on many modems. */
export interface FlashSettings {
  /** Milliseconds in which all expected modems are to be found. */
  readonly discoverMs: number;
  /** Milliseconds that one question may take, and how often it is asked. */
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
  /** BOOTP requests without a request for the file between them, after which it is hopeless. */
  readonly bootpRepeats: number;
  /** Milliseconds without progress after which a transfer is stuck, and of a whole transfer. */
  readonly stallMs: number;
  readonly transferMs: number;
  /** How often the transfer to one modem may begin. */
  readonly transfers: number;
  /** How often a modem gets the image again whose boot loader says that writing was cut. */
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
  /** Milliseconds in which the checks at the end are to be right. */
  readonly checkMs: number;
  /** Milliseconds between two searches while a modem is waited for. */
  readonly searchEveryMs: number;
  /** Conversations on the group at once. */
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
  // Modems write for minutes, with no sign of life: makers tell people to wait for five.
  lateMs: 2000,
  writeMs: 240_000,
  restartMs: 180_000,
  commandMs: 30_000,
  checkMs: 30_000,
  searchEveryMs: 5000,
  conversations: 8,
};
