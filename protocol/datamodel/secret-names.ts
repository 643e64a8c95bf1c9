/**
 * Names of parameters whose values are secrets: those that TR-098 and TR-181 read as empty text ("hidden"),
 * and those of vendors. Names are recognised by how they end, also behind a vendor prefix
 * (`X_000E50_WPAPassword`).
 */

export type SecretKind = 'password' | 'key';

interface SecretName {
  /** How the last part of the name ends, in lower case. */
  readonly ending: string;
  /** Too short for an ending: the name must be exactly this. */
  readonly isWhole?: true;
  readonly kind: SecretKind;
  /** Parameters named so, or `vendors`. */
  readonly source: string;
}

export const SECRET_NAMES: readonly SecretName[] = [
  {
    ending: 'password',
    kind: 'password',
    source: 'ManagementServer.Password, STUNPassword, AuthPassword of TR-104',
  },
  { ending: 'passwd', kind: 'password', source: 'vendors' },
  { ending: 'pwd', kind: 'password', source: 'vendors' },
  { ending: 'pass', isWhole: true, kind: 'password', source: 'vendors' },
  {
    ending: 'passphrase',
    kind: 'password',
    source: 'WLANConfiguration.KeyPassphrase, Security.SAEPassphrase of TR-181',
  },
  { ending: 'secret', kind: 'password', source: 'EAPMD5.SharedSecret and Security.RadiusSecret of TR-181' },
  { ending: 'presharedkey', kind: 'key', source: 'WLANConfiguration.PreSharedKey.{i}.PreSharedKey' },
  { ending: 'psk', kind: 'key', source: 'vendors' },
  { ending: 'wepkey', kind: 'key', source: 'WLANConfiguration.WEPKey.{i}.WEPKey' },
  { ending: 'wpakey', kind: 'key', source: 'vendors' },
  { ending: 'privatekey', kind: 'key', source: 'vendors' },
  { ending: 'encryptionkey', kind: 'key', source: 'vendors' },
  { ending: 'securitykey', kind: 'key', source: 'vendors' },
  { ending: 'networkkey', kind: 'key', source: 'vendors' },
  { ending: 'authkey', kind: 'key', source: 'vendors' },
  { ending: 'authenticationkey', kind: 'key', source: 'vendors' },
  { ending: 'secretkey', kind: 'key', source: 'vendors' },
  { ending: 'apikey', kind: 'key', source: 'vendors' },
  { ending: 'cipherkey', kind: 'key', source: 'vendors' },
  { ending: 'sharedkey', kind: 'key', source: 'vendors' },
  { ending: 'wirelesskey', kind: 'key', source: 'vendors' },
  { ending: 'wifikey', kind: 'key', source: 'vendors' },
  { ending: 'wlankey', kind: 'key', source: 'vendors' },
  { ending: 'pin', isWhole: true, kind: 'key', source: 'WPS.PIN and USIM.PIN of TR-181' },
  { ending: 'pincode', kind: 'key', source: 'vendors' },
  { ending: 'simpin', kind: 'key', source: 'vendors' },
  { ending: 'devicepin', kind: 'key', source: 'vendors' },
  { ending: 'wpspin', kind: 'key', source: 'vendors' },
  { ending: 'cardpin', kind: 'key', source: 'vendors' },
  { ending: 'puk', isWhole: true, kind: 'key', source: 'vendors' },
];

/**
 * A wireless key with something in between: `WEP128Key`, `WPA2GroupKey`. A rekeying interval is not a key.
 */
const WIRELESS_KEY = /(wep|wpa)\w*(?<!re)key$/;

const VENDOR = /^X_[0-9A-Za-z-]{1,64}_/i;

/**
 * The kind of secret that a parameter holds; `undefined`: it is not secret. The name may be a full path or
 * its last part; case and a trailing number (`WEPKey2`) make no difference.
 */
export function secretKindOf(parameterName: string): SecretKind | undefined {
  const parts = parameterName.split('.').filter((part) => !/^\d*$/.test(part));
  const last = (parts.at(-1) ?? '').replace(VENDOR, '');
  const name = last
    .replace(/[^A-Za-z0-9]/g, '')
    .toLowerCase()
    .replace(/\d+$/, '');
  const found = SECRET_NAMES.find(({ ending, isWhole }) =>
    isWhole === true ? name === ending : name.endsWith(ending),
  );
  return found?.kind ?? (WIRELESS_KEY.test(name) ? 'key' : undefined);
}

export const isSecretName = (parameterName: string): boolean => secretKindOf(parameterName) !== undefined;
