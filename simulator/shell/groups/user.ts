/** `:user` */
import type { Box } from '../box.ts';
import type { Group, Outcome, PlacedCommand, Values } from '../definition.ts';
import { choice, done, lines, needed, optional, refused, STATE, silentCommand, TEXT } from '../definition.ts';

const ROLES = choice(
  'Administrator',
  'PowerUser',
  'User',
  'TechnicalSupport',
  'SuperUser',
  'root',
  'LAN_Admin',
  'WAN_Admin',
  'BHSAdmin',
  'guest',
);
const NAME = needed('name', TEXT);
const PASSWORD = optional('password', { is: 'password' });

function add(box: Box, values: Values): Outcome {
  const name = values.get('name') ?? '';
  if (!/^[\w.-]{1,32}$/.test(name)) return refused('Invalid value for parameter name');
  if (box.state.users.has(name)) return refused('User already exists');
  box.state.users.set(name, {
    password: values.get('password') ?? '',
    role: values.get('role') ?? 'User',
    flags: values.get('defuser') === 'enabled' ? 'U' : '',
  });
  return done();
}

function config(box: Box, values: Values): Outcome {
  const name = values.get('name') ?? '';
  const user = box.state.users.get(name);
  if (user === undefined) return refused('Invalid value for parameter name');
  box.state.users.set(name, {
    ...user,
    password: values.get('password') ?? user.password,
    role: values.get('role') ?? user.role,
  });
  return done();
}

export const user: Group = {
  name: 'user',
  groups: [],
  commands: [
    {
      name: 'add',
      help: 'Adds a user.',
      parameters: [NAME, PASSWORD, needed('role', ROLES), optional('defuser', STATE)],
      run: add,
    },
    {
      name: 'config',
      help: 'Changes a user.',
      parameters: [NAME, PASSWORD, optional('role', ROLES)],
      run: config,
    },
    {
      name: 'delete',
      help: 'Takes a user away.',
      parameters: [NAME],
      run: (box, values) =>
        box.state.users.delete(values.get('name') ?? '')
          ? done()
          : refused('Invalid value for parameter name'),
    },
    {
      name: 'list',
      help: 'Shows the users.',
      parameters: [],
      run: (box) =>
        done(
          lines(
            'User               Flags Role',
            '----               ----- ----',
            ...Array.from(
              box.state.users,
              ([name, { flags, role }]) => `${name.padEnd(20)}${flags.padEnd(5)}${role}`,
            ),
          ),
        ),
    },
  ],
};

/** Keeps only the default user, which cannot be deleted. */
function flushUsers(box: Box): void {
  for (const [name, { flags }] of box.state.users) if (!flags.includes('U')) box.state.users.delete(name);
}

export const userCommands: readonly PlacedCommand[] = [
  ['user', silentCommand('flush', 'Takes all users away but the default one.', flushUsers)],
];
