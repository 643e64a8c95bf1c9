/**
 * Quirks that a device showed, that a simulated modem can act out, and that no other member of its profile
 * covers.
 */

import { decode } from '../../protocol/cwmp/decode.ts';
import { messageName } from '../../protocol/cwmp/message-name.ts';
import type { Envelope, Message } from '../../protocol/cwmp/messages.ts';
import { isCpeRequest } from '../../protocol/cwmp/messages.ts';
import { applyQuirks } from '../../protocol/quirks/act.ts';
import type { QuirkKey } from '../../protocol/quirks.ts';
import { isQuirkKey } from '../../protocol/quirks.ts';
import { Device } from '../../simulator/device/device.ts';
import { dispatch } from '../../simulator/device/rpc/dispatch.ts';
import type { Profile } from '../../simulator/profile/profile.ts';
import { habitOf, isOfMessages } from '../../simulator/quirks/table.ts';
import { informOf } from '../../simulator/session-setup.ts';
import type { Evidence, Post, SeenSession } from './evidence.ts';
import { envelopeOf } from './evidence.ts';

/** Messages with a quirk that are generated again to see whether it shows. */
const SAMPLES = 3;

/** `spelt`: quirks that make more messages identical; `profile`: the clone without quirks. */
export function quirksOf(
  { quirks, sessions }: Evidence,
  profile: Profile,
  spelt: readonly QuirkKey[],
): readonly QuirkKey[] {
  return [...quirks.keys()].filter(isQuirkKey).filter((id) => {
    if (isOfMessages(id)) {
      const tried = samplesOf(sessions, id).map((sample) => rehearse(sample, profile, id));
      return tried.includes('acted') || (spelt.includes(id) && !tried.includes('shown anyway'));
    }
    // A quirk that is only a trait was recognised as such.
    return habitOf(id)?.make !== undefined && BY_TRAITS[id]?.(profile) !== true;
  });
}

/** Traits that show a quirk without acting it out. */
const BY_TRAITS: Readonly<Partial<Record<QuirkKey, (profile: Profile) => boolean>>> = {
  'Q-HT-03': ({ http }) => http.charset === 'iso-8859-1',
  'Q-HT-06': ({ http }) => http.soapAction === 'always',
};

interface Sample {
  readonly post: Post;
  readonly said: Envelope;
  /** The request that it answers. */
  readonly asked: Envelope | undefined;
}

function samplesOf(sessions: readonly SeenSession[], id: QuirkKey): readonly Sample[] {
  const samples = sessions.flatMap(({ posts }) =>
    posts.flatMap((post, index): readonly Sample[] => {
      const said = envelopeOf(post.content);
      const asked = envelopeOf(posts[index - 1]?.answer?.content);
      return said !== undefined && post.quirks.has(id) ? [{ post, said, asked }] : [];
    }),
  );
  return samples.slice(0, SAMPLES);
}

/** Whether the clone shows the quirk in such a message: anyway, or when it acts it out. */
function rehearse(sample: Sample, profile: Profile, id: QuirkKey): 'shown anyway' | 'acted' | 'not shown' {
  const { asked, said } = sample;
  const message = saidAgain(sample, profile);
  const dialect = profile.dialects.get(messageName(message)) ?? profile.dialect;
  const { namespace } = profile.cwmp;
  const envelope = { id: asked?.id ?? (said.id || '1'), namespace, header: {}, message };
  const [plain, acted] = [[], [id]].map((ids) => decode(Buffer.from(applyQuirks(envelope, dialect, ids))));
  const shows = (read: typeof plain): boolean =>
    read?.ok === true && read.value.notes.some((noted) => noted.id === id);
  // A request of the device other than an Inform cannot be generated: it is the original, with its quirk.
  const isOwn = message === said.message;
  if (shows(plain) && !isOwn) return 'shown anyway';
  if (shows(acted)) return 'acted';
  // What only a whole session shows is in the header of the envelope: compare that with the original.
  const near = (read: typeof plain): boolean => read?.ok === true && isSameHead(read.value.envelope, said);
  return near(acted) && !near(plain) ? 'acted' : 'not shown';
}

const isSameHead = (one: Envelope, other: Envelope): boolean => headOf(one) === headOf(other);
const headOf = ({ header, id, namespace }: Envelope): string =>
  JSON.stringify([id ?? null, namespace, header]);

/** What the clone sends in place of a message of the device. */
function saidAgain({ asked, post, said: { message } }: Sample, profile: Profile): Message {
  const now = Number(post.began / 1_000_000n);
  const device = new Device({ profile, acs: `http://${post.to}/`, now: () => now });
  if (message.kind === 'request' && message.rpc === 'Inform')
    return { ...message, args: informOf(device, { Event: BOOT, serials: [] }, 0, []) };
  const request = asked?.message;
  if (request?.kind !== 'request' || !isCpeRequest(request)) return message;
  const performed = dispatch(device, request);
  return performed.ok ? performed.response : { kind: 'fault', fault: performed.fault };
}

const BOOT = ['0 BOOTSTRAP', '1 BOOT'].map((EventCode) => ({ EventCode, CommandKey: '' }));
