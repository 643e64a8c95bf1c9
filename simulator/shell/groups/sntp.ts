/** `:sntp` */
import { done, group, lines, showCommand } from '../definition.ts';

export const sntp = group('sntp', [
  showCommand('list', 'Shows the time servers.', (box) =>
    done(
      lines(
        ...['Time.NTPServer1', 'Time.NTPServer2'].flatMap((name) => {
          const server = box.parameter(name);
          return server === undefined || server === '' ? [] : [server];
        }),
        ...box.records('sntp add').keys(),
      ),
    ),
  ),
]);
