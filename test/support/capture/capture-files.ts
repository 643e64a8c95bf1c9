/** Capture files of any kind out of frames, and the tools of Wireshark, where they are installed. */
import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { ByteOrder, CapturedFrame } from '../../../captures/file/frame.ts';
import { readCapture } from '../../../captures/file/open.ts';
import { pcapHeader, pcapRecord } from '../../../captures/file/pcap-write.ts';
import {
  pcapngInterface,
  pcapngOther,
  pcapngPacket,
  pcapngSection,
} from '../../../captures/file/pcapng-write.ts';

export interface FileForm {
  readonly format: 'pcap' | 'pcapng' | 'obsolete';
  readonly order: ByteOrder;
  readonly microseconds: boolean;
  readonly gzip: boolean;
}

export function fileForm(): fc.Arbitrary<FileForm> {
  return fc.record(
    {
      format: fc.constantFrom('pcap', 'pcapng', 'obsolete'),
      order: fc.constantFrom('little', 'big'),
      microseconds: fc.boolean(),
      gzip: fc.boolean(),
    },
    { noNullPrototype: true },
  );
}

/** The file that holds these frames, all of one link type. pcapng gets blocks in between that say nothing. */
export function captureFile(frames: readonly CapturedFrame[], form: FileForm): Uint8Array {
  const { format, gzip, microseconds, order } = form;
  const linkType = frames[0]?.linkType ?? 1;
  const parts: Uint8Array[] = [];
  if (format === 'pcap') {
    parts.push(pcapHeader(linkType, form), ...frames.map((frame) => pcapRecord(frame, form)));
  } else {
    const resolution = microseconds ? 6 : 9;
    const kind = format === 'pcapng' ? 'enhanced' : 'obsolete';
    parts.push(pcapngSection({ order, application: 'modemlab' }));
    parts.push(pcapngInterface({ linkType, order, resolution, name: 'lan0' }));
    frames.forEach((frame, index) => {
      parts.push(pcapngPacket(frame, { order, resolution, kind }));
      if (index % 5 === 2) parts.push(pcapngOther(4, new Uint8Array(4), order));
    });
  }
  const bytes = Buffer.concat(parts);
  return gzip ? gzipSync(bytes) : bytes;
}

/** Bytes in pieces of these lengths, over and over. */
export async function* pieces(bytes: Uint8Array, lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const length = lengths[turn % lengths.length] ?? bytes.length;
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

/** Reads a file that is in memory to its end. */
export async function readAll(
  bytes: Uint8Array,
  lengths: readonly number[] = [65536],
): Promise<{ readonly frames: readonly CapturedFrame[]; readonly fault: string | undefined }> {
  const capture = readCapture(pieces(bytes, lengths));
  const frames: CapturedFrame[] = [];
  for await (const frame of capture.frames) frames.push({ ...frame, bytes: Uint8Array.from(frame.bytes) });
  return { frames, fault: capture.fault?.code };
}

/** Why tests that need Wireshark's programs are skipped; `false` where they are installed. */
export const noTshark: string | false =
  spawnSync('tshark', ['--version']).status === 0 ? false : 'tshark is not installed';

/** Standard output of one of Wireshark's programs. */
export async function wireshark(program: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(program, [...args], { maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}
