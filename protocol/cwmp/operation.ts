/**
 * The operations of ChangeDUState: an abstract type in the schema, so each carries its xsi:type (TR-069a6
 * A.4.1.10).
 */
import type { Codec } from '../soap/codec.ts';
import { optional, string, struct } from '../soap/codec.ts';

const install = struct('InstallOpStruct', {
  URL: string(1024),
  UUID: optional(string(36)),
  Username: optional(string(256)),
  Password: optional(string(256)),
  ExecutionEnvRef: optional(string(256)),
});
const update = struct('UpdateOpStruct', {
  UUID: optional(string(36)),
  Version: optional(string(32)),
  URL: optional(string(1024)),
  Username: optional(string(256)),
  Password: optional(string(256)),
});
const uninstall = struct('UninstallOpStruct', {
  UUID: string(36),
  Version: optional(string(32)),
  ExecutionEnvRef: optional(string(256)),
});

export type Operation =
  | ({ readonly Operation: 'Install' } & typeof install.missing)
  | ({ readonly Operation: 'Update' } & typeof update.missing)
  | ({ readonly Operation: 'Uninstall' } & typeof uninstall.missing);

export const operation: Codec<Operation> = {
  read: (reader) => {
    const type = reader.attribute('type')?.value ?? '';
    switch (type.slice(type.indexOf(':') + 1)) {
      case 'InstallOpStruct':
        return { Operation: 'Install', ...install.read(reader) };
      case 'UninstallOpStruct':
        return { Operation: 'Uninstall', ...uninstall.read(reader) };
      case 'UpdateOpStruct':
        return { Operation: 'Update', ...update.read(reader) };
      default:
        reader.note('Q-XM-08', reader.tagAt, type.slice(0, 32));
        return { Operation: 'Update', ...update.read(reader) };
    }
  },
  write: (writer, name, value) => {
    const xsiType = ` ${writer.name('xsi', 'type')}="${writer.name('cwmp', `${value.Operation}OpStruct`)}"`;
    switch (value.Operation) {
      case 'Install':
        return install.write(writer, name, value, name, xsiType);
      case 'Update':
        return update.write(writer, name, value, name, xsiType);
      case 'Uninstall':
        return uninstall.write(writer, name, value, name, xsiType);
    }
  },
  missing: { Operation: 'Update' },
  schema: {
    is: 'choice',
    of: { Install: install.schema, Update: update.schema, Uninstall: uninstall.schema },
  },
};
