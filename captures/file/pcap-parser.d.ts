/** pcap-parser 0.2.1 has no types of its own. These are the parts that ./pcap.ts uses. */
declare module 'pcap-parser' {
  interface GlobalHeader {
    readonly linkLayerType: number;
  }
  interface Packet {
    readonly header: {
      readonly timestampSeconds: number;
      /** Or nanoseconds: the parser passes the field on as it is. */
      readonly timestampMicroseconds: number;
      readonly capturedLength: number;
      readonly originalLength: number;
    };
    readonly data: Buffer;
  }
  interface Parser {
    on(event: 'globalHeader', listener: (header: GlobalHeader) => void): this;
    on(event: 'packet', listener: (packet: Packet) => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
  }
  /** The part of a stream that the parser uses. */
  interface Input {
    pause(): void;
    resume(): void;
    on(event: string, listener: (data: Buffer) => void): void;
  }
  export function parse(input: Input): Parser;
}
