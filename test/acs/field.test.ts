import t from 'tap';
import { deviceKey } from '../../acs/device-key.ts';
import { connectCpe, cookieOf, envelopeOf, post } from '../../peers/cpe.ts';
import { decode } from '../../protocol/cwmp/decode.ts';
import type { Envelope, Inform } from '../../protocol/cwmp/messages.ts';
import { runAcs } from '../support/acs/run-acs.ts';
import type { FieldFile } from '../support/capture/field.ts';
import { fieldFiles, fieldHeader, skipField } from '../support/capture/field.ts';

interface Recorded {
  readonly file: FieldFile;
  readonly envelope: Envelope;
  readonly inform: Inform;
  /** Ids of the quirks in the body. */
  readonly quirks: readonly string[];
}

function informsOf(files: readonly FieldFile[]): readonly Recorded[] {
  return files.flatMap((file) => {
    const decoded = decode(file.body, {
      charset: /charset=([\w-]+)/i.exec(fieldHeader(file, 'content-type') ?? '')?.[1],
    });
    if (!decoded.ok) return [];
    const { envelope, notes } = decoded.value;
    const { message } = envelope;
    if (message.kind !== 'request' || message.rpc !== 'Inform') return [];
    return [{ file, envelope, inform: message.args, quirks: [...new Set(notes.map(({ id }) => id))].sort() }];
  });
}

/** What the text itself says, found without our reader. */
function saidBy({ body }: FieldFile): { id: string; namespace: string } {
  const text = Buffer.from(body).toString('utf8');
  return {
    id: /<[\w-]+:ID[^>]*>([^<]*)</.exec(text)?.[1] ?? '',
    namespace: /urn:dslforum-org:cwmp-1-\d/.exec(text)?.[0] ?? '',
  };
}

/**
 * The bytes as they were recorded: with their own request line and headers, where these were recorded too.
 */
const bytesOf = ({ head, bytes, body }: FieldFile): Buffer =>
  head.length > 0 ? Buffer.from(bytes) : post(Buffer.from(body), ['Content-Type: text/xml']);

/** Spellings of the empty POST that modems are known to send. */
const EMPTY_POSTS: Readonly<Record<string, (cookie: string) => string>> = {
  'with headers': (cookie) =>
    `POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: ${cookie}\r\nContent-Length: 0\r\n\r\n`,
  'without any header': () => 'POST / HTTP/1.1\r\n\r\n',
  'in lines that end with LF': () => 'POST / HTTP/1.1\nHost: 127.0.0.1\n\n',
};

const informs = informsOf(fieldFiles());

t.test('the recordings have Informs, some with their own HTTP headers', { skip: skipField }, async (t) => {
  t.ok(informs.length >= 20, `${informs.length} Informs`);
  t.strictSame(
    informs.filter(({ file }) => file.head.length > 0).map(({ file }) => file.name),
    [
      'perl-cwmp/data/http-chunked',
      'perl-cwmp/dump/BANT-R/7.4.1.7/Inform',
      'perl-cwmp/dump/BANT-S/5.4.0.14/Inform',
    ],
  );
});

for (const recorded of informs) {
  const { file, envelope, inform, quirks } = recorded;
  t.test(`${file.name}, POSTed as it was recorded, begins a session that ends well`, async (t) => {
    for (const [name, empty] of Object.entries(EMPTY_POSTS)) {
      await t.test(`followed by an empty POST ${name}`, async (t) => {
        const acs = await runAcs();
        t.teardown(() => acs.stop());
        const client = await connectCpe(acs.port);
        t.teardown(() => client.close());

        client.send(bytesOf(file));
        const first = await client.response();
        t.equal(first.status, 200);
        const answered = envelopeOf(first);
        const said = saidBy(file);
        t.equal(answered.id ?? '', said.id, 'its ID');
        t.equal(answered.namespace, said.namespace, 'its namespace');
        t.match(answered.message, { kind: 'response', rpc: 'Inform' });

        const key = deviceKey(inform.DeviceId);
        const record = await acs.store.get(key);
        t.match(record?.deviceId, { ...inform.DeviceId, SerialNumber: inform.DeviceId.SerialNumber.trim() });
        t.equal(record?.namespace, envelope.namespace);
        t.strictSame(
          record?.lastInform.events,
          inform.Event.map(({ EventCode }) => EventCode),
        );
        t.strictSame(
          quirks.filter((id) => !Object.keys(record?.quirks ?? {}).includes(id)),
          [],
          'each quirk of the message is noted',
        );
        const kept = new Map<string, string | undefined>();
        for await (const { name, value } of acs.store.tree(key)) kept.set(name, value);
        t.strictSame(
          kept,
          new Map(inform.ParameterList.map(({ Name, Value }) => [Name, Value])),
          'its parameters',
        );

        client.send(empty(cookieOf(first)));
        const second = await client.response();
        t.ok(second.status === 200 || second.status === 204, `${second.status}`);
        if (second.status === 200) t.equal(envelopeOf(second).message.kind, 'request');
        t.equal(acs.acs.openSessions, second.status === 200 ? 1 : 0);
      });
    }
  });
}
