/** Fault codes of TR-069a6 Annex A.5: what each means, and whose fault it is. */
export const FAULTS: ReadonlyMap<number, { readonly means: string; readonly side: 'Client' | 'Server' }> =
  new Map([
    [9000, { means: 'Method not supported', side: 'Server' }],
    [9001, { means: 'Request denied', side: 'Server' }],
    [9002, { means: 'Internal error', side: 'Server' }],
    [9003, { means: 'Invalid arguments', side: 'Client' }],
    [9004, { means: 'Resources exceeded', side: 'Server' }],
    [9005, { means: 'Invalid parameter name', side: 'Client' }],
    [9006, { means: 'Invalid parameter type', side: 'Client' }],
    [9007, { means: 'Invalid parameter value', side: 'Client' }],
    [9008, { means: 'Attempt to set a non-writable parameter', side: 'Client' }],
    [9009, { means: 'Notification request rejected', side: 'Server' }],
    [9010, { means: 'File transfer failure', side: 'Server' }],
    [9011, { means: 'Upload failure', side: 'Server' }],
    [9012, { means: 'File transfer server authentication failure', side: 'Server' }],
    [9013, { means: 'Unsupported protocol for file transfer', side: 'Server' }],
    [9014, { means: 'Unable to join multicast group', side: 'Server' }],
    [9015, { means: 'Unable to contact file server', side: 'Server' }],
    [9016, { means: 'Unable to access file', side: 'Server' }],
    [9017, { means: 'Unable to complete download', side: 'Server' }],
    [9018, { means: 'File corrupted or otherwise unusable', side: 'Server' }],
    [9019, { means: 'File authentication failure', side: 'Server' }],
    [9020, { means: 'Unable to complete download within specified time windows', side: 'Client' }],
    [9021, { means: 'Cancelation of file transfer not permitted in current transfer state', side: 'Client' }],
    [9022, { means: 'Invalid UUID format', side: 'Server' }],
    [9023, { means: 'Unknown Execution Environment', side: 'Server' }],
    [9024, { means: 'Disabled Execution Environment', side: 'Server' }],
    [9025, { means: 'Deployment Unit to Execution Environment mismatch', side: 'Server' }],
    [9026, { means: 'Duplicate Deployment Unit', side: 'Server' }],
    [9027, { means: 'System resources exceeded', side: 'Server' }],
    [9028, { means: 'Unknown Deployment Unit', side: 'Server' }],
    [9029, { means: 'Invalid Deployment Unit state', side: 'Server' }],
    [9030, { means: 'Invalid Deployment Unit update: downgrade not permitted', side: 'Server' }],
    [9031, { means: 'Invalid Deployment Unit update: version not specified', side: 'Server' }],
    [9032, { means: 'Invalid Deployment Unit update: version already exists', side: 'Server' }],
    [8000, { means: 'Method not supported', side: 'Server' }],
    [8001, { means: 'Request denied', side: 'Server' }],
    [8002, { means: 'Internal error', side: 'Server' }],
    [8003, { means: 'Invalid arguments', side: 'Client' }],
    [8004, { means: 'Resources exceeded', side: 'Server' }],
    [8005, { means: 'Retry request', side: 'Server' }],
    [8006, { means: 'ACS version incompatible with CPE', side: 'Server' }],
  ]);

/** SOAP faultcode: Client is the requester's error. Vendor codes are the responder's. */
export function faultSide(code: number): 'Client' | 'Server' {
  return FAULTS.get(code)?.side ?? 'Server';
}

/** How to read a code: unknown ones of the reserved range count as 9001 (TR-069a6 A.5.1). */
export function faultMeaning(code: number): string {
  if (code >= 9033 && code <= 9799) return FAULTS.get(9001)?.means ?? '';
  return FAULTS.get(code)?.means ?? 'Vendor fault';
}
