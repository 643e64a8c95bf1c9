/**
 * How clients by other authors spell their messages: elements in a client's own layout, and answers that all
 * of them give.
 */
import type { Asked, Leaf, Tree } from './peer.ts';
import { texts } from './peer.ts';

export interface Element {
  readonly tag: string;
  readonly attributes: string;
  readonly content: string | readonly Element[];
}

export const el = (tag: string, content: Element['content'] = '', attributes = ''): Element => ({
  tag,
  attributes: attributes === '' ? '' : ` ${attributes}`,
  content,
});

export interface Layout {
  /** Before a tag at this depth; `leaf`: it contains text. */
  readonly before: (depth: number, leaf: boolean) => string;
  readonly after: string;
  /** An element without content; only `Value` is always written in full if it is kept open. */
  readonly empty: (tag: string, attributes: string) => string;
}

const pair = (tag: string, attributes: string): string => `<${tag}${attributes}></${tag}>`;

/** The layouts of four XML writers. */
export const COMPACT: Layout = { before: () => '', after: '', empty: (tag, more) => `<${tag}${more}/>` };
export const LINES: Layout = { before: () => '', after: '\n', empty: pair };
export const INDENTED: Layout = {
  before: (depth) => ' '.repeat(depth + 1),
  after: '\n',
  empty: (tag, more) => (tag === 'Value' ? pair(tag, more) : `<${tag}${more} />`),
};
export const SLANTED: Layout = {
  before: (depth, leaf) => (depth === 1 || (leaf && depth > 3) ? ' ' : ''),
  after: '\n',
  empty: pair,
};

const escaped = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

export function render({ tag, attributes, content }: Element, layout: Layout, depth = 0): string {
  const before = layout.before(depth, typeof content === 'string');
  if (content.length === 0) return `${before}${layout.empty(tag, attributes)}${layout.after}`;
  if (typeof content === 'string')
    return `${before}<${tag}${attributes}>${escaped(content)}</${tag}>${layout.after}`;
  const inner = content.map((child) => render(child, layout, depth + 1)).join('');
  return `${before}<${tag}${attributes}>${layout.after}${inner}${before}</${tag}>${layout.after}`;
}

/** What distinguishes one client's answers. */
export interface Speech {
  readonly tree: Tree;
  /** `undefined`: it does not know GetRPCMethods. */
  readonly methods: readonly string[] | undefined;
  /** RPCs beyond these are unknown to it. */
  readonly knows: readonly string[];
  /** The whole body. */
  readonly envelope: (id: string, message: Element) => string;
  readonly fault: (code: number, text: string, details?: readonly Element[]) => Element;
  /** Attributes of an array. */
  readonly array: (type: string, count: number) => string;
  /** Attributes of a Name beside a Value. */
  readonly nameType: string;
  readonly flag: (value: boolean) => string;
  readonly setStatus: '0' | '1';
  readonly accessList: Element;
  /** Its answer to an unknown RPC; none is an empty POST. */
  readonly unknown: (asked: Asked) => string;
}

export const valueElement = (name: string, { value, type }: Leaf, nameType: string): Element =>
  el('ParameterValueStruct', [el('Name', name, nameType), el('Value', value, `xsi:type="xsd:${type}"`)]);

export function answerOf(speech: Speech, asked: Asked): string {
  if (!speech.knows.includes(asked.rpc)) return speech.unknown(asked);
  const message = messageOf(speech, asked);
  return message === undefined ? speech.unknown(asked) : speech.envelope(asked.id, message);
}

function messageOf(speech: Speech, asked: Asked): Element | undefined {
  switch (asked.rpc) {
    case 'GetRPCMethods':
      return methodsOf(speech);
    case 'GetParameterNames':
      return namesOf(speech, texts(asked, 'ParameterPath')[0] ?? '', texts(asked, 'NextLevel')[0] === '1');
    case 'GetParameterValues':
      return valuesOf(speech, texts(asked, 'string'));
    case 'GetParameterAttributes':
      return attributesOf(speech, texts(asked, 'string'));
    case 'SetParameterValues':
      return setValues(speech, asked);
    case 'Reboot':
      return el('cwmp:RebootResponse');
    default:
      return undefined;
  }
}

