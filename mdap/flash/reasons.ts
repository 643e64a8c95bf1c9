/**
 * Why the flashing of a modem failed, and what to do. One table for the live view, the report and the
 * documentation.
 */
export const FLASH_REASONS = {
  missing: {
    says: 'the plan names it, but it was not found',
    remedy: 'make sure that it is plugged in, has power and has MDAP enabled; then continue with --resume',
  },
  conflict: {
    says: 'two modems with different MAC addresses have this serial number',
    remedy: 'unplug one of the two',
  },
  'no-answer': {
    says: 'it answers a search, but no other request',
    remedy: 'its build may have MDAP commands disabled; hold its reset button while switching it on instead',
  },
  credentials: {
    says: 'it accepts none of the users and passwords of the plan',
    remedy: 'add the user and password of its brand to `credentials` of the plan',
  },
  refused: {
    says: 'it refused the upgrade command',
    remedy: 'its build lacks the command; hold its reset button while switching it on instead',
  },
  'no-image': {
    says: 'no image of the plan is for its board',
    remedy: 'add an image for its board to `images` of the plan',
  },
  'no-boot-mode': {
    says: 'it did not go into boot mode on command',
    remedy: 'hold its reset button while switching it on, then continue with --resume',
  },
  'no-tftp': {
    says: 'it sent BOOTP requests over and over, but never fetched its image',
    remedy: 'look for a firewall, another BOOTP or DHCP server, or the wrong --iface',
  },
  transfer: {
    says: 'its image was not transferred completely',
    remedy: 'check its cable and power, then continue with --resume',
  },
  'wrong-board': {
    says: 'the image is for another board',
    remedy: 'name the image for its board in the plan; it stays in boot mode until then',
  },
  'image-rejected': {
    says: 'it requested an image again after it had received a complete one: it rejects the image',
    remedy: 'the image is for another board or damaged; use another one, it stays in boot mode until then',
  },
  'no-valid-image': {
    says: 'its power was cut while it was writing the image: its boot loader finds no complete one',
    remedy: 'give it stable power, then continue with --resume: it stays in boot mode until then',
  },
  'not-back': {
    says: 'it did not come back after it had received its image',
    remedy: 'check its lights and power; continue with --resume when it is up',
  },
  'boot-mode-again': {
    says: 'it went into boot mode again after it had come back',
    remedy: 'check whether somebody pressed its button, and whether its power is stable',
  },
  'wrong-version': {
    says: 'it came back with a version other than that of its image',
    remedy: 'check whether it starts from another memory bank: `software version` shows both',
  },
  command: {
    says: 'a command of the plan failed on it',
    remedy: 'try the command by itself with: modemlab mdap exec',
  },
  verify: {
    says: 'in the end it is not as planned',
    remedy: 'the note says what differs; continue with --resume after fixing it',
  },
} as const satisfies Readonly<Record<string, { readonly says: string; readonly remedy: string }>>;

export type FlashReason = keyof typeof FLASH_REASONS;
