/** `:xdsl` and `:adsl`: the line as the tree describes it. */
import type { Box } from '../box.ts';
import type { Command, Group, Outcome, Values } from '../definition.ts';
import { done, lines, optional, TEXT } from '../definition.ts';

const DSL = 'WANDevice.1.WANDSLInterfaceConfig.';

const rate = (box: Box, name: string): string => box.parameter(DSL + name) ?? '0';
const decibels = (box: Box, name: string): string => (Number(rate(box, name)) / 10).toFixed(1);

function info(box: Box, values: Values): Outcome {
  const up = box.parameter(`${DSL}Status`) === 'Up';
  const expand = ['enabled', 'yes'].includes(values.get('expand') ?? '');
  return box.generation === 'g8' || box.generation === 'g7' ? newer(box, up, expand) : older(box, up, expand);
}

function older(box: Box, up: boolean, expand: boolean): Outcome {
  const row = (name: string, down: string, upstream: string): string =>
    `${name}: ${down.padEnd(16)}${upstream}`;
  return done(
    lines(
      `Modemstate            : ${up ? 'up' : 'down'}`,
      `Operation Mode        : ${box.parameter(`${DSL}ModulationType`) ?? 'G.992.5 Annex A'}`,
      `Channel Mode          : ${(box.parameter(`${DSL}DataPath`) ?? 'interleaved').toLowerCase()}`,
      'Number of resets      : 1',
      '',
      ...(expand
        ? [
            '                     Downstream      Upstream',
            row(
              'Margin      (dB)    ',
              decibels(box, 'DownstreamNoiseMargin'),
              decibels(box, 'UpstreamNoiseMargin'),
            ),
            row(
              'Attenuation (dB)    ',
              decibels(box, 'DownstreamAttenuation'),
              decibels(box, 'UpstreamAttenuation'),
            ),
            row('OutputPower (dB)    ', decibels(box, 'DownstreamPower'), decibels(box, 'UpstreamPower')),
            '',
          ]
        : []),
      'Available Bandwidth              Cells/s       Kbit/s',
      ...(['Downstream', 'Upstream'] as const).map((way) => {
        const kilobits = Number(rate(box, `${way}CurrRate`));
        const cells = String(Math.round((kilobits * 1000) / 424));
        return `${way.padEnd(27)}: ${cells.padStart(10)}${String(kilobits).padStart(15)}`;
      }),
    ),
  );
}

function newer(box: Box, up: boolean, expand: boolean): Outcome {
  const row = (name: string, value: string): string => `${name.padEnd(35)}${value}`;
  const pair = (name: string): string =>
    `${decibels(box, `Downstream${name}`)}/${decibels(box, `Upstream${name}`)}`;
  return done(
    lines(
      row('Modem state:', up ? 'up' : 'down'),
      row('xDSL Type:', 'ADSL'),
      row(
        'Bandwidth (Down/Up - kbit/s):',
        `${rate(box, 'DownstreamCurrRate')}/${rate(box, 'UpstreamCurrRate')}`,
      ),
      ...(expand
        ? [
            row('  xDSL Standard:', box.parameter(`${DSL}ModulationType`) ?? 'ITU-T G.992.5'),
            row('  Margins [dB]:', pair('NoiseMargin')),
            row('  Attenuation [dB]:', pair('Attenuation')),
            row('  Output power [dBm]:', pair('Power')),
          ]
        : []),
    ),
  );
}

const infoCommand: Command = {
  name: 'info',
  help: 'Shows the state of the line.',
  parameters: [optional('expand', TEXT)],
  harmless: true,
  run: info,
};

export const adsl: Group = { name: 'adsl', commands: [infoCommand], groups: [] };
export const xdsl: Group = { name: 'xdsl', commands: [infoCommand], groups: [] };
