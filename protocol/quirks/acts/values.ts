/** Acts of group VL: values, times, and identity. */
import type { Envelope, ParameterValueStruct } from '../../cwmp/messages.ts';
import type { Acts } from '../quirk.ts';
import {
  addParameter,
  changeDevice,
  changeInform,
  changeList,
  changeStrings,
  informOf,
  isInform,
  some,
  texts,
  valuesOf,
} from './message.ts';

/**
 * A string whose meaning nothing else looks at: a spoilt address would be noted as that too (Q-CR-03,
 * Q-CR-04).
 */
const isText = ({ Name, Type }: ParameterValueStruct): boolean =>
  Type === 'string' && !/ConnectionRequest(URL|Address)$/.test(Name);

const hasText = (envelope: Envelope): boolean => valuesOf(envelope).some(isText);

/** Changes the first value that is any text. */
function changeText(envelope: Envelope, change: (text: string) => string): Envelope {
  return changeList(envelope, (list) => {
    const first = list.findIndex(isText);
    return list.map((value, index) => (index === first ? { ...value, Value: change(value.Value) } : value));
  });
}

const clock = (CurrentTime: string) => (envelope: Envelope) =>
  changeInform(envelope, () => ({ CurrentTime }));

/** An & that does not begin what an XML reader would resolve: that one would be lost. */
const FREE_AMPERSAND = /&(?!(?:amp|lt|gt|quot|apos|#\d+|#[xX][0-9a-fA-F]+);)/;
const FREE_REFERENCE = /&amp;(?!(?:amp|lt|gt|quot|apos|#\d+|#[xX][0-9a-fA-F]+);)/g;

const DATE = '*.DeviceInfo.VendorConfigFile.1.Date';

export const values = {
  'Q-VL-01': {
    on: 'message',
    fits: hasText,
    keeps: (envelope) => changeText(envelope, (text) => `\ufffd${text}`),
    change: (envelope) => changeText(envelope, (text) => `\u0002${text}`),
  },
  'Q-VL-02': {
    on: 'text',
    fits: (envelope) => texts(envelope).some((text) => FREE_AMPERSAND.test(text)),
    change: (text) => text.replace(FREE_REFERENCE, '&'),
  },
  'Q-VL-03': {
    on: 'dialect',
    fits: (envelope) =>
      some(
        envelope,
        ({ schema, name, value }) =>
          (schema.is === 'string' && name !== 'Name' && value === '') ||
          (schema.is === 'value' && value === ''),
      ),
    keeps: (envelope) => changeStrings(envelope, (text) => (text === '' ? '(null)' : text)),
    change: (dialect) => ({ ...dialect, nullText: '(null)' }),
  },
  'Q-VL-04': {
    on: 'message',
    fits: isInform,
    change: (envelope) => addParameter(envelope, DATE, '0000-00-00T00:00:00', 'dateTime'),
  },
  'Q-VL-05': {
    on: 'message',
    fits: isInform,
    change: (envelope) => addParameter(envelope, DATE, 'Configuration modified b'),
  },
  'Q-VL-06': { on: 'message', fits: isInform, change: clock('1970-01-01T00:02:13Z') },
  'Q-VL-07': { on: 'message', fits: isInform, change: clock('2011-05-04T10:20:30') },
  'Q-VL-08': { on: 'message', fits: isInform, change: clock('2011-05-04T10:20::30') },
  'Q-VL-09': {
    on: 'dialect',
    fits: (envelope) => (informOf(envelope)?.RetryCount ?? 10) < 10,
    change: (dialect) => ({ ...dialect, counterWidth: 2 }),
  },
  'Q-VL-10': {
    on: 'message',
    fits: hasText,
    change: (envelope) => changeText(envelope, (text) => `${text}\r\n`),
  },
  'Q-VL-11': {
    on: 'message',
    fits: isInform,
    change: (envelope) => changeDevice(envelope, { SerialNumber: '999999999999999999' }),
  },
  'Q-VL-12': {
    on: 'message',
    fits: (envelope) => /[A-F]/.test(informOf(envelope)?.DeviceId.OUI ?? ''),
    change: (envelope) =>
      changeInform(envelope, ({ DeviceId }) => ({
        DeviceId: { ...DeviceId, OUI: DeviceId.OUI.toLowerCase() },
      })),
  },
  'Q-VL-13': {
    on: 'message',
    fits: isInform,
    change: (envelope) => changeDevice(envelope, { ProductClass: 'FRITZ!Box a/b "\u00b2"' }),
  },
  'Q-VL-14': {
    on: 'message',
    fits: isInform,
    change: (envelope) => changeDevice(envelope, { Manufacturer: '' }),
  },
  'Q-VL-15': {
    on: 'dialect',
    fits: (envelope) => texts(envelope).some((text) => /[\u0080-\uffff]/.test(text)),
    change: (dialect) => ({ ...dialect, nonAscii: 'raw' }),
  },
  'Q-VL-16': {
    on: 'message',
    fits: isInform,
    change: (envelope) => addParameter(envelope, '*.ManagementServer.ParameterKey', 'unsetCommandKey'),
  },
  'Q-VL-19': {
    on: 'dialect',
    fits: isInform,
    keeps: (envelope) => changeInform(envelope, () => ({ MaxEnvelopes: 2 })),
    change: (dialect) => ({ ...dialect, maxEnvelopes: 2 }),
  },
} as const satisfies Acts;
