/** `:wireless` */
import { done, group, lines, number, optional, STATE, TEXT } from '../definition.ts';

const WLAN = 'LANDevice.1.WLANConfiguration.1.';

export const wireless = group('wireless', [
  {
    name: 'ifconfig',
    help: 'Shows or changes the wireless interface.',
    parameters: [optional('state', STATE), optional('ssid', TEXT), optional('channel', number(1, 14))],
    run: (box, values) => {
      if (values.size === 0)
        return done(
          lines(
            `${'State'.padEnd(24)} : ${box.parameter(`${WLAN}Enable`) === '1' ? 'enabled' : 'disabled'}`,
            `${'Network name (SSID)'.padEnd(24)} : ${box.parameter(`${WLAN}SSID`) ?? ''}`,
            `${'Channel'.padEnd(24)} : ${box.parameter(`${WLAN}Channel`) ?? ''}`,
          ),
        );
      const state = values.get('state');
      if (state !== undefined) box.change(`${WLAN}Enable`, state === 'enabled' ? '1' : '0');
      for (const [name, below] of [
        ['ssid', 'SSID'],
        ['channel', 'Channel'],
      ] as const) {
        const value = values.get(name);
        if (value !== undefined) box.change(WLAN + below, value);
      }
      return done();
    },
  },
]);
