/** One list of secret names: whoever hides or replaces secrets does so for each name on it. */
import t from 'tap';
import { memoryStore } from '../../../acs/store/memory.ts';
import { applyResponse } from '../../../acs/tasks/apply-response.ts';
import { kindOf } from '../../../captures/anonymise/kinds.ts';
import { messageSummary } from '../../../captures/conversation/message-summary.ts';
import type { Message } from '../../../protocol/cwmp/messages.ts';
import { isSecretName, SECRET_NAMES, secretKindOf } from '../../../protocol/datamodel/secret-names.ts';
import { refuser } from '../../../simulator/profile/import/entry.ts';
import { modelOf } from '../../../simulator/profile/import/from-names.ts';
import { treeOf } from '../../../simulator/profile/import/import.ts';

const ROOT = 'InternetGatewayDevice.';
const WLAN = `${ROOT}LANDevice.1.WLANConfiguration.1.`;

const SECRETS: readonly string[] = [
  `${ROOT}ManagementServer.Password`,
  `${ROOT}ManagementServer.ConnectionRequestPassword`,
  `${ROOT}ManagementServer.STUNPassword`,
  `${WLAN}KeyPassphrase`,
  `${WLAN}PreSharedKey.1.PreSharedKey`,
  `${WLAN}PreSharedKey.1.KeyPassphrase`,
  `${WLAN}WEPKey.1.WEPKey`,
  `${WLAN}X_000E50_WPAPreSharedKey`,
  `${WLAN}X_000E50_WEPKey2`,
  `${WLAN}X_000E50_WEP128Key`,
  `${WLAN}X_000E50_PIN`,
  'Device.WiFi.AccessPoint.1.Security.RadiusSecret',
  'Device.WiFi.AccessPoint.1.Security.SAEPassphrase',
  'Device.WiFi.AccessPoint.1.WPS.PIN',
  'Device.IEEE8021x.Supplicant.1.EAPMD5.SharedSecret',
  'Device.X_EXAMPLE-COM_VPN.PrivateKey',
  ...SECRET_NAMES.map(({ ending }) => `${ROOT}X_000E50_Test.${ending}`),
  ...SECRET_NAMES.map(({ ending }) => `${ROOT}X_000E50_Test.X_000E50_${ending.toUpperCase()}`),
];

const OTHERS: readonly string[] = [
  `${ROOT}UserInterface.PasswordRequired`,
  `${ROOT}UserInterface.PasswordUserSelectable`,
  `${ROOT}ManagementServer.ParameterKey`,
  `${ROOT}ManagementServer.Username`,
  `${WLAN}KeyPassphraseLength`,
  `${WLAN}WEPKeyIndex`,
  `${WLAN}TotalPSKFailures`,
  `${WLAN}X_000E50_WPAGroupRekey`,
  `${ROOT}Layer2Bridging.Bridge.1.BridgeKey`,
  'Device.WiFi.AccessPoint.1.Security.RekeyingInterval',
  'Device.X_EXAMPLE-COM_VPN.PublicKey',
  'Device.X_EXAMPLE-COM_Port.Mapping',
  'CommandKey',
  'ParameterKey',
];

const isMasked = (text: string): boolean => text.endsWith('=***');

const setting = (name: string) =>
  ({
    kind: 'request',
    rpc: 'SetParameterValues',
    args: { ParameterList: [{ Name: name, Value: 'hunter2', Type: 'string' }], ParameterKey: '' },
  }) as const satisfies Message;

t.test(
  'names by the standards and by vendors are known, and those that only look like one are not',
  async (t) => {
    for (const name of SECRETS) t.ok(isSecretName(name), name);
    for (const name of OTHERS) t.notOk(isSecretName(name), name);
    t.equal(secretKindOf(`${ROOT}ManagementServer.Password`), 'password');
    t.equal(secretKindOf(`${WLAN}WEPKey.1.WEPKey`), 'key');
  },
);

t.test('a line about a message shows no secret', async (t) => {
  const lineOf = (name: string): string =>
    messageSummary({ id: '1', namespace: '', header: {}, message: setting(name) });
  for (const name of SECRETS) t.ok(isMasked(lineOf(name)), lineOf(name));
  for (const name of OTHERS) t.ok(lineOf(name).endsWith('=hunter2'), name);
});

t.test('the ACS keeps no secret that it has set', async (t) => {
  const store = memoryStore();
  const known = await valuesAfterSetting(store, [...SECRETS, ...OTHERS]);
  t.strictSame([...known].sort(), [...OTHERS].sort());
});

async function valuesAfterSetting(store: ReturnType<typeof memoryStore>, names: readonly string[]) {
  const reading = { now: '2024-01-01T00:00:00Z', untyped: false };
  for (const name of names)
    await applyResponse(
      store,
      'A-B-C',
      setting(name),
      { kind: 'response', rpc: 'SetParameterValues', args: { Status: 0 } },
      reading,
    );
  const found: string[] = [];
  for await (const { name, value } of store.tree('A-B-C')) if (value !== undefined) found.push(name);
  return found;
}

t.test('an anonymised capture has another text in the place of each', async (t) => {
  for (const name of SECRETS) t.equal(kindOf(name), secretKindOf(name), name);
  for (const name of OTHERS) t.notMatch(kindOf(name) ?? '', /^(password|key)$/, name);
});

t.test('a profile from the names of a device reads each as empty', async (t) => {
  const names = [...SECRETS, ...OTHERS].filter((name) => name.startsWith(ROOT));
  const entries = names.map((name) => ({
    name,
    type: 'string' as const,
    value: '',
    writable: true,
    notification: undefined,
    accessList: undefined,
  }));
  const identity = { manufacturer: '', oui: '', productClass: '', serial: '', firmware: '' };
  const { secret } = modelOf(treeOf(entries, refuser('test')), identity, undefined);
  const templates = SECRETS.filter((name) => name.startsWith(ROOT)).map((name) =>
    name.slice(ROOT.length).replace(/\.\d+(?=\.)/g, '.{i}'),
  );
  t.strictSame([...secret].sort(), [...new Set(templates)].sort());
});
