/** What clients by other authors have in common: a small gateway's tree, an Inform, an envelope, a fault. */
import type { Event, Leaf, Tree } from './peer.ts';
import type { Element, Layout, Speech } from './peer-speech.ts';
import { el, render, valueElement } from './peer-speech.ts';

export interface Identity {
  readonly Manufacturer: string;
  readonly OUI: string;
  readonly ProductClass: string;
  readonly SerialNumber: string;
}

export const ENV = 'http://schemas.xmlsoap.org/soap/envelope/';
export const ENC = 'http://schemas.xmlsoap.org/soap/encoding/';
export const XSD = 'http://www.w3.org/2001/XMLSchema';

/** RPCs that most of them know. */
export const COMMON = [
  'GetRPCMethods',
  'GetParameterNames',
  'GetParameterValues',
  'SetParameterValues',
  'GetParameterAttributes',
  'Reboot',
];

/**
 * A small gateway: more leaves than one first batch, texts that need references, an empty one, a long one.
 */
export function gatewayTree(root: string, identity: Identity, hosts = 9): Tree {
  const tree: Tree = new Map();
  const put = (name: string, value: string, type = 'string', writable = false): void => {
    const leaf: Leaf = { value, type, writable };
    tree.set(`${root}.${name}`, leaf);
  };
  put('DeviceInfo.Manufacturer', identity.Manufacturer);
  put('DeviceInfo.ManufacturerOUI', identity.OUI);
  put('DeviceInfo.ProductClass', identity.ProductClass);
  put('DeviceInfo.SerialNumber', identity.SerialNumber);
  put('DeviceInfo.SpecVersion', '1.0');
  put('DeviceInfo.HardwareVersion', 'rev C');
  put('DeviceInfo.SoftwareVersion', '3.4.1-r7');
  put('DeviceInfo.ProvisioningCode', '', 'string', true);
  put('DeviceInfo.UpTime', '8125', 'unsignedInt');
  put('DeviceInfo.DeviceLog', `first boot <ok> & "ready" ${'.'.repeat(300)}`);
  put('ManagementServer.ConnectionRequestURL', 'http://192.0.2.17:30005/ring?a=1&b=2');
  put('ManagementServer.ParameterKey', '');
  put('ManagementServer.PeriodicInformEnable', '1', 'boolean', true);
  put('ManagementServer.PeriodicInformInterval', '1800', 'unsignedInt', true);
  for (let host = 1; host <= hosts; host++) {
    put(`LANDevice.1.Hosts.Host.${host}.HostName`, `${identity.SerialNumber}-${host}`);
    put(`LANDevice.1.Hosts.Host.${host}.IPAddress`, `10.20.30.${host}`);
    put(`LANDevice.1.Hosts.Host.${host}.Active`, host % 2 === 0 ? '0' : '1', 'boolean');
  }
  put('WANDevice.1.WANConnectionDevice.1.WANIPConnection.1.ExternalIPAddress', '192.0.2.17');
  return tree;
}

const INFORMED =
  /(SpecVersion|HardwareVersion|SoftwareVersion|ProvisioningCode|ParameterKey|ConnectionRequestURL|ExternalIPAddress)$/;

interface InformOf {
  readonly speech: Speech;
  readonly identity: Identity;
  readonly time: string;
  readonly events: readonly Event[];
  /** Attributes of an element of a plain type; none for most. */
  readonly typed?: (type: string) => string;
  /** The declared number of members, if it differs from the real one. */
  readonly declares?: number;
  readonly maxEnvelopes?: string;
  readonly retryCount?: string;
  readonly more?: readonly Element[];
}

export function informOf(of: InformOf): Element {
  const { speech, identity, typed = () => '' } = of;
  const list = [...speech.tree]
    .filter(([name]) => INFORMED.test(name))
    .map(([name, leaf]) => valueElement(name, leaf, speech.nameType))
    .concat(of.more ?? []);
  const events = of.events.map(({ code, key = '' }) =>
    el('EventStruct', [el('EventCode', code, typed('string')), el('CommandKey', key)]),
  );
  return el('cwmp:Inform', [
    el(
      'DeviceId',
      [
        el('Manufacturer', identity.Manufacturer, typed('string')),
        el('OUI', identity.OUI, typed('string')),
        el('ProductClass', identity.ProductClass, typed('string')),
        el('SerialNumber', identity.SerialNumber, typed('string')),
      ],
      of.typed === undefined ? '' : 'xsi:type="cwmp:DeviceIdStruct"',
    ),
    el('Event', events, speech.array('cwmp:EventStruct', events.length)),
    el('MaxEnvelopes', of.maxEnvelopes ?? '1', typed('unsignedInt')),
    el('CurrentTime', of.time, typed('dateTime')),
    el('RetryCount', of.retryCount ?? '0', typed('unsignedInt')),
    el('ParameterList', list, speech.array('cwmp:ParameterValueStruct', of.declares ?? list.length)),
  ]);
}

/** A fault whose detail is in its proper place. */
export const faultWith =
  (env: string, faultcode: string) =>
  (code: number, text: string, details: readonly Element[] = []): Element =>
    el(`${env}:Fault`, [
      el('faultcode', faultcode),
      el('faultstring', 'CWMP fault'),
      el('detail', [el('cwmp:Fault', [el('FaultCode', String(code)), el('FaultString', text), ...details])]),
    ]);

export const arrayWith =
  (enc: string) =>
  (type: string, count: number): string =>
    `${enc}:arrayType="${type}[${count}]"`;

export function enveloped(
  env: string,
  rootAttributes: string,
  layout: Layout,
  before = '',
): (id: string, message: Element) => string {
  return (id, message) =>
    before +
    render(
      el(
        `${env}:Envelope`,
        [el(`${env}:Header`, [el('cwmp:ID', id, `${env}:mustUnderstand="1"`)]), el(`${env}:Body`, [message])],
        rootAttributes,
      ),
      layout,
    );
}

export const xmlns = (...pairs: readonly (readonly [string, string])[]): string[] =>
  pairs.map(([prefix, uri]) => `xmlns:${prefix}="${uri}"`);

/** Header lines, except those without a value. */
export const linesOf = (...lines: readonly (string | false | undefined)[]): string[] =>
  lines.filter((line) => typeof line === 'string');
