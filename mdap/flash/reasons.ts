/** Why the flashing of a modem failed, and the way out. One table, for the live view, the report and the documentation. */
export const FLASH_REASONS = {
  missing: {
    says: 'the plan names it, and it was not found',
    remedy: 'see that it is plugged in, has power and has MDAP enabled; then go on with --resume',
  },
  conflict: {
    says: 'two modems with different MAC addresses have this serial number',
    remedy: 'unplug one of the two',
  },
  'no-answer': {
    says: 'it answers a search, and no question',
    remedy: 'its build may keep MDAP commands off; press its reset button while it is switched on instead',
  },
  credentials: {
    says: 'no user and password of the plan is taken',
    remedy: 'add the user and password of its brand to `credentials` of the plan',
  },
  refused: {
    says: 'it refused the upgrade command',
    remedy: 'its build lacks the command; press its reset button while it is switched on instead',
  },
  'no-image': {
    says: 'no image of the plan is for its board',
    remedy: 'add an image for its board to `images` of the plan',
  },
  'no-boot-mode': {
    says: 'it did not go into boot mode when it was told to',
    remedy: 'press its reset button while it is switched on, then go on with --resume',
  },
  'no-tftp': {
    says: 'it asked by BOOTP over and over, and never fetched its image',
    remedy: 'look for a firewall, another BOOTP or DHCP server, or the wrong --iface',
  },
  transfer: {
    says: 'its image did not get through whole',
    remedy: 'look at its cable and power, then go on with --resume',
  },
  'wrong-board': {
    says: 'the image is for another board',
    remedy: 'name the image of its board in the plan; it stays in boot mode until then',
  },
  'image-rejected': {
    says: 'it asked for an image again after it had got the whole image: it does not take it',
    remedy: 'the image is for another board or damaged; plan another, it stays in boot mode until then',
  },
  'no-valid-image': {
    says: 'its power was cut while it wrote the image: its boot loader finds none that is whole',
    remedy: 'give it steady power, then go on with --resume: it stays in boot mode until then',
  },
  'not-back': {
    says: 'it did not come back after it had got its image',
    remedy: 'look at its lights and power; go on with --resume when it is up',
  },
  'boot-mode-again': {
    says: 'it went into boot mode again after it had come back',
    remedy: 'look whether somebody pressed its button, or whether its power is steady',
  },
  'wrong-version': {
    says: 'it came back with another version than that of its image',
    remedy: 'look whether it starts from another memory bank: `software version` shows both',
  },
  command: {
    says: 'a command of the plan failed on it',
    remedy: 'try the command by itself with: modemlab mdap exec',
  },
  verify: {
    says: 'it is not as the plan wants it in the end',
    remedy: 'the note tells what differs; go on with --resume after it was put right',
  },
} as const satisfies Readonly<Record<string, { readonly says: string; readonly remedy: string }>>;

export type FlashReason = keyof typeof FLASH_REASONS;
