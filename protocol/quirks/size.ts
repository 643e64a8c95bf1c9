/** LG: size and speed. */
import type { Entries } from './quirk.ts';

export const size = {
  'Q-LG-01': {
    title: 'Very large answers',
    who: 'Thomson SpeedTouch 780 (3,343 names), a Thomson gateway (3,457), a China Telecom ONT (9,263), Nokia Beacon G6 (5,772 values, 1.13 MB)',
    does: 'answers with thousands of names or values in one message',
    clause: 'none broken',
    we: 'read in one pass in linear time, up to 16 MiB',
    source: 'recorded in dpavlin/perl-cwmp, goacs/goacs, jarlah/tr069tc; notes of an ACS author (2025)',
    grade: 'A',
    noted: 'decode',
  },
  'Q-LG-02': {
    title: 'A body that trickles in',
    who: 'small ADSL modems',
    does: 'writes the message while sending it, a few kB per second',
    clause: 'none broken',
    we: 'the time limit applies to each pause in the body, not to the whole',
    source: 'genieacs issue 131, without numbers',
    grade: 'C',
    noted: 'no',
  },
} as const satisfies Entries;
