/**
 * SetVouchers and GetOptions (TR-069a6 A.4.1.3, A.4.1.4, Annex C): a voucher is an XML signature around
 * options. The signer cannot be verified here, so any signature is accepted, but there has to be one.
 */
import type { Answer, Args } from '../../../protocol/cwmp/messages.ts';
import { readDateTime, UNKNOWN_TIME } from '../../../protocol/datamodel/date-time.ts';
import type { StrictElement } from '../../../protocol/xml/strict.ts';
import { parseStrict } from '../../../protocol/xml/strict.ts';
import type { Device } from '../device.ts';
import type { Performed } from './answer.ts';
import { refuse } from './answer.ts';

type Option = Answer<'GetOptions'>['OptionList'][number];

/** Options of one device; vouchers beyond that are refused with 9004. */
const MAX_OPTIONS = 64;
/** Characters of one voucher. */
const LONGEST_VOUCHER = 64 * 1024;

const of = new WeakMap<Device, ReadonlyMap<string, Option>>();

const optionsOf = (device: Device): ReadonlyMap<string, Option> => of.get(device) ?? new Map();

/** All vouchers or none. */
export function setVouchers(device: Device, { VoucherList }: Args<'SetVouchers'>): Performed {
  const options = new Map(optionsOf(device));
  if (VoucherList.length === 0) return refuse(device, 9003);
  for (const voucher of VoucherList) {
    const read = readVoucher(device, voucher);
    if (read === undefined) return refuse(device, 9003);
    for (const option of read) options.set(option.OptionName, option);
  }
  if (options.size > MAX_OPTIONS) return refuse(device, 9004);
  of.set(device, options);
  return { ok: true, response: { kind: 'response', rpc: 'SetVouchers', args: {} } };
}

/**
 * One option by its name, or all for an empty name; one that the device does not have is an invalid argument.
 */
export function getOptions(device: Device, { OptionName }: Args<'GetOptions'>): Performed {
  const options = optionsOf(device);
  const asked = options.get(OptionName);
  const isKnown = device.profile.rpc.options.includes(OptionName);
  if (OptionName !== '' && asked === undefined && !isKnown) return refuse(device, 9003);
  const list = OptionName === '' ? [...options.values()] : asked === undefined ? [] : [asked];
  const OptionList = list.map((option) => current(device, option));
  return { ok: true, response: { kind: 'response', rpc: 'GetOptions', args: { OptionList } } };
}

/** An expired option is disabled. */
function current({ now }: Device, option: Option): Option {
  const end = readDateTime(option.ExpirationDate ?? UNKNOWN_TIME);
  const isOver = option.Mode === 1 && end?.is === 'absolute' && end.ms <= now;
  return isOver ? { ...option, State: option.State & ~ENABLED } : option;
}

/** Bits of State: the option is enabled; it has been set up. */
const ENABLED = 1;
const SET_UP = 2;

const MODES: ReadonlyMap<string, number> = new Map([
  ['Disabled', 0],
  ['EnabledWithExpiration', 1],
  ['EnabledWithoutExpiration', 2],
]);

/** The options of a voucher for this device; `undefined`: it is not a voucher. */
function readVoucher(device: Device, base64: string): readonly Option[] | undefined {
  if (base64.length > LONGEST_VOUCHER) return undefined;
  const document = parseStrict(Buffer.from(base64, 'base64').toString('utf8'));
  if (!document.ok || local(document.value) !== 'Signature') return undefined;
  const parts = elements(document.value);
  const isSigned = ['SignedInfo', 'SignatureValue'].every((name) =>
    parts.some((part) => local(part) === name),
  );
  const objects = parts.filter((part) => local(part) === 'Object');
  if (!isSigned || objects.length === 0) return undefined;
  const options: Option[] = [];
  for (const element of objects.flatMap(elements)) {
    const option = local(element) === 'Option' ? readOption(device, element) : undefined;
    if (option === undefined) return undefined;
    options.push(option);
  }
  return options;
}

function readOption(device: Device, element: StrictElement): Option | undefined {
  const { profile, unit } = device;
  const id = elements(element).find((part) => local(part) === 'DeviceId');
  if (id === undefined) return undefined;
  const isOurs = textOf(id, 'OUI') === profile.identity.oui && textOf(id, 'SerialNumber') === unit.serial;
  const mode = MODES.get(textOf(element, 'Mode'));
  const OptionName = textOf(element, 'OptionIdent');
  const serial = textOf(element, 'VSerialNum');
  const start = readDateTime(textOf(element, 'StartDate') || UNKNOWN_TIME);
  const { options } = profile.rpc;
  if (!isOurs || mode === undefined || start === undefined || !/^\d{1,10}$/.test(serial)) return undefined;
  if (OptionName === '' || OptionName.length > 64) return undefined;
  if (options.length > 0 && !options.includes(OptionName)) return undefined;
  const begin = start.is === 'absolute' ? start.ms : device.now;
  const expires = mode === 1 ? begin + durationOf(element) : undefined;
  if (expires !== undefined && !Number.isSafeInteger(expires)) return undefined;
  return {
    OptionName,
    VoucherSN: Number(serial) % 2 ** 32,
    State: SET_UP | (mode === 0 ? 0 : ENABLED),
    Mode: mode,
    StartDate: dateTime(begin),
    ...(expires === undefined ? {} : { ExpirationDate: dateTime(expires) }),
    IsTransferable: /^(1|true|Yes)$/i.test(textOf(element, 'Transferable')) ? 1 : 0,
  };
}

/** Milliseconds since 1970 of the last date with a four-digit year. */
const LAST_DATE = 253_402_300_799_000;
const dateTime = (ms: number): string => `${new Date(Math.min(ms, LAST_DATE)).toISOString().slice(0, 19)}Z`;

const UNITS: ReadonlyMap<string, number> = new Map([
  ['Hours', 3_600_000],
  ['Days', 86_400_000],
  ['Months', 30 * 86_400_000],
]);

/** Milliseconds; NaN for an unknown unit. */
function durationOf(element: StrictElement): number {
  const duration = textOf(element, 'Duration');
  return /^\d{1,9}$/.test(duration)
    ? Number(duration) * (UNITS.get(textOf(element, 'DurationUnits')) ?? Number.NaN)
    : Number.NaN;
}

const local = ({ name }: StrictElement): string => name.slice(name.indexOf(':') + 1);

const elements = ({ children }: StrictElement): StrictElement[] =>
  children.filter((child): child is StrictElement => typeof child !== 'string');

function textOf(element: StrictElement, name: string): string {
  const child = elements(element).find((one) => local(one) === name);
  return (child?.children ?? [])
    .filter((part) => typeof part === 'string')
    .join('')
    .trim();
}
