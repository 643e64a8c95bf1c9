/** The first reading of a capture: what its secrets are. */
import { macText } from '../../protocol/ipv4.ts';
import type { CapturedFrame } from '../file/frame.ts';
import type { Datagram, FlowEvent } from '../packet/flow.ts';
import { createFlow } from '../packet/flow.ts';
import { readLink } from '../packet/link.ts';
import { learnDatagram } from './datagram.ts';
import type { Field } from './frame-places.ts';
import { arpFields, ipFields, isArp, linkFields } from './frame-places.ts';
import type { Output } from './mdap-outputs.ts';
import { createMdapOutputs } from './mdap-outputs.ts';
import type { StreamPassage } from './passage.ts';
import { createDatagramPassages, createStreamPassages } from './passages.ts';
import type { Secrets } from './secrets.ts';
import { learnText } from './texts.ts';

export interface Learner {
  push(frame: CapturedFrame): void;
  /** The capture has ended. */
  end(): void;
}

export const createLearner = (secrets: Secrets): Learner => new CaptureLearner(secrets);

class CaptureLearner implements Learner {
  readonly #secrets: Secrets;
  readonly #flow = createFlow();
  readonly #streams = createStreamPassages();
  readonly #datagrams = createDatagramPassages();
  readonly #outputs = createMdapOutputs();
  #count = 0;

  constructor(secrets: Secrets) {
    this.#secrets = secrets;
  }

  push(frame: CapturedFrame): void {
    learnAddresses(this.#secrets, frame);
    this.#read(this.#flow.push(frame));
  }

  end(): void {
    this.#read(this.#flow.end());
    this.#learnOutputs(this.#outputs.end());
  }

  #read(events: readonly FlowEvent[]): void {
    for (const event of events) {
      if (event.is === 'comment') this.#learnLines(Buffer.from(event.text).toString('latin1'));
      else if (event.is === 'datagram') this.#onDatagram(event);
      else for (const passage of this.#streams.push(event)) this.#learnPassage(passage);
    }
  }

  #onDatagram(datagram: Datagram): void {
    this.#count += 1;
    const passage = this.#datagrams.push(datagram);
    learnDatagram(this.#secrets, passage, datagram.payload);
    if (passage.is === 'mdap') this.#learnOutputs(this.#outputs.push(datagram, this.#count));
  }

  #learnPassage(passage: StreamPassage): void {
    if (passage.is === 'blank') return;
    if (passage.is !== 'packed') learnText(this.#secrets, passage.is, passage.text);
    else if (passage.blank === undefined) learnText(this.#secrets, 'markup', passage.text);
  }

  #learnOutputs(outputs: readonly Output[]): void {
    for (const { text } of outputs) this.#learnLines(text);
  }

  #learnLines(text: string): void {
    learnText(this.#secrets, 'lines', text);
  }
}

function learnAddresses(secrets: Secrets, { bytes, linkType }: CapturedFrame): void {
  const learn = (fields: readonly Field[], of: Uint8Array): void => {
    for (const { at, is, length } of fields) {
      const field = of.subarray(at, at + length);
      if (is === 'mac') secrets.learnMac(macText(field));
      else if (field.length === length) secrets.learnOctets(field);
    }
  };
  learn(linkFields(linkType, bytes), bytes);
  const link = readLink(linkType, bytes);
  if (link.is === 'ip') learn(ipFields(link.packet), link.packet);
  if (link.is === 'other' && isArp(link.etherType)) learn(arpFields(bytes, link.at) ?? [], bytes);
}
