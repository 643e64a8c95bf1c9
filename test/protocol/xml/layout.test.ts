import t from 'tap';
import { encode } from '../../../protocol/cwmp/encode.ts';
import type { Message } from '../../../protocol/cwmp/messages.ts';
import type { Dialect } from '../../../protocol/soap/dialect.ts';
import { CANONICAL } from '../../../protocol/soap/dialect.ts';

const linesOf = (message: Message, layout: Dialect['layout']): string[] => {
  const dialect: Dialect = { ...CANONICAL, layout, selfClosing: 'never' };
  const text = encode({ id: '1', namespace: 'urn:dslforum-org:cwmp-1-0', header: {}, message }, dialect);
  return text.replaceAll(/ [\w-]+:[\w-]+="[^"]*"/g, '').split('\r\n');
};

const inform: Message = {
  kind: 'request',
  rpc: 'Inform',
  args: {
    DeviceId: { Manufacturer: 'M', OUI: '00000A', ProductClass: 'P', SerialNumber: 'S' },
    Event: [{ EventCode: '1 BOOT', CommandKey: '' }],
    MaxEnvelopes: 1,
    CurrentTime: '2026-01-01T00:00:00Z',
    RetryCount: 0,
    ParameterList: [
      { Name: 'A', Value: '1', Type: 'string' },
      { Name: 'B', Value: '2', Type: 'string' },
    ],
  },
};

t.test('6.2 indents the leaves of an Inform by one and its containers not at all', (t) => {
  t.strictSame(linesOf(inform, 'thomson-g6'), [
    '<SOAP-ENV:Envelope>',
    ' <SOAP-ENV:Header>',
    '<cwmp:ID>1</cwmp:ID>',
    ' </SOAP-ENV:Header>',
    ' <SOAP-ENV:Body>',
    '<cwmp:Inform>',
    '<DeviceId>',
    ' <Manufacturer>M</Manufacturer>',
    ' <OUI>00000A</OUI>',
    ' <ProductClass>P</ProductClass>',
    ' <SerialNumber>S</SerialNumber>',
    '</DeviceId>',
    '<Event>',
    '<EventStruct>',
    ' <EventCode>1 BOOT</EventCode>',
    ' <CommandKey></CommandKey>',
    '</EventStruct>',
    '</Event>',
    '<MaxEnvelopes>1</MaxEnvelopes>',
    '<CurrentTime>2026-01-01T00:00:00Z</CurrentTime>',
    '<RetryCount>0</RetryCount>',
    '<ParameterList>',
    '<ParameterValueStruct>',
    ' <Name>A</Name>',
    ' <Value>1</Value>',
    '</ParameterValueStruct>',
    '<ParameterValueStruct>',
    ' <Name>B</Name>',
    ' <Value>2</Value>',
    '</ParameterValueStruct>',
    '</ParameterList>',
    '</cwmp:Inform>',
    ' </SOAP-ENV:Body>',
    '</SOAP-ENV:Envelope>',
  ]);
  t.end();
});

t.test('7.4 runs start tags into what follows, and indents all values but the first', (t) => {
  t.strictSame(linesOf(inform, 'thomson-g7').slice(5), [
    '<cwmp:Inform><DeviceId> <Manufacturer>M</Manufacturer>',
    ' <OUI>00000A</OUI>',
    ' <ProductClass>P</ProductClass>',
    ' <SerialNumber>S</SerialNumber>',
    '</DeviceId>',
    '<Event><EventStruct> <EventCode>1 BOOT</EventCode>',
    ' <CommandKey></CommandKey>',
    '</EventStruct>',
    '</Event>',
    '<MaxEnvelopes>1</MaxEnvelopes>',
    '<CurrentTime>2026-01-01T00:00:00Z</CurrentTime>',
    '<RetryCount>0</RetryCount>',
    '<ParameterList><ParameterValueStruct> <Name>A</Name>',
    ' <Value>1</Value>',
    '</ParameterValueStruct>',
    '     <ParameterValueStruct>      <Name>B</Name>',
    '      <Value>2</Value>',
    '</ParameterValueStruct>',
    '</ParameterList>',
    '</cwmp:Inform>',
    ' </SOAP-ENV:Body>',
    '</SOAP-ENV:Envelope>',
  ]);
  t.end();
});