function methodsOf({ methods, array }: Speech): Element | undefined {
  if (methods === undefined) return undefined;
  const list = methods.map((method) => el('string', method));
  return el('cwmp:GetRPCMethodsResponse', [el('MethodList', list, array('xsd:string', methods.length))]);
}

/**
 * Names of objects and leaves below a path; the path itself is included in the whole tree, never in its next
 * level.
 */
function below(tree: Tree, path: string, nextLevel: boolean): Map<string, boolean> {
  const names = new Map<string, boolean>();
  for (const [leaf, { writable }] of tree) {
    if (!leaf.startsWith(path)) continue;
    const steps = leaf.slice(path.length).split('.');
    const most = nextLevel ? 1 : steps.length;
    for (let depth = nextLevel ? 1 : 0; depth <= most; depth++) {
      const isLeaf = depth === steps.length;
      const name = isLeaf
        ? leaf
        : path +
          steps
            .slice(0, depth)
            .map((step) => `${step}.`)
            .join('');
      if (!names.has(name)) names.set(name, isLeaf && writable);
    }
  }
  return names;
}

function namesOf({ tree, fault, array, flag }: Speech, path: string, nextLevel: boolean): Element {
  const names = below(tree, path, nextLevel);
  if (names.size === 0) return fault(9005, 'Invalid parameter name');
  const list = [...names].map(([name, writable]) =>
    el('ParameterInfoStruct', [el('Name', name), el('Writable', flag(writable))]),
  );
  return el('cwmp:GetParameterNamesResponse', [
    el('ParameterList', list, array('cwmp:ParameterInfoStruct', list.length)),
  ]);
}

function valuesOf({ tree, fault, array, nameType }: Speech, names: readonly string[]): Element {
  const list: Element[] = [];
  for (const name of names) {
    const leaf = tree.get(name);
    if (leaf === undefined) return fault(9005, 'Invalid parameter name');
    list.push(valueElement(name, leaf, nameType));
  }
  return el('cwmp:GetParameterValuesResponse', [
    el('ParameterList', list, array('cwmp:ParameterValueStruct', list.length)),
  ]);
}

function attributesOf({ array, accessList }: Speech, names: readonly string[]): Element {
  const list = names.map((name) =>
    el('ParameterAttributeStruct', [el('Name', name), el('Notification', '0'), accessList]),
  );
  return el('cwmp:GetParameterAttributesResponse', [
    el('ParameterList', list, array('cwmp:ParameterAttributeStruct', list.length)),
  ]);
}

function setValues({ tree, fault, setStatus }: Speech, asked: Asked): Element {
  const names = texts(asked, 'Name');
  const values = texts(asked, 'Value');
  const refused = names.filter((name) => tree.get(name)?.writable !== true);
  if (refused.length > 0)
    return fault(
      9003,
      'Invalid arguments',
      refused.map((name) =>
        el('SetParameterValuesFault', [
          el('ParameterName', name),
          el('FaultCode', tree.has(name) ? '9008' : '9005'),
          el('FaultString', tree.has(name) ? 'Not to be written' : 'Invalid parameter name'),
        ]),
      ),
    );
  for (const [index, name] of names.entries()) setLeaf(tree, name, values[index] ?? '');
  for (const name of tree.keys())
    if (name.endsWith('.ManagementServer.ParameterKey'))
      setLeaf(tree, name, texts(asked, 'ParameterKey')[0] ?? '');
  return el('cwmp:SetParameterValuesResponse', [el('Status', setStatus)]);
}

function setLeaf(tree: Tree, name: string, value: string): void {
  const leaf = tree.get(name);
  if (leaf !== undefined) leaf.value = value;
}
