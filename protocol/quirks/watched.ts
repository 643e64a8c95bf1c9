/** XM: what modemlab watches for though no device is named for it. */
import type { Entries } from './quirk.ts';

const nobody = {
  who: 'nobody yet',
  source: 'watched for',
  grade: 'none',
  noted: 'decode',
} as const;

export const watched = {
  'Q-XM-01': {
    ...nobody,
    title: 'A byte order mark, or UTF-16',
    does: 'begins the body with a byte order mark',
    clause: 'XML 1.0 section 4.3.3 allows it; TR-069a6 3.4.1 requires UTF-8',
    we: 'the mark decides how to decode, and is dropped',
  },
  'Q-XM-02': {
    ...nobody,
    title: 'An XML declaration that is not at the start, or a second one',
    does: 'puts the XML declaration after a space or after another declaration',
    clause: 'XML 1.0 section 2.8',
    we: 'skipped',
  },
  'Q-XM-03': {
    ...nobody,
    title: 'Text outside the envelope',
    does: 'has text or NUL bytes before the envelope or after its end',
    clause: 'XML 1.0 section 2.1: only white space, comments and processing instructions there',
    we: 'skipped; a second envelope is refused',
  },
  'Q-XM-04': {
    ...nobody,
    title: 'Text between elements',
    does: 'puts text or a CDATA section where only elements belong',
    clause: 'the cwmp schema: no mixed content',
    we: 'skipped',
  },
  'Q-XM-05': {
    ...nobody,
    title: 'An attribute value without quotes',
    does: 'writes mustUnderstand=1',
    clause: 'XML 1.0 section 3.1',
    we: 'read up to the next white space',
  },
  'Q-XM-06': {
    ...nobody,
    title: 'Text longer than the schema allows',
    does: 'sends a string that exceeds its maximum length',
    clause: 'TR-069a6 Annex A: string(n)',
    we: 'kept whole',
  },
  'Q-XM-07': {
    ...nobody,
    title: 'An element that is not in the schema',
    does: 'adds an element to a message or to the header',
    clause: 'TR-069a6 Annex A',
    we: 'skipped',
  },
  'Q-XM-08': {
    ...nobody,
    title: 'An odd arrayType or operation type',
    does: 'writes arrayType in a form that SOAP does not have or in another namespace, or an operation without a type',
    clause: 'SOAP 1.1 5.4.2; TR-069a6 A.4.1.10',
    we: 'the array is read by its members; the operation counts as an update',
  },
  'Q-XM-09': {
    ...nobody,
    title: 'An element given twice',
    does: 'sends a member a second time',
    clause: 'TR-069a6 Annex A: each member once',
    we: 'the last one counts',
  },
  'Q-XM-10': {
    ...nobody,
    title: 'The envelope or the message in a wrong namespace, or in none',
    does: 'puts Envelope, or the element below Body, in no namespace or in one that is not SOAP 1.1 or CWMP',
    clause: 'TR-069a6 3.5; SOAP 1.1 section 3',
    we: 'read by local name; the message counts as cwmp-1-0',
  },
  'Q-XM-11': {
    ...nobody,
    title: 'Two IDs in one header',
    does: 'sends cwmp:ID twice',
    clause: 'TR-069a6 3.5 Table 4',
    we: 'the last one counts',
  },
  'Q-XM-12': {
    ...nobody,
    title: 'A cwmp namespace that has no schema',
    does: 'writes urn:dslforum-org:cwmp-1-3 or higher',
    clause: 'TR-069a6 3.5: cwmp-1-2 is the last; later versions are given in the header',
    we: 'read as 1-2, and answered in the same namespace',
  },
} as const satisfies Entries;