const bodyOf = (message: Message, layout: Dialect['layout']): string[] =>
  linesOf(message, layout).slice(5, -2);

t.test('answers are indented by depth, each kind in its own way', (t) => {
  const values: Message = {
    kind: 'response',
    rpc: 'GetParameterValues',
    args: { ParameterList: [{ Name: 'A', Value: '1', Type: 'string' }] },
  };
  const names: Message = {
    kind: 'response',
    rpc: 'GetParameterNames',
    args: { ParameterList: [{ Name: 'A.', Writable: true }] },
  };
  const methods: Message = { kind: 'response', rpc: 'GetRPCMethods', args: { MethodList: ['Reboot'] } };
  const reboot: Message = { kind: 'response', rpc: 'Reboot', args: {} };
  t.strictSame(bodyOf(values, 'thomson-g6'), [
    '  <cwmp:GetParameterValuesResponse>',
    '   <ParameterList>',
    '    <ParameterValueStruct>',
    '     <Name>A</Name>',
    '     <Value>1</Value>',
    '    </ParameterValueStruct>',
    '   </ParameterList>',
    '  </cwmp:GetParameterValuesResponse>',
  ]);
  t.strictSame(bodyOf(values, 'thomson-g7'), [
    '  <cwmp:GetParameterValuesResponse>   <ParameterList>     <ParameterValueStruct>      <Name>A</Name>',
    '      <Value>1</Value>',
    '</ParameterValueStruct>',
    '</ParameterList>',
    '</cwmp:GetParameterValuesResponse>',
  ]);
  t.strictSame(bodyOf(names, 'thomson-g6'), [
    '  <cwmp:GetParameterNamesResponse>',
    '   <ParameterList>',
    '   <ParameterInfoStruct>',
    '    <Name>A.</Name>',
    '    <Writable>1</Writable>',
    '   </ParameterInfoStruct>',
    '   </ParameterList>',
    '  </cwmp:GetParameterNamesResponse>',
  ]);
  t.strictSame(bodyOf(methods, 'thomson-g6'), [
    '<cwmp:GetRPCMethodsResponse>',
    '<MethodList>',
    '<string>Reboot</string>',
    '</MethodList>',
    '</cwmp:GetRPCMethodsResponse>',
  ]);
  t.strictSame(bodyOf(reboot, 'thomson-g7'), ['  <cwmp:RebootResponse></cwmp:RebootResponse>']);
  t.end();
});

t.test('faults are indented by depth', (t) => {
  const refused = { FaultCode: 9003, FaultString: 'Invalid arguments' };
  const inner = { ParameterName: 'A', FaultCode: 9005, FaultString: 'Invalid parameter name' };
  const fault: Message = { kind: 'fault', fault: { ...refused, SetParameterValuesFault: [inner] } };
  t.strictSame(bodyOf(fault, 'thomson-g6'), [
    '  <SOAP-ENV:Fault>',
    '   <faultcode>Client</faultcode>',
    '   <faultstring>CWMP fault</faultstring>',
    '   <detail>',
    '    <cwmp:Fault>',
    '     <FaultCode>9003</FaultCode>',
    '     <FaultString>Invalid arguments</FaultString>',
    '     <SetParameterValuesFault>',
    '      <ParameterName>A</ParameterName>',
    '      <FaultCode>9005</FaultCode>',
    '      <FaultString>Invalid parameter name</FaultString>',
    '     </SetParameterValuesFault>',
    '    </cwmp:Fault>',
    '   </detail>',
    '  </SOAP-ENV:Fault>',
  ]);
  t.equal(linesOf(inform, 'compact').length, 1, 'compact is one line');
  t.end();
});

t.test('a device that says Client says it for every fault', (t) => {
  const fault = { FaultCode: 9000, FaultString: 'x', SetParameterValuesFault: [] };
  const code = (faultcode: Dialect['faultcode']): string | undefined =>
    /<faultcode>([^<]*)</.exec(
      encode(
        { id: '1', namespace: 'urn:dslforum-org:cwmp-1-0', header: {}, message: { kind: 'fault', fault } },
        { ...CANONICAL, faultcode },
      ),
    )?.[1];
  t.strictSame([code('plain'), code('prefixed'), code('client')], ['Server', 'SOAP-ENV:Server', 'Client']);
  t.end();
});
