/** `modemlab capture`: packet captures. */
import type { Command } from 'commander';
import { Option } from 'commander';
import { LIMITS } from '../../protocol/limits.ts';
import type { CliContext } from '../support/cli-context.ts';
import { describeGroup, subcommand } from '../support/help.ts';
import {
  eventsOption,
  httpUrl,
  jsonOption,
  listenAt,
  tlsServerOptions,
  wholeNumber,
} from '../support/options.ts';
import type { AnonymiseOptions } from './anonymise.ts';
import type { CloneOptions } from './clone.ts';
import type { RecordOptions } from './record.ts';
import { defineReplay } from './replay-command.ts';
import type { ShowOptions } from './show.ts';

export function defineCapture(capture: Command, cli: CliContext): void {
  describeGroup(capture);
  defineShow(capture, cli);
  defineRecord(capture, cli);
  defineReplay(capture, cli);
  defineAnonymise(capture, cli);
  defineClone(capture, cli);
}

function defineShow(capture: Command, cli: CliContext): void {
  subcommand(capture, {
    usage: 'show <file>',
    summary: 'show what happened in a packet capture, one line per message',
    more: [
      'FILE is a pcap or pcapng file, plain or gzipped; - is standard input, read as it arrives.',
      'A line shows the time (UTC), the CWMP session, the protocol, sender and receiver, the message, ' +
        'and the ids of quirks (docs/quirks.md) and breaches (docs/errors.md).',
      'TLS is recognised but not decrypted: see docs/unsupported.md for how to decrypt it first. A file ' +
        'that is cut off or damaged is shown up to that point; the exit code is then 1.',
    ].join('\n\n'),
    options: [
      new Option('--full', 'show each message decoded').default(false),
      new Option('--session <number>', 'only this CWMP session').argParser(wholeNumber(1, 1e9)),
      new Option('--device <key>', 'only sessions of this device: its key or serial number'),
      jsonOption(),
      new Option('--html <out>', 'write a self-contained HTML page with a sequence diagram of each session'),
    ],
    examples: [
      ['capture show session.pcapng', 'each message in one line, then the sessions'],
      ['capture show session.pcapng --session 1 --full', 'one session, with every message decoded'],
      ['capture show session.pcapng --html session.html', 'a page for the browser'],
      ['capture show session.pcapng --json', 'the same for programs'],
    ],
  }).action(async (file: string, options: ShowOptions) => {
    const { show } = await import('./show.ts');
    await show(cli, file, options);
  });
}

function defineRecord(capture: Command, cli: CliContext): void {
  subcommand(capture, {
    usage: 'record',
    summary: 'record the traffic between modems and their ACS as a proxy',
    more: [
      'Give the modems the address of the proxy instead of that of the ACS, with the same path. ' +
        'Everything is passed on unchanged: bytes, half-closed connections and resets. TLS ends at the ' +
        'proxy and starts again towards the ACS; the capture has the decrypted traffic.',
      'Each connection is one stream in the capture, from the modem to the ACS; a comment names the ' +
        'addresses of the proxy. Runs until SIGINT or SIGTERM, and then closes all connections.',
    ].join('\n\n'),
    options: [
      new Option('--proxy <host:port>', 'the address to listen on for modems; port 0 picks a free one')
        .argParser(listenAt)
        .makeOptionMandatory(),
      new Option('--to <url>', 'the ACS').argParser(httpUrl).makeOptionMandatory(),
      new Option('-o, --out <file>', 'the capture to write (pcapng)').makeOptionMandatory(),
      ...tlsServerOptions(),
      new Option('--tls-ca <file>', 'the CA certificates for the certificate of the ACS (PEM)'),
      new Option('--insecure', 'accept any certificate of the ACS').default(false),
      new Option('--max-connections <number>', 'the most connections at a time; further ones are refused')
        .argParser(wholeNumber(1, 65_535))
        .default(LIMITS.proxyConnections),
      eventsOption(),
    ],
    examples: [
      [
        'capture record --proxy 127.0.0.1:7548 --to http://127.0.0.1:7547/ -o traffic.pcapng',
        'for modems whose ACS URL is http://127.0.0.1:7548/',
      ],
      [
        'capture record --proxy 127.0.0.1:0 --to http://127.0.0.1:7547/ -o traffic.pcapng --json',
        'on a free port, which the first line of JSON contains',
      ],
    ],
  }).action(async (given: RecordOptions) => {
    const { recordProxy } = await import('./record.ts');
    await recordProxy(cli, given);
  });
}

function defineAnonymise(capture: Command, cli: CliContext): void {
  subcommand(capture, {
    usage: 'anonymise <file>',
    summary: 'rewrite a packet capture with personal data removed',
    more: [
      'FILE is a pcap or pcapng file, plain or gzipped; OUT has the same format, plain. FILE itself is ' +
        'never changed.',
      'Serial numbers, MAC addresses (except the vendor half), IP addresses, host names, user names, ' +
        'passwords, keys, network names, locations, telephone numbers, provisioning codes and cookies are ' +
        'replaced by texts of the same length, consistently throughout the file. What modemlab does not ' +
        'understand (TLS, files, other protocols) is overwritten with zeros. Checksums that were correct ' +
        'stay correct. docs/captures.md lists what to check before you share a capture.',
      'The replacements come from a random key that is not stored. With --seed they come from the seed: ' +
        'captures anonymised with the same seed match each other, and anyone who knows the seed can test ' +
        'guesses.',
    ].join('\n\n'),
    options: [
      new Option('-o, --out <out>', 'the file to write; an existing one is replaced').makeOptionMandatory(),
      new Option('--seed <text>', 'use the same replacements in several captures; keep the seed secret'),
      jsonOption(),
    ],
    examples: [
      ['capture anonymise session.pcapng -o clean.pcapng', 'write clean.pcapng, and list what was replaced'],
      ['capture anonymise session.pcapng -o clean.pcapng --json', 'the same for programs'],
    ],
  }).action(async (file: string, options: AnonymiseOptions) => {
    const { anonymiseCapture } = await import('./anonymise.ts');
    await anonymiseCapture(cli, file, options);
  });
}

function defineClone(capture: Command, cli: CliContext): void {
  subcommand(capture, {
    usage: 'clone <files...>',
    summary: 'make a profile for simulated modems from the device in a capture',
    more: [
      'Each FILE is a pcap or pcapng file, plain or gzipped; - is standard input. Several captures of ' +
        'one device are combined into one profile.',
      'The profile has the parameter tree with types, values and what is writable, the RPCs, how ' +
        'messages and HTTP requests are written, and the limits and faults that were seen. What the ' +
        'captures do not show is listed, and recorded in the profile as a guess (docs/profiles.md).',
      'Passwords that the device reported are in the profile. A file that is cut off or damaged is used ' +
        'up to that point; the exit code is then 1.',
    ].join('\n\n'),
    options: [
      new Option('-o, --out <profile>', 'the file to write (default: standard output)'),
      new Option('--device <key>', 'which device, if there are several: its key or serial number'),
      jsonOption(),
    ],
    examples: [
      ['capture clone session.pcapng -o clone.json', 'then use it: simulate cpe --profile clone.json'],
      ['capture clone monday.pcapng tuesday.pcapng -o clone.json', 'two captures of one device'],
      ['capture clone session.pcapng --device CP0644JTSGR --json', 'one of several devices; for programs'],
    ],
  }).action(async (files: readonly string[], options: CloneOptions) => {
    const { clone } = await import('./clone.ts');
    await clone(cli, files, options);
  });
}
