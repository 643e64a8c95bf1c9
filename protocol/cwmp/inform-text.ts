/**
 * The text of an Inform, for those who write many. Modems of a kind write the same, but for a few texts: what
 * stands around those is written once by `encode`, and kept with the dialect. What comes out is what `encode`
 * writes.
 */
import type { Dialect } from '../soap/dialect.ts';
import { escapeText } from '../xml/write.ts';
import { encode } from './encode.ts';
import type { Args, Envelope } from './messages.ts';

/**
 * Kinds of Informs that are kept of a dialect: by their events, their parameters, and which of those are
 * empty.
 */
const MAX_FORMS = 16;
/**
 * The writer hands a control character on in any dialect: the text between two of them is the number of a
 * gap.
 */
const MARK = '\u0001';

/** What an Inform has in common with others. */
interface Form {
  readonly like: Envelope;
  readonly inform: Args<'Inform'>;
  /** Which of its texts are empty: an empty element may be written differently. */
  readonly empty: readonly boolean[];
  /** Text, then the number of the text that follows it, and so on; it ends with text. */
  readonly around: readonly string[];
  readonly gaps: readonly number[];
}

const forms = new WeakMap<Dialect, Form[]>();

/** An envelope with a request Inform as the text that `encode` makes of it. */
export function informText(envelope: Envelope, inform: Args<'Inform'>, dialect: Dialect): string {
  const texts = textsOf(envelope, inform);
  let known = forms.get(dialect);
  if (known === undefined) {
    known = [];
    forms.set(dialect, known);
  }
  const form = known.find((one) => fits(one, envelope, inform, texts));
  if (form !== undefined) return fill(form, texts, dialect);
  const text = encode(envelope, dialect);
  const made = makeForm(envelope, inform, texts, dialect);
  // A control character of the modem's own would be taken for a mark.
  if (fill(made, texts, dialect) !== text) return text;
  if (known.length === MAX_FORMS) known.shift();
  known.push(made);
  return text;
}

function fill({ around, gaps }: Form, texts: readonly string[], dialect: Dialect): string {
  let out = around[0] ?? '';
  for (let at = 0; at < gaps.length; at++)
    out += escapeText(texts[gaps[at] ?? 0] ?? '', dialect) + (around[at + 1] ?? '');
  return out;
}

/** What differs from one Inform to the next. */
function textsOf(
  { id }: Envelope,
  { DeviceId, Event, CurrentTime, ParameterList }: Args<'Inform'>,
): string[] {
  const texts = [id ?? '', DeviceId.SerialNumber, CurrentTime];
  for (const { EventCode, CommandKey } of Event) texts.push(EventCode, CommandKey);
  for (const { Value } of ParameterList) texts.push(Value);
  return texts;
}

function fits(
  { like, inform, empty }: Form,
  envelope: Envelope,
  args: Args<'Inform'>,
  texts: readonly string[],
): boolean {
  if (empty.length !== texts.length || inform.Event.length !== args.Event.length) return false;
  if (like.namespace !== envelope.namespace || (like.id === undefined) !== (envelope.id === undefined))
    return false;
  if (args.RetryCount !== inform.RetryCount || args.MaxEnvelopes !== inform.MaxEnvelopes) return false;
  const { DeviceId, ParameterList } = args;
  if (
    DeviceId.Manufacturer !== inform.DeviceId.Manufacturer ||
    DeviceId.OUI !== inform.DeviceId.OUI ||
    DeviceId.ProductClass !== inform.DeviceId.ProductClass
  )
    return false;
  for (let index = 0; index < texts.length; index++) if (empty[index] !== (texts[index] === '')) return false;
  for (let index = 0; index < ParameterList.length; index++) {
    const one = ParameterList[index];
    const other = inform.ParameterList[index];
    if (one?.Name !== other?.Name || one?.Type !== other?.Type) return false;
  }
  return hasHeader(like.header, envelope.header);
}

function hasHeader(one: Envelope['header'], other: Envelope['header']): boolean {
  return (
    one.HoldRequests === other.HoldRequests &&
    one.NoMoreRequests === other.NoMoreRequests &&
    one.SessionTimeout === other.SessionTimeout &&
    one.UseCWMPVersion === other.UseCWMPVersion &&
    one.SupportedCWMPVersions?.join() === other.SupportedCWMPVersions?.join()
  );
}

function makeForm(
  envelope: Envelope,
  inform: Args<'Inform'>,
  texts: readonly string[],
  dialect: Dialect,
): Form {
  let next = 0;
  const mark = (text: string): string => {
    const number = next;
    next += 1;
    return text === '' ? '' : `${MARK}${number}${MARK}`;
  };
  const { DeviceId, Event, CurrentTime, ParameterList } = inform;
  // In the order of textsOf.
  const id = mark(envelope.id ?? '');
  const SerialNumber = mark(DeviceId.SerialNumber);
  const marked = {
    ...inform,
    DeviceId: { ...DeviceId, SerialNumber },
    CurrentTime: mark(CurrentTime),
    Event: Event.map(({ EventCode, CommandKey }) => ({
      EventCode: mark(EventCode),
      CommandKey: mark(CommandKey),
    })),
    ParameterList: ParameterList.map((one) => ({ ...one, Value: mark(one.Value) })),
  };
  const pieces = encode(
    {
      ...envelope,
      ...(envelope.id === undefined ? {} : { id }),
      message: { kind: 'request', rpc: 'Inform', args: marked },
    },
    dialect,
  ).split(MARK);
  return {
    like: envelope,
    inform,
    empty: texts.map((text) => text === ''),
    around: pieces.filter((_, index) => index % 2 === 0),
    gaps: pieces.filter((_, index) => index % 2 === 1).map(Number),
  };
}
