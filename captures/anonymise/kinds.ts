/**
 * What counts as a secret, by the name it stands under: of a parameter, an element, a header line, a CLI
 * argument.
 */

import { secretKindOf } from '../../protocol/datamodel/secret-names.ts';

export const KINDS = [
  'serial number',
  'MAC address',
  'IP address',
  'host name',
  'user name',
  'password',
  'key',
  'network name',
  'location',
  'phone number',
  'provisioning code',
  'device name',
  'path',
  'log',
  'cookie',
  'digest response',
] as const;
export type Kind = (typeof KINDS)[number];

/** Names that end like those of secrets but hold none: tags of the ACS, switches, choices and figures. */
const HARMLESS =
  /^(parameterkey|commandkey)$|(enabled?|required|supported|capable|allowed|mode|type|status|state|level|index|length|count|interval|timeout|lifetime|version|numberofentries|refreshtime)$/;

/**
 * By the last part of a name, in lower case, letters and digits only; the first match counts.
 */
const BY_NAME: readonly (readonly [pattern: RegExp, kind: Kind])[] = [
  [/serial(number|num|no|nr|nbr)?$|^(imei|imsi|iccid|meid|antid|toant)$/, 'serial number'],
  [/mac(address|addr)?$|bssid$|^(hwaddr|hardwareaddress|antmac|chaddr)$/, 'MAC address'],
  // Of a command or a header; many tables of data models have a key that is a number: BridgeKey, FilterKey,
  // QueueKey.
  [/^(x[0-9a-f]{6})?key\d*$/, 'key'],
  [/ssid$|^networkname$/, 'network name'],
  [
    /latitude$|longitude$|altitude$|location$|^geo|street$|city$|postalcode$|zipcode$|^dataobject$/,
    'location',
  ],
  [/(phone|directory|telephone)(number|nr|no)?$|msisdn$|callerid(name|number)?$|^uri$/, 'phone number'],
  [/provisioningcode$/, 'provisioning code'],
  [/user(name|id)?$|^(login|usr|uid)$|loginname$|accountname$/, 'user name'],
  [/^domainname$|fqdn$/, 'host name'],
  [/hostname$|devicename$|friendlyname$|^antname$|contact(name)?$|email(address)?$/, 'device name'],
  [/^(devicelog|systemlog|eventlog|syslog|log)$/, 'log'],
];

/** The kind of secret that a value under this name is; `undefined`: the name does not suggest a secret. */
export function kindOf(name: string): Kind | undefined {
  const steps = name.split('.').filter((step) => !/^\d*$/.test(step));
  const last = (steps.at(-1) ?? '').replace(/[^A-Za-z0-9]/g, '').toLowerCase();
  if (last === '' || HARMLESS.test(last)) return undefined;
  const secret = secretKindOf(name);
  if (secret !== undefined) return secret;
  return BY_NAME.find(([pattern]) => pattern.test(last))?.[1];
}

/**
 * Whether dotted numbers under this name, or on a line with this text, are a version rather than an address.
 */
export const isVersion = (text: string): boolean =>
  /version|software|firmware|hardware|build|release|revision/i.test(text);
