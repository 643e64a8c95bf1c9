/** An anonymised capture as the bytes of a file, in the format that the capture had. */
import type { CapturedFrame } from '../file/frame.ts';
import { pcapHeader, pcapRecord } from '../file/pcap-write.ts';
import { pcapngInterface, pcapngPacket, pcapngSection } from '../file/pcapng-write.ts';

export interface FileForm {
  readonly format: 'pcap' | 'pcapng';
  /** Times of a pcap file have no finer unit. */
  readonly microseconds: boolean;
}

/** Other contents of a pcapng file (host, interfaces, names, TLS keys) are left out. */
export async function* anonymisedFile(
  frames: AsyncIterable<CapturedFrame>,
  { format, microseconds }: FileForm,
): AsyncGenerator<Uint8Array> {
  let linkTypes: readonly number[] = [];
  if (format === 'pcapng') yield pcapngSection({ application: 'modemlab' });
  for await (const frame of frames) {
    const isNew = !linkTypes.includes(frame.linkType);
    if (format === 'pcapng') {
      if (isNew) yield pcapngInterface({ linkType: frame.linkType });
      if (isNew) linkTypes = [...linkTypes, frame.linkType];
      yield pcapngPacket(frame, { interface: linkTypes.indexOf(frame.linkType) });
    } else {
      if (linkTypes.length === 0) yield pcapHeader(frame.linkType, { microseconds });
      linkTypes = [frame.linkType];
      yield pcapRecord(frame, { microseconds });
    }
  }
  if (format === 'pcap' && linkTypes.length === 0) yield pcapHeader(1, { microseconds });
}
