/** Acts of groups PN, CR and LG: names, the URL to be called at, and very many of them. */
import type { Envelope } from '../../cwmp/messages.ts';
import type { Acts } from '../quirk.ts';
import {
  addParameter,
  changeInform,
  changeInfos,
  changeList,
  informOf,
  infosOf,
  isInform,
  valuesOf,
} from './message.ts';

/**
 * An object of the list that has a child in it, and is not the first: a list without any object is another
 * quirk.
 */
function parentIn(envelope: Envelope): string | undefined {
  const list = infosOf(envelope);
  const objects = list.map(({ Name }) => Name).filter((name) => name.endsWith('.'));
  return objects.slice(1).find((object) => list.some(({ Name }) => isChild(Name, object)));
}

const isChild = (name: string, object: string): boolean =>
  name.startsWith(object) && /^[^.]+\.?$/.test(name.slice(object.length));

const leavesOf = (envelope: Envelope) => infosOf(envelope).filter(({ Name }) => !Name.endsWith('.'));

const parentOf = (name: string): string => name.slice(0, name.lastIndexOf('.'));

export const names = {
  'Q-PN-01': {
    on: 'message',
    fits: isInform,
    change: (envelope) => addParameter(envelope, '.ExternalIPAddress', '192.0.2.7'),
  },
  'Q-PN-02': {
    on: 'message',
    fits: isInform,
    change: (envelope) => addParameter(envelope, 'DeviceInfo.SoftwareVersion', '6.2.17.5'),
  },
  'Q-PN-03': {
    on: 'message',
    fits: (envelope) => (informOf(envelope)?.ParameterList.length ?? 0) > 0,
    change: (envelope) =>
      changeInform(envelope, ({ ParameterList }) => ({
        ParameterList: [...ParameterList, ...ParameterList.slice(0, 1)],
      })),
  },
  'Q-PN-04': {
    on: 'message',
    fits: isInform,
    change: (envelope) =>
      [1, 2, 3].reduce(
        (changed, n) =>
          addParameter(
            changed,
            `*.WANDevice.1.WANConnectionDevice.${n}.WANIPConnection.1.ExternalIPAddress`,
            `192.0.2.${n}`,
          ),
        envelope,
      ),
  },
  'Q-PN-05': {
    on: 'message',
    fits: (envelope) => parentIn(envelope) !== undefined,
    change: (envelope) => {
      const object = parentIn(envelope);
      return changeInfos(envelope, (list) =>
        list.map((info) => (info.Name === object ? { ...info, Name: info.Name.slice(0, -1) } : info)),
      );
    },
  },
  'Q-PN-06': {
    on: 'message',
    fits: (envelope) => new Set(leavesOf(envelope).map(({ Name }) => parentOf(Name))).size > 1,
    change: (envelope) => changeInfos(envelope, () => leavesOf(envelope)),
  },
  'Q-PN-14': {
    on: 'message',
    fits: ({ message }) => message.kind === 'fault' && message.fault.SetParameterValuesFault.length > 0,
    change: (envelope) => {
      const { message } = envelope;
      if (message.kind !== 'fault') return envelope;
      const list = message.fault.SetParameterValuesFault.map((bad) => ({ ...bad, ParameterName: '' }));
      return {
        ...envelope,
        message: { ...message, fault: { ...message.fault, SetParameterValuesFault: list } },
      };
    },
  },
  'Q-CR-03': {
    on: 'message',
    fits: isInform,
    change: (envelope) => addParameter(envelope, '*.ManagementServer.ConnectionRequestURL', 'http://:0/2f9a'),
  },
  'Q-CR-04': {
    on: 'message',
    fits: isInform,
    change: (envelope) =>
      addParameter(envelope, '*.ManagementServer.UDPConnectionRequestAddress', 'none yet'),
  },
  'Q-CR-05': {
    on: 'message',
    fits: isInform,
    change: (envelope) =>
      addParameter(envelope, '*.ManagementServer.ConnectionRequestURL', 'http://192.0.2.7:7547/'),
  },
  'Q-LG-01': {
    on: 'message',
    fits: ({ message }) => message.kind === 'response' && message.rpc === 'GetParameterValues',
    change: (envelope) => {
      const prefix = `${valuesOf(envelope)[0]?.Name ?? 'Device.X'}_`;
      const more = Array.from({ length: 3001 }, (_, n) => ({
        Name: `${prefix}${n}`,
        Value: String(n),
        Type: 'unsignedInt',
      }));
      return changeList(envelope, (list) => [...list, ...more]);
    },
  },
} as const satisfies Acts;
