/** Messages of an invented modem, for tests that need one and do not care which. */
import { encode } from '../../protocol/cwmp/encode.ts';
import type { Envelope, Inform, Message, Response } from '../../protocol/cwmp/messages.ts';
import type { Dialect } from '../../protocol/soap/dialect.ts';

export interface InformOf {
  readonly serial?: string;
  readonly productClass?: string;
  readonly events?: readonly (readonly [code: string, key?: string])[];
  readonly software?: string;
  readonly parameterKey?: string;
  readonly retryCount?: number;
  readonly header?: Envelope['header'];
}

export function informArgs(of: InformOf = {}): Inform {
  const value = (name: string, text: string) => ({
    Name: `InternetGatewayDevice.${name}`,
    Value: text,
    Type: 'string',
  });
  return {
    DeviceId: {
      Manufacturer: 'Example',
      OUI: '00A1B2',
      ProductClass: of.productClass ?? 'Gateway 1',
      SerialNumber: of.serial ?? 'S0001',
    },
    Event: (of.events ?? [['2 PERIODIC']]).map(([EventCode, CommandKey = '']) => ({ EventCode, CommandKey })),
    MaxEnvelopes: 1,
    CurrentTime: '2024-03-05T14:00:03+01:00',
    RetryCount: of.retryCount ?? 0,
    ParameterList: [
      value('DeviceSummary', 'InternetGatewayDevice:1.1[](Baseline:1)'),
      value('DeviceInfo.HardwareVersion', 'B'),
      value('DeviceInfo.SoftwareVersion', of.software ?? '1.0.0'),
      value('ManagementServer.ConnectionRequestURL', 'http://127.0.0.1:51005/a1b2c3'),
      value('ManagementServer.ParameterKey', of.parameterKey ?? ''),
    ],
  };
}

export function envelopeText(message: Message, id: string | undefined = '1', dialect?: Dialect): string {
  return encode({ id, namespace: 'urn:dslforum-org:cwmp-1-0', header: {}, message }, dialect);
}

export function informText(of: InformOf = {}, dialect?: Dialect): string {
  const message = { kind: 'request', rpc: 'Inform', args: informArgs(of) } as const;
  return encode(
    { id: '1', namespace: 'urn:dslforum-org:cwmp-1-0', header: of.header ?? {}, message },
    dialect,
  );
}

export function faultText(FaultCode: number, FaultString = 'refused', id = '1'): string {
  return envelopeText({ kind: 'fault', fault: { FaultCode, FaultString, SetParameterValuesFault: [] } }, id);
}

export function responseText(response: Response, id = '1'): string {
  return envelopeText(response, id);
}
