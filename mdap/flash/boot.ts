/** Events of a modem in boot mode: BOOTP requests and transfers. */
import { isSameText } from '../../protocol/bootp/image-rules.ts';
import { counted } from '../../protocol/counted.ts';
import type { FlashEffect, FlashEvent, FlashModem, FlashStep } from './modem.ts';
import type { FlashContext } from './transitions.ts';
import {
  enter,
  enterBootpSeen,
  enterTransferring,
  enterWaiting,
  fail,
  stay,
  withNote,
} from './transitions.ts';

type Of<Is extends FlashEvent['is']> = Extract<FlashEvent, { is: Is }>;

/** Whether a BOOTP request is a late copy: the same boot, right after the last sign of progress. */
function isLate(
  { settings }: FlashContext,
  modem: FlashModem,
  { xid, at }: Of<'bootp'>,
  sign: number,
): boolean {
  return xid === modem.xid && at - sign < settings.lateMs;
}

export function onBootp(context: FlashContext, before: FlashModem, event: Of<'bootp'>): FlashStep {
  const { at } = event;
  const board = event.board ?? before.facts.board;
  const modem: FlashModem = { ...before, facts: { ...before.facts, board } };
  const { state } = modem;
  switch (state.at) {
    case 'unknown':
      return modem.sentAt === undefined ? askBoot(context, modem, event) : cameBack(context, modem, event);
    case 'discovered':
    case 'triggered':
    case 'trigger-failed':
    case 'bootp-seen':
    case 'offered':
    case 'waiting':
      return askBoot(context, modem, event);
    case 'transferring': {
      if (isLate(context, modem, event, state.movedAt)) return stay(modem);
      const cut = { do: 'abort', transfer: state.transfer } as const;
      if (modem.transfers >= context.settings.transfers)
        return fail(modem, at, 'transfer', `${counted(modem.transfers, 'transfer')} did not get through`);
      const next = enterBootpSeen(context, modem, at, event.xid);
      return { ...next, effects: [cut, ...next.effects] };
    }
    case 'verifying':
    case 'rebooting':
      return isLate(context, modem, event, modem.sentAt ?? at)
        ? stay(modem)
        : cameBack(context, modem, event);
    case 'back':
    case 'configuring':
    case 'checking':
      return fail(modem, at, 'boot-mode-again');
    default:
      return stay(modem);
  }
}

/** The image planned for it may be for another board than the one it reports now. */
export function askBoot(
  context: FlashContext,
  modem: FlashModem,
  { board, xid, at }: Pick<Of<'bootp'>, 'board' | 'xid' | 'at'>,
): FlashStep {
  const image = modem.job?.image;
  if (image !== undefined && isOther(board, image.board))
    return fail(modem, at, 'wrong-board', `its boot loader names ${board}, the image is for ${image.board}`);
  return enterBootpSeen(context, modem, at, xid);
}

const isOther = (board: string | undefined, other: string): boolean =>
  board !== undefined && board !== '' && other !== '' && !isSameText(board, other);

/** It has received the whole image, and requests one again. */
function cameBack(
  context: FlashContext,
  modem: FlashModem,
  { board, xid, invalid, at }: Of<'bootp'>,
): FlashStep {
  const image = modem.job?.image;
  if (!invalid) {
    return image !== undefined && isOther(board, image.board)
      ? fail(modem, at, 'wrong-board', `its boot loader names ${board}, the image is for ${image.board}`)
      : fail(modem, at, 'image-rejected');
  }
  if (modem.rewrites >= context.settings.rewrites) return fail(modem, at, 'no-valid-image');
  const flashed = modem.flashed.slice(0, -1);
  const again = { ...modem, flashed, sentAt: undefined, rewrites: modem.rewrites + 1 };
  return enterBootpSeen(context, again, at, xid);
}

export function onRrq(context: FlashContext, modem: FlashModem, { transfer, at }: Of<'rrq'>): FlashStep {
  const { state } = modem;
  switch (state.at) {
    case 'transferring':
      return state.transfer === transfer ? stay(modem) : enterTransferring(context, modem, at, transfer);
    case 'bootp-seen':
    case 'offered':
    case 'waiting':
      if (modem.job?.image !== undefined) return enterTransferring(context, modem, at, transfer);
      return { modem, effects: [{ do: 'abort', transfer }] };
    default:
      return { modem, effects: [{ do: 'abort', transfer }] };
  }
}

export function onProgress(
  { settings }: FlashContext,
  modem: FlashModem,
  { transfer, bytes, at }: Of<'progress'>,
): FlashStep {
  const { state } = modem;
  if (state.at !== 'transferring' || state.transfer !== transfer || bytes <= state.bytes) return stay(modem);
  const until = Math.min(at + settings.stallMs, state.begunAt + settings.transferMs);
  return enter(modem, at, { ...state, bytes, movedAt: at, until });
}

export function onSent(
  { settings }: FlashContext,
  modem: FlashModem,
  { transfer, at }: Of<'sent'>,
): FlashStep {
  const { state, job } = modem;
  if (state.at !== 'transferring' || state.transfer !== transfer) return stay(modem);
  const flashed = [...modem.flashed, job?.image?.file ?? ''];
  const change = { flashed, sentAt: at, ran: [], unsureUntil: 0, doubt: undefined };
  if (state.stopping)
    return enter(modem, at, { at: 'cancelled', from: 'verifying' }, [{ do: 'quarantine' }], change);
  // A modem that asks again has rejected the image: without quarantine it would loop forever.
  const served: FlashEffect[] = [{ do: 'quarantine' }];
  return enter(modem, at, { at: 'verifying', until: at + settings.writeMs }, served, change);
}

export function onTransferFailed(
  context: FlashContext,
  modem: FlashModem,
  { transfer, why, at }: Of<'transfer-failed'>,
): FlashStep {
  const { state } = modem;
  if (state.at !== 'transferring' || state.transfer !== transfer) return stay(modem);
  if (state.stopping) return enter(modem, at, { at: 'cancelled', from: state.at }, [{ do: 'quarantine' }]);
  return enterWaiting(context, withNote(modem, `a transfer broke: ${why}`), at);
}
