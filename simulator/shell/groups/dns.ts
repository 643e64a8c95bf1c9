/** `:dns`; its lists are in record-tables.ts. */
import { done, group, lines, showCommand } from '../definition.ts';
import { showSettings } from './settings.ts';

/** Columns of 7.4.3.2. */
const dnsRoute = (server: string, metric: string, intf: string): string =>
  `  S ${server.padEnd(31)}${metric.padEnd(10)}${intf.padEnd(14)}${'UP'.padEnd(8)}*`;

export const dns = group(
  'dns',
  [],
  group(
    'server',
    [
      showCommand('config', 'Shows the server.', (box) =>
        showSettings([
          ['Domain', box.host('DomainName') ?? ''],
          ['State', box.state.services.get('DNS-S')?.enabled === true ? 'enabled' : 'disabled'],
        ]),
      ),
    ],
    group('route', [
      showCommand('list', 'Shows where names are asked for.', (box) =>
        done(
          lines(
            'DNS Server Entries:',
            '  DNS server    Source    Label    Metric    Intf          State   Domain',
            ...(box.host('DNSServers') ?? '').split(',').map((one) => dnsRoute(one, '0', 'LocalNetwork')),
            ...[...box.records('dns server route add').values()].map((one) =>
              dnsRoute(one.get('dns') ?? '', one.get('metric') ?? '5', one.get('intf') ?? ''),
            ),
          ),
        ),
      ),
    ]),
  ),
);
