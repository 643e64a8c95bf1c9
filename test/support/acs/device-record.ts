/** A device record for tests of stores. */
import type { DeviceRecord } from '../../../acs/store/store.ts';

export function deviceRecord(key: string, more: Partial<DeviceRecord> = {}): DeviceRecord {
  return {
    key,
    deviceId: { Manufacturer: 'THOMSON', OUI: '00147F', ProductClass: 'SpeedTouch 780', SerialNumber: key },
    firstContact: '2026-01-01T00:00:00.000Z',
    lastContact: '2026-01-02T00:00:00.000Z',
    lastInform: { events: ['2 PERIODIC'], currentTime: '2026-01-02T00:00:00', retryCount: 0 },
    informs: 1,
    address: '192.0.2.1',
    namespace: 'urn:dslforum-org:cwmp-1-0',
    softwareVersion: '6.1.5.2',
    discovery: { state: 'none', firmware: '6.1.5.2', names: 0, values: 0 },
    quirks: { 'Q-NS-04': 3 },
    ...more,
  };
}

export async function gather<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
