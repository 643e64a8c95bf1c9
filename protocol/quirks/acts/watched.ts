/** Acts of group XM: what no device is known to do. */
import type { Acts } from '../quirk.ts';
import { always, changeDevice, hasArray, isInform } from './message.ts';

export const watched = {
  'Q-XM-01': {
    on: 'dialect',
    fits: always,
    change: (dialect) => ({ ...dialect, byteOrderMark: true }),
  },
  'Q-XM-02': {
    on: 'text',
    fits: always,
    change: (text) => text.replace(/^(\ufeff?)/, '$1<?xml version="1.0"?><?xml version="1.0"?>'),
  },
  'Q-XM-03': {
    on: 'dialect',
    fits: always,
    change: (dialect) => ({ ...dialect, trailer: '\0' }),
  },
  'Q-XM-04': {
    on: 'text',
    fits: always,
    change: (text) => text.replace(/<(?:[\w.-]+:)?Body(?:\s[^<>]*)?>/, '$&stray'),
  },
  'Q-XM-05': {
    on: 'text',
    fits: ({ id }) => id !== undefined,
    change: (text) => text.replace(/(mustUnderstand)="(\w+)"/, '$1=$2'),
  },
  'Q-XM-06': {
    on: 'message',
    fits: isInform,
    change: (envelope) => changeDevice(envelope, { Manufacturer: 'm'.repeat(65) }),
  },
  'Q-XM-07': {
    on: 'text',
    fits: always,
    change: (text) => text.replace(/<\/(?:[\w.-]+:)?Header>/, '<X_000E50_Trace>1</X_000E50_Trace>$&'),
  },
  'Q-XM-08': {
    on: 'text',
    fits: hasArray,
    change: (text) => text.replace(/(arrayType)="[^"<>]*"/g, '$1="odd"'),
  },
  'Q-XM-09': {
    on: 'text',
    fits: isInform,
    change: (text) => text.replace(/<((?:[\w.-]+:)?RetryCount)>[^<]*<\/\1>/, '$&$&'),
  },
  'Q-XM-10': {
    on: 'text',
    fits: ({ message, header }) => message.kind !== 'fault' && header.SessionTimeout === undefined,
    keeps: (envelope) => ({ ...envelope, namespace: 'urn:dslforum-org:cwmp-1-0' }),
    change: (text) => text.replace(/urn:dslforum-org:cwmp-1-\d+/g, 'urn:dslforum-org:cwmp'),
  },
  'Q-XM-11': {
    on: 'text',
    fits: ({ id }) => id !== undefined,
    change: (text) => text.replace(/<((?:[\w.-]+:)?ID)( [^<>]*)?>[^<]*<\/\1>/, '$&$&'),
  },
  'Q-XM-12': {
    on: 'message',
    fits: always,
    change: (envelope) => ({ ...envelope, namespace: 'urn:dslforum-org:cwmp-1-4' }),
  },
} as const satisfies Acts;
