/** The first reading of a capture: what its secrets are. */
import { macText } from '../../protocol/ipv4.ts';
import type { CapturedFrame } from '../file/frame.ts';
import { createFlow } from '../packet/flow.ts';
import { readLink } from '../packet/link.ts';
import { learnDatagram } from './datagram.ts';
import type { Field } from './frame-places.ts';
import { arpFields, ipFields, isArp, linkFields } from './frame-places.ts';
import type { Output } from './mdap-outputs.ts';
import { createMdapOutputs } from './mdap-outputs.ts';
import { createDatagramPassages, createStreamPassages } from './passages.ts';
import type { Secrets } from './secrets.ts';
import { learnText } from './texts.ts';

export interface Learner {
  push(frame: CapturedFrame): void;
  /** The capture has ended. */
  end(): void;
}

export function createLearner(secrets: Secrets): Learner {
  const flow = createFlow();
  const ofStreams = createStreamPassages();
  const ofDatagrams = createDatagramPassages();
  const outputs = createMdapOutputs();
  let datagrams = 0;

  const join = (joined: readonly Output[]): void => {
    for (const { text } of joined) learnText(secrets, 'lines', text);
  };

  const read = (events: ReturnType<typeof flow.push>): void => {
    for (const event of events) {
      if (event.is === 'comment') learnText(secrets, 'lines', Buffer.from(event.text).toString('latin1'));
      else if (event.is === 'datagram') {
        datagrams += 1;
        const passage = ofDatagrams.push(event);
        learnDatagram(secrets, passage, event.payload);
        if (passage.is === 'mdap') join(outputs.push(event, datagrams));
      } else
        for (const passage of ofStreams.push(event)) {
          if (passage.is !== 'packed' && passage.is !== 'blank') learnText(secrets, passage.is, passage.text);
          else if (passage.is === 'packed' && passage.blank === undefined)
            learnText(secrets, 'markup', passage.text);
        }
    }
  };

  return {
    push(frame) {
      learnAddresses(secrets, frame);
      read(flow.push(frame));
    },
    end() {
      read(flow.end());
      join(outputs.end());
    },
  };
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
